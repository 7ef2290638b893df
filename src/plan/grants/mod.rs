//! Beyond SCIM: licence, office, places, rights and settings, from what roles give and what
//! the admin API holds. Comes after the accounts are planned, and leans on their changes.

mod back;
mod exclusive;
mod holders;
mod keep;
mod names;
mod now;
mod person;
mod places;
mod records;
mod settings;
mod withdraw;

use super::{
    Action, ApiUser, Cause, CauseKind, Change, ChangeId, Draft, GrantChange, Held, Reason, Remember, Request, Subject,
    draft::{Gate, Planned, change, user},
    guard::held,
    index::Objects,
    scene::Scene,
    undo::Ran,
    users::{Account, Users},
};
use crate::{
    desired::{Granted, Standing, granted},
    live::{
        Tenant,
        tenant::{Member, MemberState, Section},
    },
    manifest::Manifest,
    memory::{Given, GrantKind},
    names::{ApiId, HashMap, HashSet, Place, RoleName, SourceId, Text},
    plan::AdminRequest,
};

pub use names::{UnknownName, unknown_names};
pub use now::now;

use holders::{Group, Holders};
pub(super) use names::Names;
pub(super) use records::Records;
pub use records::{Joined, addresses, joined};

/// What grants are planned with.
pub(super) struct Grants<'u, 's, 'a> {
    users: &'u Users<'s, 'a>,
    scene: &'s Scene<'a>,
    tenant: &'a Tenant,
    names: Names<'a>,
    records: Records<'a>,
    holders: Holders<'a>,
    /// Positions in the draft of what is planned for each person's account.
    planned: HashMap<SourceId, Vec<usize>>,
    /// What the people are to have, of those whose record is known.
    wanted: HashSet<(ApiId, Given)>,
    /// People of whom it is not certain what they are to have: nothing is taken from them.
    unsure: HashSet<ApiId>,
}

/// The person whom grants are planned for.
struct Person<'p, 'a> {
    subject: Subject,
    api: ApiUser,
    /// The record; absent for whoever is created by this plan.
    member: Option<&'a Member>,
    /// Changes of the account that come first.
    needs: Vec<ChangeId>,
    id: &'p SourceId,
}

/// Plans everything that goes through the admin API, and says which seats each change takes and frees.
pub(super) fn plan(users: &Users, draft: &mut Draft) {
    let scene = users.scene;
    let Some(tenant) = &scene.inputs.live.tenant else { return };
    let mut grants = Grants::new(users, tenant, draft);
    for who in 0..scene.people.len() {
        grants.person(draft, who);
    }
    grants.withdraw(draft);
    grants.exclusive(draft);
    keep::guard(&grants, draft);
    super::seats::mark(&grants.records, &grants.names, &users.matcher.objects, draft);
    unread(tenant, draft);
}

/// Plans the way back from what a run gave and took, and says which seats each change takes and frees.
pub(super) fn take_back(users: &Users, draft: &mut Draft, ran: Ran) {
    let Some(tenant) = &users.scene.inputs.live.tenant else { return back::not_read(draft, ran) };
    let grants = Grants::new(users, tenant, draft);
    grants.take_back(draft, ran);
    keep::guard(&grants, draft);
    super::seats::mark(&grants.records, &grants.names, &users.matcher.objects, draft);
    unread(tenant, draft);
}

/// What the admin API has of an account, in words; nothing when it is not certain who it is.
pub(super) fn record_of(tenant: &Tenant, accounts: &Objects, at: super::index::At) -> Vec<(Text, Text)> {
    Records::new(tenant, accounts).member_of(at).map(|member| now::record(tenant, member)).unwrap_or_default()
}

/// Changes of accounts, by person.
fn planned(draft: &Draft) -> HashMap<SourceId, Vec<usize>> {
    let mut by_person: HashMap<SourceId, Vec<usize>> = HashMap::default();
    for (at, planned) in draft.planned.iter().enumerate() {
        if let (super::Kind::User, Some(person)) = (planned.change.subject.kind, &planned.change.subject.source) {
            by_person.entry(person.clone()).or_default().push(at);
        }
    }
    by_person
}

/// Says which parts could not be read, so that nothing of them is planned.
fn unread(tenant: &Tenant, draft: &mut Draft) {
    for (section, because) in &tenant.unread {
        let message =
            format!("{} were not read from the admin API, so nothing of them is planned: {because}", section.noun());
        draft.notes.push(super::Note { code: "not_read".into(), message: message.into(), place: None });
    }
}

