//! From what a tenant file says to a company: every name is looked up.

use std::collections::BTreeMap;

use super::{
    Tenant, TenantError,
    raw::{RawAssignment, RawGroup, RawOffice, RawPlace, RawPolicy, RawTenant, RawUser},
};
use crate::{
    names::{Text, eq_fold, near_miss},
    sandbox::{
        account::{Account, Assignment, GroupKind, License, Line, Place, PolicyTarget, Role},
        company::{Channel, Company, Group, Office, PLACES, Policy, id_of},
        numbers::is_e164,
        seats::Denied,
        store::{Content, ResourceKind, Store},
    },
};

type Read<T> = Result<T, TenantError>;

fn wrong<T>(place: impl Into<String>, problem: impl Into<String>) -> Read<T> {
    Err(TenantError { place: format!("`{}`", place.into()), problem: problem.into() })
}

pub(super) fn tenant(raw: RawTenant) -> Read<Tenant> {
    let RawTenant {
        company,
        offices,
        departments,
        contact_centers,
        channels,
        policies,
        reserved_numbers,
        users,
        behaviour,
    } = raw;
    let timezone: Text = company.timezone.unwrap_or_else(|| "US/Pacific".to_owned()).into();
    let offices = read_offices(offices, &timezone)?;
    let domains = company.domains.iter().map(|domain| domain.trim_start_matches('@').to_lowercase()).collect();
    let mut ids = Ids::default();
    let mut read = Company {
        id: explicit(company.id, "company.id")?.unwrap_or_else(|| id_of(PLACES, &["company", &company.name])),
        name: company.name.into(),
        domains,
        country: company.country.map_or_else(|| offices[0].country.clone(), |country| country.to_lowercase().into()),
        offices,
        groups: Vec::new(),
        channels: channels
            .into_iter()
            .map(|name| Channel { id: ids.next(&["channel", &name]), name: name.into() })
            .collect(),
        policies: Vec::new(),
        reserved_numbers: numbers(reserved_numbers, "reserved_numbers")?,
        behaviour,
        declared: true,
    };
    let departments = read_groups(&read, GroupKind::Department, departments, &mut ids)?;
    let centers = read_groups(&read, GroupKind::CallCenter, contact_centers, &mut ids)?;
    read.groups = departments.into_iter().chain(centers).collect();
    read.policies = read_policies(policies, &mut ids)?;
    let users = people(&read, users)?;
    Ok(Tenant { company: read, users })
}

/// Ids by name; a second thing of the same name gets another one.
#[derive(Default)]
struct Ids(BTreeMap<String, usize>);

impl Ids {
    fn next(&mut self, words: &[&str]) -> Text {
        let seen = self.0.entry(words.join("\u{0}")).or_default();
        *seen += 1;
        match *seen {
            1 => id_of(PLACES, words),
            n => id_of(PLACES, &[words, &[&n.to_string()]].concat()),
        }
    }
}

fn explicit(id: Option<String>, place: &str) -> Read<Option<Text>> {
    match id {
        Some(id) if id.parse::<u64>().is_err() => wrong(place, format!("`{id}` is not a whole number in quotes")),
        id => Ok(id.map(Into::into)),
    }
}

fn numbers(list: Vec<String>, place: &str) -> Read<Vec<Text>> {
    match list.iter().position(|number| !is_e164(number)) {
        Some(at) => wrong(format!("{place}[{at}]"), format!("`{}` is not a number such as \"+14155550100\"", list[at])),
        None => Ok(list.into_iter().map(Into::into).collect()),
    }
}

fn read_offices(raw: Vec<RawOffice>, timezone: &Text) -> Read<Vec<Office>> {
    if raw.is_empty() {
        return wrong("offices", "a company has one office at least");
    }
    let primaries = raw.iter().filter(|office| office.primary).count();
    if primaries > 1 {
        return wrong("offices", "more than one is `primary: true`");
    }
    let mut ids = Ids::default();
    let mut offices = Vec::new();
    for (at, office) in raw.into_iter().enumerate() {
        let RawOffice { name, id, country, timezone: own, primary, area_code, licenses } = office;
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return wrong(
                format!("offices[{at}].country"),
                format!("`{country}` is not a code of two letters such as gb"),
            );
        }
        if area_code.as_ref().is_some_and(|code| code.is_empty() || !code.bytes().all(|byte| byte.is_ascii_digit())) {
            return wrong(format!("offices[{at}].area_code"), "an area code is digits in quotes");
        }
        let lines = BTreeMap::from([
            (Line::Talk, licenses.talk),
            (Line::Sell, licenses.agents),
            (Line::ContactCenter, licenses.lite_support_agents),
            (Line::AdditionalNumber, licenses.additional_numbers),
        ]);
        let fallback = ids.next(&["office", &name]);
        offices.push(Office {
            id: explicit(id, &format!("offices[{at}].id"))?.unwrap_or(fallback),
            name: name.into(),
            country: country.to_lowercase().into(),
            timezone: own.map_or_else(|| timezone.clone(), Into::into),
            area_code: area_code.unwrap_or_else(|| "415".to_owned()).into(),
            primary: primary || (primaries == 0 && at == 0),
            lines: Some(lines),
        });
    }
    offices.sort_by_key(|office| !office.primary);
    Ok(offices)
}

