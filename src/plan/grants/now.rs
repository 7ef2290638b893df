//! What a person holds now of what a change gives or takes: the `before` of a grant,
//! for the planner and for seeing whether a saved plan is stale.

use crate::{
    desired::post_text,
    live::{
        Tenant,
        tenant::{Member, Operator, PolicyAssignment},
    },
    manifest::Setting,
    memory::GrantKind,
    names::{ApiId, Text},
    plan::{AdminRequest, ApiUser, Change, GrantChange, Request},
};

/// What is held now where a change says what was held before. `None` when the change is of
/// somebody whom it creates, or whose record is gone or was not read.
pub fn now(tenant: &Tenant, change: &Change, grant: &GrantChange) -> Option<Option<Text>> {
    let user = change.requests.iter().find_map(|request| match request {
        Request::Admin(request) => Some(request.user()),
        _ => None,
    })?;
    let ApiUser::Live(id) = user else { return None };
    of_member(tenant, tenant.users.iter().find(|member| member.id == *id)?, change, grant)
}

/// The same of somebody whose record is known.
pub(super) fn of_member(
    tenant: &Tenant,
    member: &Member,
    change: &Change,
    grant: &GrantChange,
) -> Option<Option<Text>> {
    let object = || grant.given.as_ref().and_then(|given| given.object.as_ref()).or_else(|| object_of(change));
    Some(match grant.kind {
        GrantKind::Office => office(tenant, member),
        GrantKind::License => member.license.as_ref().map(|license| license.as_str().into()),
        GrantKind::Setting => {
            let setting = Setting::ALL.into_iter().find(|setting| *setting.name() == *grant.name)?;
            self::setting(member, setting)
        }
        GrantKind::Department => {
            let department = tenant.departments.iter().find(|department| Some(&department.id) == object())?;
            operator(department.operators.as_ref()?, &member.id)
        }
        GrantKind::ContactCenter => {
            let center = tenant.contact_centers.iter().find(|center| Some(&center.id) == object())?;
            operator(center.operators.as_ref()?, &member.id)
        }
        GrantKind::OfficeAdmin => held(object().is_some_and(|id| member.admin_offices.contains(id))),
        GrantKind::CompanyAdmin => held(member.company_admin),
        GrantKind::Policy => {
            let given = grant.given.as_ref()?;
            let policy = tenant.policies.iter().find(|policy| Some(&policy.id) == given.object.as_ref())?;
            held(has_policy(policy.assignments.as_ref()?, &member.id, given.at.as_ref()))
        }
        GrantKind::Channel => {
            let channel = tenant.channels.iter().find(|channel| Some(&channel.id) == object())?;
            held(channel.members.as_ref()?.contains(&member.id))
        }
    })
}

/// The object of the request, where nothing else names it.
fn object_of(change: &Change) -> Option<&ApiId> {
    change.requests.iter().find_map(|request| match request {
        Request::Admin(AdminRequest::AddChannelMember { channel, .. }) => Some(channel),
        Request::Admin(AdminRequest::SetSkill { contact_center, .. }) => Some(contact_center),
        _ => None,
    })
}

fn held(is_held: bool) -> Option<Text> {
    is_held.then(|| "".into())
}

/// The name of the person's office.
pub(super) fn office(tenant: &Tenant, member: &Member) -> Option<Text> {
    let id = member.office.as_ref()?;
    Some(tenant.office(id).map_or_else(|| id.text().clone(), |office| office.name.clone()))
}

/// What a setting holds.
pub(super) fn setting(member: &Member, setting: Setting) -> Option<Text> {
    match setting {
        Setting::JobTitle => member.job_title.clone(),
        Setting::Extension => member.extension.clone(),
        Setting::ForwardingNumbers if member.forwarding_numbers.is_empty() => None,
        Setting::ForwardingNumbers => Some(listed(&member.forwarding_numbers)),
        Setting::InternationalDialing => member.international_dialing.map(|on| if on { "on" } else { "off" }.into()),
    }
    .filter(|text| !text.is_empty())
}

/// Numbers as they are shown and compared.
pub(super) fn listed(numbers: &[Text]) -> Text {
    numbers.iter().map(|number| &**number).collect::<Vec<_>>().join(", ").into()
}

/// What somebody is among operators.
fn operator(operators: &[Operator], user: &ApiId) -> Option<Text> {
    operators.iter().find(|operator| operator.user == *user).map(post)
}

/// What an operator is, in words.
pub(super) fn post(operator: &Operator) -> Text {
    match operator.post {
        Some(post) => post_text(post, operator.skill),
        None => "operator of some kind".into(),
    }
}

/// Whether somebody has a policy there.
fn has_policy(assignments: &[PolicyAssignment], user: &ApiId, at: Option<&ApiId>) -> bool {
    assignments.iter().any(|one| one.user == *user && (at.is_none() || one.at.as_ref() == at))
}

/// Everything that is held, in words: what, and as what.
pub(super) fn record(tenant: &Tenant, member: &Member) -> Vec<(Text, Text)> {
    let mut lines: Vec<(Text, Text)> = vec![("state".into(), member.state.as_str().into())];
    lines.extend(member.license.as_ref().map(|license| ("licence".into(), license.product().into())));
    lines.extend(office(tenant, member).map(|office| ("office".into(), office)));
    let places = |kind: &str, name: &Text, operators: &Option<Vec<Operator>>| {
        let held = operators.as_deref().and_then(|operators| operator(operators, &member.id))?;
        Some((format!("{kind} {name}").into(), held))
    };
    lines.extend(tenant.departments.iter().filter_map(|of| places("department", &of.name, &of.operators)));
    lines.extend(tenant.contact_centers.iter().filter_map(|of| places("contact center", &of.name, &of.operators)));
    for id in &member.admin_offices {
        let name = tenant.office(id).map_or_else(|| id.text().clone(), |office| office.name.clone());
        lines.push(("office administration".into(), name));
    }
    if member.company_admin {
        lines.push(("company administration".into(), "yes".into()));
    }
    for policy in &tenant.policies {
        if has_policy(policy.assignments.as_deref().unwrap_or_default(), &member.id, None) {
            lines.push((format!("policy {}", policy.name).into(), "assigned".into()));
        }
    }
    for channel in &tenant.channels {
        if channel.members.as_ref().is_some_and(|members| members.contains(&member.id)) {
            lines.push((format!("channel {}", channel.name).into(), "member".into()));
        }
    }
    for setting in Setting::ALL {
        lines.extend(self::setting(member, setting).map(|held| (format!("setting {}", setting.name()).into(), held)));
    }
    if !member.numbers.is_empty() {
        lines.push(("numbers".into(), listed(&member.numbers)));
    }
    lines
}