impl<'u, 's, 'a> Grants<'u, 's, 'a> {
    fn new(users: &'u Users<'s, 'a>, tenant: &'a Tenant, draft: &Draft) -> Self {
        Self {
            users,
            scene: users.scene,
            tenant,
            names: Names::new(tenant),
            records: Records::new(tenant, &users.matcher.objects),
            holders: Holders::new(tenant),
            planned: planned(draft),
            wanted: HashSet::default(),
            unsure: HashSet::default(),
        }
    }
}

impl<'s, 'a> Grants<'_, 's, 'a> {
    fn manifest(&self) -> &'a Manifest {
        self.scene.manifest()
    }

    /// Whether a part was read as a whole.
    fn is_read(&self, section: Section) -> bool {
        !self.tenant.unread.contains_key(&section)
    }

    /// Plans what one person is to have.
    fn person(&mut self, draft: &mut Draft, who: usize) {
        let user = self.scene.people[who];
        let person = user.person;
        let Standing::Entitled { roles, cause: _ } = &user.standing else {
            if matches!(user.standing, Standing::Unclear(_)) {
                self.is_unsure(who);
            }
            return;
        };
        let granted = granted(self.manifest(), person, roles);
        let remembered = self.scene.inputs.memory.grants.contains_key(&person.id);
        if granted.is_empty() && !remembered {
            return;
        }
        match self.known(draft, who) {
            Ok(Some(known)) => self.give(draft, &known, &granted),
            Ok(None) => self.is_unsure(who),
            Err(held) => {
                self.is_unsure(who);
                draft.held.push(held);
            }
        }
    }

    /// Nothing is taken from any record that may be this person's.
    fn is_unsure(&mut self, who: usize) {
        let person = self.scene.people[who].person;
        let addresses = ["userPrincipalName", "mail"].into_iter().filter_map(|name| person.text(name));
        let texts: Vec<&str> = addresses.map(|text| &**text).collect();
        let ids: Vec<ApiId> = self.records.all(texts.into_iter()).map(|member| member.id.clone()).collect();
        self.unsure.extend(ids);
        if let Account::Live(at) = &self.users.accounts[who]
            && let Some(member) = self.records.member_of(*at)
        {
            self.unsure.insert(member.id.clone());
        }
    }

    /// A person with an account, now or by this plan, and their record.
    fn known(&self, draft: &Draft, who: usize) -> Result<Option<Person<'a, 'a>>, Held> {
        let person = self.scene.people[who].person;
        let source = Some(&person.id);
        let needs = |actions: &[Action]| -> Vec<ChangeId> {
            let of_person = self.planned.get(&person.id).into_iter().flatten();
            let changes = of_person.map(|at| &draft.planned[*at].change);
            changes.filter(|change| actions.contains(&change.action)).map(|change| change.id.clone()).collect()
        };
        let at = match &self.users.accounts[who] {
            Account::None => return Ok(None),
            Account::Created { change, name } => {
                let subject = user(name, source, None);
                let api = ApiUser::Created {
                    change: change.clone(),
                    email: self.email_of(draft, &person.id).unwrap_or(name.clone()),
                };
                return Ok(Some(Person { subject, api, member: None, needs: vec![change.clone()], id: &person.id }));
            }
            Account::Live(at) => *at,
        };
        let object = self.users.matcher.objects.get(at);
        let subject = user(object.label, source, Some(object.id));
        let not_there =
            |message: String| Err(held(Reason::NotInApi, subject.clone(), None, message.into(), Vec::new()));
        let member = match self.records.of(at) {
            Joined::One(at) => self.records.member(at),
            Joined::None if !self.is_read(Section::Users) => return Ok(None),
            Joined::None => {
                return not_there("SCIM has the account, and the admin API has nobody with its addresses".into());
            }
            Joined::Several => {
                return not_there("the addresses of the account belong to several people in the admin API".into());
            }
        };
        let enabled = !needs(&[Action::EnableUser]).is_empty();
        let needs = needs(&[Action::AdoptUser, Action::EnableUser]);
        if !member.state.holds_seat() && !enabled && object.active {
            let state = member.state.as_str();
            return not_there(format!("SCIM has the account active, and the admin API has it {state}"));
        }
        Ok(Some(Person { subject, api: ApiUser::Live(member.id.clone()), member: Some(member), needs, id: &person.id }))
    }

    /// The address of an account that this plan creates, which the admin API will know it by.
    fn email_of(&self, draft: &Draft, person: &SourceId) -> Option<Text> {
        let of_person = self.planned.get(person)?.iter().map(|at| &draft.planned[*at].change);
        let create = of_person.into_iter().find(|change| change.action == Action::CreateUser)?;
        let name = create.attributes.iter().find(|attribute| attribute.path.is("userName"))?;
        name.after.as_ref()?.as_text().filter(|text| text.contains('@')).cloned()
    }

    fn give(&mut self, draft: &mut Draft, person: &Person<'_, 'a>, granted: &Granted<'a>) {
        let seat = self.office_and_license(draft, person, granted);
        self.settings(draft, person, granted, &seat);
        self.places(draft, person, granted, &seat);
        let license = granted.license.as_ref().is_some_and(|single| !single.beaten.is_empty());
        if license || granted.office.as_ref().is_some_and(|single| !single.beaten.is_empty()) {
            draft.count("role_wins", &person.subject.name, None);
        }
    }

    /// A change of a person through the admin API.
    fn change(
        &self,
        action: Action,
        person: &Person,
        given: &Given,
        cause: Cause,
        grants: Vec<GrantChange>,
        requests: Vec<AdminRequest>,
    ) -> Change {
        let mut change = change(action, person.subject.clone(), cause);
        change.id = with_grant(&change.id, given);
        change.grants = grants;
        change.requests = requests.into_iter().map(Request::Admin).collect();
        change.depends_on = person.needs.clone();
        change
    }

    /// Whether Dialpad took this same grant before and did not store it. Then it is told, and not sent again.
    fn is_not_stored(&self, draft: &mut Draft, person: &Person, grant: &GrantChange) -> bool {
        let known = self.scene.inputs.memory.grants_not_stored.get(person.id);
        let known = known.zip(grant.field()).and_then(|(known, field)| known.get(&field));
        let is_known = known.is_some_and(|known| **known == *grant.after.as_deref().unwrap_or_default());
        if is_known {
            let what = format!("{} {} of {}", grant.kind.noun(), grant.name, person.subject.name).replace("  ", " ");
            draft.count("grant_not_stored", &what.into(), Some(&grant.place));
        }
        is_known
    }

    /// What is held after all is not hidden when it is lost.
    fn is_stored(&self, draft: &mut Draft, person: &Person, field: &str) {
        let known = self.scene.inputs.memory.grants_not_stored.get(person.id);
        if known.is_some_and(|known| known.contains_key(field)) {
            draft.remember.push(Remember::GrantStored { person: person.id.clone(), field: field.into() });
        }
    }

    /// Adds a change, unless the person has to log in first.
    fn propose(&self, draft: &mut Draft, person: &Person, planned: Planned) {
        let pending = person.member.is_some_and(|member| member.state == MemberState::Pending);
        let needs_login = planned.change.requests.iter().any(|request| match request {
            Request::Admin(request) => request.needs_login(),
            _ => false,
        });
        if !pending || !needs_login {
            return draft.planned.push(planned);
        }
        let Planned { change, .. } = planned;
        let what: Vec<String> =
            change.grants.iter().map(|grant| format!("{} {}", grant.kind.noun(), grant.name)).collect();
        let message = format!("{}: given once the person has logged in", what.join(", ").trim_end());
        let places = change.cause.place.iter().cloned().collect();
        draft.held.push(held(Reason::Waiting, change.subject, Some(change.action), message.into(), places));
    }
}