fn read_groups(company: &Company, kind: GroupKind, raw: Vec<RawGroup>, ids: &mut Ids) -> Read<Vec<Group>> {
    let key = if kind == GroupKind::Department { "departments" } else { "contact_centers" };
    let read = |(at, group): (usize, RawGroup)| {
        let RawGroup { name, id, office } = group;
        let place = format!("{key}[{at}]");
        let office = office_named(company, office.as_deref(), &format!("{place}.office"))?;
        let fallback = ids.next(&[kind.as_str(), &office, &name]);
        let id = explicit(id, &format!("{place}.id"))?.unwrap_or(fallback);
        Ok(Group { id, kind, name: name.into(), office })
    };
    raw.into_iter().enumerate().map(read).collect()
}

/// What the OpenAPI lists for `CreatePolicyMessage.permission_sets`, without its ending.
const PERMISSIONS: [&str; 18] = [
    "agent_settings",
    "agents_admins_manage_agents_settings",
    "agents_admins_skill_level",
    "auto_call_recording_and_transcription_settings",
    "business_hours",
    "call_blocking_spam_prevention_settings",
    "call_dispositions_settings",
    "call_routing_hours_settings",
    "cc_call_settings",
    "chrome_extension_compliance_settings",
    "csat_surveys",
    "dashboard_and_alerts",
    "dialpad_ai_settings",
    "holiday_hours_settings",
    "integrations_settings",
    "name_language_description_settings",
    "number_settings",
    "supervisor_settings",
];

fn read_policies(raw: Vec<RawPolicy>, ids: &mut Ids) -> Read<Vec<Policy>> {
    let read = |(at, policy): (usize, RawPolicy)| {
        let RawPolicy { name, id, target, permissions } = policy;
        for (n, permission) in permissions.iter().enumerate() {
            let stem = permission.strip_suffix("_write").or_else(|| permission.strip_suffix("_read"));
            if !stem.is_some_and(|stem| PERMISSIONS.contains(&stem)) {
                let near = near_miss(stem.unwrap_or(permission), PERMISSIONS);
                let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}_write`?"));
                let problem = format!("`{permission}` is not a permission set{hint}");
                return wrong(format!("policies[{at}].permissions[{n}]"), problem);
            }
        }
        let fallback = ids.next(&["policy", &name]);
        let id = explicit(id, &format!("policies[{at}].id"))?.unwrap_or(fallback);
        let permissions = permissions.into_iter().map(Into::into).collect();
        Ok(Policy { id, name: name.into(), target, permissions })
    };
    raw.into_iter().enumerate().map(read).collect()
}

/// The id of the one thing with this name.
fn named<'a>(
    things: impl Iterator<Item = (&'a str, &'a Text)> + Clone,
    name: &str,
    what: &str,
    place: &str,
) -> Read<Text> {
    let mut found = things.clone().filter(|(own, _)| eq_fold(own, name));
    match (found.next(), found.next()) {
        (Some((_, id)), None) => Ok(id.clone()),
        (Some(_), Some(_)) => wrong(place, format!("more than one {what} is called `{name}`")),
        (None, _) => wrong(
            place,
            match near_miss(name, things.map(|(own, _)| own)) {
                Some(near) => format!("there is no {what} `{name}`; did you mean `{near}`?"),
                None => format!("there is no {what} `{name}`"),
            },
        ),
    }
}

fn office_named(company: &Company, name: Option<&str>, place: &str) -> Read<Text> {
    match name {
        None => Ok(company.primary().id.clone()),
        Some(name) => named(company.offices.iter().map(|office| (&*office.name, &office.id)), name, "office", place),
    }
}

fn group_named(company: &Company, kind: GroupKind, name: &str, place: &str) -> Read<Text> {
    let what = if kind == GroupKind::Department { "department" } else { "contact center" };
    let groups = company.groups.iter().filter(move |group| group.kind == kind);
    named(groups.map(|group| (&*group.name, &group.id)), name, what, place)
}

/// The people to begin with, in a store of their own, which sees to names and seats.
fn people(company: &Company, raw: Vec<RawUser>) -> Read<Vec<Content>> {
    let mut store = Store::in_memory();
    for (at, user) in raw.into_iter().enumerate() {
        let place = format!("users[{at}]");
        let content = person(company, user, &place)?;
        let refused = |problem: String| TenantError { place: format!("`{place}`"), problem };
        let email = content.email().to_owned();
        company.seat(&mut store, None, &content).map_err(|denied| match denied {
            Denied::Seat => refused(format!("no seat is free for {email}; give the office more of `licenses`")),
            Denied::Domain | Denied::Store(_) => refused(denied.to_string()),
        })?;
        let now = jiff::Timestamp::UNIX_EPOCH;
        store.insert(ResourceKind::User, None, content, now).map_err(|error| refused(error.to_string()))?;
    }
    Ok(store.rows(ResourceKind::User).iter().map(|row| row.content.clone()).collect())
}

fn person(company: &Company, raw: RawUser, place: &str) -> Read<Content> {
    let RawUser {
        email,
        aliases,
        first_name,
        last_name,
        job_title,
        external_id,
        office,
        license,
        suspended,
        logged_in,
        numbers: own_numbers,
        extension,
        forwarding_numbers,
        international_dialing,
        company_admin,
        office_admin,
        departments,
        contact_centers,
        channels,
        policies,
    } = raw;
    for email in std::iter::once(&email).chain(&aliases) {
        if !email.contains('@') || !company.owns(email) {
            return wrong(format!("{place}.email"), format!("`{email}` is not in a domain of the company"));
        }
    }
    let offices =
        |(at, name): (usize, &String)| office_named(company, Some(name), &format!("{place}.office_admin[{at}]"));
    let channel = |(at, name): (usize, &String)| {
        let channels = company.channels.iter().map(|channel| (&*channel.name, &channel.id));
        named(channels, name, "channel", &format!("{place}.channels[{at}]"))
    };
    let mut places = read_places(company, GroupKind::Department, departments, &format!("{place}.departments"))?;
    let centers = read_places(company, GroupKind::CallCenter, contact_centers, &format!("{place}.contact_centers"))?;
    let license = read_license(license.as_deref(), place)?;
    if !centers.is_empty() && !license.is_agent() {
        return wrong(format!("{place}.license"), "a contact center needs `agents` or `lite_support_agents`");
    }
    places.extend(centers);
    let account = Account {
        office: Some(office_named(company, office.as_deref(), &format!("{place}.office"))?),
        license,
        pending: !logged_in,
        aliases: aliases.into_iter().map(Into::into).collect(),
        numbers: numbers(own_numbers, &format!("{place}.numbers"))?,
        extension: extension.map(Into::into),
        forwarding: numbers(forwarding_numbers, &format!("{place}.forwarding_numbers"))?,
        international: international_dialing,
        admin_offices: office_admin.iter().enumerate().map(offices).collect::<Read<_>>()?,
        super_admin: company_admin,
        places,
        channels: channels.iter().enumerate().map(channel).collect::<Read<_>>()?,
        policies: read_assignments(company, policies, &format!("{place}.policies"))?,
    };
    let mut content = Content::person(&email, first_name.as_deref(), last_name.as_deref(), account);
    content.set_active(!suspended);
    content.set_title(job_title.as_deref().unwrap_or_default());
    if let Some(id) = external_id {
        content.attributes.insert("externalId".into(), id.into());
    }
    content.show_numbers();
    Ok(content)
}

/// As the API spells it, or as people know it.
fn read_license(word: Option<&str>, place: &str) -> Read<License> {
    match word {
        None | Some("connect") => Ok(License::Talk),
        Some("sell") => Ok(License::Agents),
        Some("support") => Ok(License::LiteSupportAgents),
        Some(word) => word.parse().or_else(|problem: String| wrong(format!("{place}.license"), problem)),
    }
}

fn read_places(company: &Company, kind: GroupKind, raw: Vec<RawPlace>, place: &str) -> Read<Vec<Place>> {
    let read = |(at, raw): (usize, RawPlace)| {
        let RawPlace { name, role, skill } = raw;
        let place = format!("{place}[{at}]");
        let group = group_named(company, kind, &name, &place)?;
        let role = role.unwrap_or(Role::Operator);
        if kind == GroupKind::Department && (role == Role::Supervisor || skill.is_some()) {
            return wrong(place, "a department has operators and admins, without skill");
        }
        if skill.is_some_and(|skill| !(1..=100).contains(&skill)) {
            return wrong(format!("{place}.skill"), "a skill is a number from 1 to 100");
        }
        let skill = (kind == GroupKind::CallCenter).then(|| skill.unwrap_or(100));
        Ok(Place { kind, group, role, skill })
    };
    raw.into_iter().enumerate().map(read).collect()
}

fn read_assignments(company: &Company, raw: Vec<RawAssignment>, place: &str) -> Read<Vec<Assignment>> {
    let read = |(at, raw): (usize, RawAssignment)| {
        let place = format!("{place}[{at}]");
        let policies = company.policies.iter().map(|policy| (&*policy.name, &policy.id));
        let id = named(policies, &raw.name, "policy", &format!("{place}.name"))?;
        let target = company.policy(&id).map_or(PolicyTarget::Company, |policy| policy.target);
        let (office, center) = raw.at.map_or((None, None), |at| (at.office, at.contact_center));
        let at = match (target, office, center) {
            (PolicyTarget::Company, None, None) => company.id.clone(),
            (PolicyTarget::Office, Some(office), None) => office_named(company, Some(&office), &place)?,
            (PolicyTarget::CallCenter, None, Some(center)) => {
                group_named(company, GroupKind::CallCenter, &center, &place)?
            }
            (PolicyTarget::Company, ..) => return wrong(place, "a policy of the company has no `at`"),
            (PolicyTarget::Office, ..) => return wrong(place, "say where: `at: { office: … }`"),
            (PolicyTarget::CallCenter, ..) => return wrong(place, "say where: `at: { contact_center: … }`"),
        };
        Ok(Assignment { policy: id, target, at })
    };
    raw.into_iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(rest: &str) -> Result<Tenant, TenantError> {
        let head = "company: { name: Acme, domains: [acme.example] }\n\
                    offices: [{ name: London, country: gb, licenses: { connect: 1, sell: 1 } }, { name: Berlin, country: de }]\n\
                    departments: [{ name: Sales }, { name: Twin }, { name: Twin }]\n\
                    contact_centers: [{ name: Support, office: Berlin }]\n\
                    policies: [{ name: Routing, target: callcenter, permissions: [number_settings_write] }]\n";
        Tenant::parse(&format!("{head}{rest}"))
    }

    #[test]
    fn names_are_looked_up_and_things_of_the_same_name_are_two() {
        let tenant = parse(
            "users: [{ email: a@acme.example, license: agents, contact_centers: [{ name: support, as: supervisor }], \
             policies: [{ name: routing, at: { contact_center: Support } }] }]",
        )
        .unwrap();
        let company = &tenant.company;
        assert_ne!(company.groups[1].id, company.groups[2].id);
        assert_eq!((&company.groups[0].office, company.primary().name.as_ref()), (&company.offices[0].id, "London"));
        let account = &tenant.users[0].account;
        let place = account.place(GroupKind::CallCenter, &company.groups[3].id).unwrap();
        assert_eq!((place.role, place.skill), (Role::Supervisor, Some(100)));
        assert_eq!(account.policies[0].at, company.groups[3].id);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (rest, place, says) in [
            ("users: [{ email: a@other.example }]", "`users[0].email`", "not in a domain"),
            ("users: [{ email: a@acme.example, office: Lodnon }]", "`users[0].office`", "did you mean `London`?"),
            (
                "users: [{ email: a@acme.example, departments: [{ name: Twin }] }]",
                "`users[0].departments[0]`",
                "more than one",
            ),
            (
                "users: [{ email: a@acme.example, contact_centers: [{ name: Support }] }]",
                "`users[0].license`",
                "needs `agents`",
            ),
            ("users: [{ email: a@acme.example }, { email: b@acme.example }]", "`users[1]`", "no seat is free"),
            (
                "users: [{ email: a@acme.example }, { email: A@acme.example, license: agents }]",
                "`users[1]`",
                "is taken",
            ),
            ("users: [{ email: a@acme.example, numbers: [\"123\"] }]", "`users[0].numbers[0]`", "+14155550100"),
            (
                "users: [{ email: a@acme.example, policies: [{ name: Routing }] }]",
                "`users[0].policies[0]`",
                "contact_center",
            ),
            ("reserved_numbers: [x]", "`reserved_numbers[0]`", "not a number"),
            ("chanels: [x]", "line 6, column 1", "unknown field `chanels`"),
            ("users: [{ email: a@acme.example, license: agent }]", "`users[0].license`", "did you mean `agents`?"),
            ("behaviour: { readd: perhaps }", "line 6, column 21", "unknown variant `perhaps`"),
        ] {
            let error = parse(rest).unwrap_err();
            assert!(error.problem.contains(says), "{rest}: {error}");
            assert_eq!(error.place, place, "{rest}: {error}");
        }
        let error = Tenant::parse("company: { name: A }\noffices: []").unwrap_err();
        assert_eq!(error.to_string(), "read the tenant: `offices`: a company has one office at least");
        let twice = "company: { name: A }\noffices: [{ name: A, primary: true }, { name: B, primary: true }]";
        assert!(Tenant::parse(twice).unwrap_err().problem.contains("more than one"));
    }
}