/// The id of a change with the grant in it: the same in the next plan.
fn with_grant(id: &ChangeId, given: &Given) -> ChangeId {
    let object = given.object.as_ref().map(|id| format!(":{id}")).unwrap_or_default();
    let at = given.at.as_ref().map(|id| format!("@{id}")).unwrap_or_default();
    ChangeId(format!("{}:{}{object}{at}", id.0, kind_name(given.kind)).into())
}

/// The cause of what a role gives.
fn by_role(role: &RoleName, place: &Place) -> Cause {
    Cause { kind: CauseKind::Assigned, text: format!("role {role}").into(), place: Some(place.clone()) }
}

fn kind_name(kind: GrantKind) -> &'static str {
    match kind {
        GrantKind::Office => "office",
        GrantKind::License => "license",
        GrantKind::Setting => "settings",
        GrantKind::Department => "department",
        GrantKind::ContactCenter => "contact_center",
        GrantKind::OfficeAdmin => "office_admin",
        GrantKind::CompanyAdmin => "company_admin",
        GrantKind::Policy => "policy",
        GrantKind::Channel => "channel",
    }
}

/// What holds a change of this kind for good: a name that leads nowhere, a map that is silent.
fn firm(reason: Reason, message: String, place: &Place) -> Gate {
    Gate::firm(reason, message.into()).at(place)
}
