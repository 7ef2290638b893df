//! A reading of Entra, step by step.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::{
    application::{self, Found},
    fetch::{Got, IN_A_FILTER, Shape, Want, fetch, is_in},
    former,
    graph::Graph,
    groups::{Groups, users},
    item,
    jobs::{self, Answered},
    people::{PERMISSION as USERS, People},
    trouble::{Kind, Trouble},
    wanted::Wanted,
};
use crate::{
    directory::{AppRoleAssignment, Application, Directory, Member, OtherWriter},
    manifest::{Entra, trust::is_guid},
    names::{Complete, Reading, SourceId, Text, Value, count},
};

/// What was read of Entra.
#[derive(Debug)]
pub struct Read {
    /// The people and groups, and who is assigned.
    pub directory: Directory,
    /// Names of the attributes that were read, whether anybody has a value or not.
    pub offered: Vec<Text>,
    /// What is allowed but probably not meant, a sentence each.
    pub warnings: Vec<String>,
    /// HTTP requests that it took.
    pub requests: usize,
    /// The tenant's display name.
    pub organization: Option<Text>,
    /// The application.
    pub application: Option<Found>,
}

/// What the first answers say.
struct First {
    tenant: Tenant,
    application: Option<(Found, Vec<AppRoleAssignment>)>,
    warnings: Vec<String>,
}

/// The tenant.
pub(super) struct Tenant {
    pub id: Text,
    pub name: Option<Text>,
    pub default_domain: Option<Text>,
}

/// What is known of Entra's own jobs.
enum Jobs {
    Known(OtherWriter),
    /// To be asked for with the next batch.
    Ask(Found),
}

/// Reads what is wanted. `progress` is told how many people were read.
///
/// # Errors
/// When any part of it cannot be read: nothing is planned from half a reading. A group that
/// is not found makes the groups incomplete.
pub async fn read(
    graph: &Graph,
    entra: &Entra,
    wanted: &Wanted,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Read, Trouble> {
    let mut reading = Reader {
        graph,
        wanted,
        people: People::new(wanted.selection.clone()),
        groups: Groups::default(),
        select: wanted.selection.select(),
        progress,
        jobs: Jobs::Known(OtherWriter::None),
    };
    check_token(graph, entra).await?;
    let First { tenant, application, mut warnings } = reading.first(entra).await?;
    let assigned = application.as_ref().map(|(_, assigned)| assigned.as_slice()).unwrap_or_default();
    reading.members(assigned).await?;
    let named = reading.people.people.len();
    let gone = reading.rest().await?;
    let former = (reading.people.people.len() - named) as u64;
    let (found, application) = match application {
        Some((found, assigned)) => {
            let roles = found.roles.clone();
            let of = Application { name: found.name.clone(), roles, assigned };
            (Some(found), Some(of))
        }
        None => (None, None),
    };
    if let (true, Some(application)) = (wanted.roles, &application) {
        reading.give_roles(application);
    }
    let writer = match std::mem::replace(&mut reading.jobs, Jobs::Known(OtherWriter::None)) {
        Jobs::Known(writer) => writer,
        // Every reading has a first round, which asks.
        Jobs::Ask(_) => OtherWriter::Unknown { because: "it was not asked for".into() },
    };
    let mut directory = reading.finish(&mut warnings);
    (directory.gone, directory.former) = (gone, former);
    (directory.default_domain, directory.other_writer) = (tenant.default_domain, writer);
    directory.application = application.filter(|_| wanted.assigned);
    let requests = usize::try_from(graph.sent().requests).unwrap_or(usize::MAX);
    let (offered, organization) = (wanted.offered(), tenant.name);
    Ok(Read { directory, offered, warnings, requests, organization, application: found })
}

/// What the first answers say of the jobs of the application, if there is one.
fn jobs_of(got: Vec<Got>, application: Result<Found, Trouble>) -> Jobs {
    match (jobs::answered(got), application) {
        (Answered::Jobs(jobs), Ok(application)) => Jobs::Known(jobs::writer(&application.name, Ok(jobs))),
        (Answered::Not(trouble), _) | (Answered::Jobs(_) | Answered::Later, Err(trouble)) => {
            Jobs::Known(jobs::unknown(&trouble))
        }
        (Answered::Later, Ok(application)) => Jobs::Ask(application),
    }
}

/// Refuses a token of another tenant before anything is read with it.
pub(super) async fn check_token(graph: &Graph, entra: &Entra) -> Result<(), Trouble> {
    let claims = graph.claims().await?.unwrap_or_default();
    let wanted = &entra.tenant.value;
    match claims.tid {
        Some(tid) if is_guid(wanted) && !tid.eq_ignore_ascii_case(wanted) => Err(other_tenant(entra, &tid)),
        Some(_) | None => Ok(()),
    }
}

fn other_tenant(entra: &Entra, found: &str) -> Trouble {
    let found: String = found.chars().filter(|c| c.is_ascii_graphic()).take(64).collect();
    let (wanted, place) = (&entra.tenant.value, &entra.tenant.place);
    let message =
        format!("read Entra: the sign-in is for the tenant {found}, and the manifest names {wanted} ({place})");
    Trouble::new(Kind::Tenant, message, "sign in to the tenant of the manifest; nothing of the other was read")
}

/// A reading under way.
struct Reader<'r> {
    graph: &'r Graph,
    wanted: &'r Wanted,
    people: People,
    groups: Groups,
    select: String,
    progress: &'r (dyn Fn(u64) + Sync),
    jobs: Jobs,
}

/// What names the tenant.
pub(super) fn of_tenant() -> Want {
    let path = "/organization?$select=id,displayName,verifiedDomains".to_owned();
    Want::new(Shape::Many, path, "the tenant", "Organization.Read.All")
}

/// Which tenant it is, checked against the manifest before anything else is used.
pub(super) fn tenant(entra: &Entra, got: Option<Got>) -> Result<Tenant, Trouble> {
    const WHAT: &str = "the tenant";
    let items = got.and_then(Got::items).unwrap_or_default();
    let [raw] = items.as_slice() else {
        return Err(Trouble::unusable(WHAT, "Graph did not name exactly one organization"));
    };
    let organization = item::object(raw, WHAT)?;
    let wrong = |wrong: item::Wrong| Trouble::unusable(WHAT, &wrong.to_string());
    let id = item::id(&organization, "id", WHAT)?;
    let domains = item::objects(&organization, "verifiedDomains").map_err(wrong)?;
    let name_of = |domain: &&serde_json::Map<String, serde_json::Value>| {
        item::text(domain, "name").ok().flatten().map(str::to_owned)
    };
    let wanted = &entra.tenant.value;
    let is_it = match is_guid(wanted) {
        true => id.eq_ignore_ascii_case(wanted),
        false => domains.iter().filter_map(name_of).any(|name| name.eq_ignore_ascii_case(wanted)),
    };
    if !is_it {
        return Err(other_tenant(entra, id));
    }
    let default = domains.iter().find(|domain| item::boolean(domain, "isDefault").ok().flatten() == Some(true));
    Ok(Tenant {
        id: id.into(),
        name: item::text(&organization, "displayName").map_err(wrong)?.map(Text::from),
        default_domain: default.and_then(name_of).map(Text::from),
    })
}

impl Reader<'_> {
    /// The tenant, the application with its assignments, everybody, and who is named.
    async fn first(&mut self, entra: &Entra) -> Result<First, Trouble> {
        let wanted = self.wanted;
        let mut wants = vec![of_tenant()];
        let of_application = match wanted.assigned {
            true => application::wants(entra, true),
            // Only for the sake of its jobs.
            false => application::wants(entra, false).into_iter().map(Want::optional).collect(),
        };
        let of_jobs = jobs::first(entra);
        let names: Vec<Text> =
            wanted.groups.values().map(|named| named.name.clone()).filter(|name| !is_guid(name)).collect();
        let users: Vec<&Text> = wanted.users.iter().filter(|name| !is_guid(name)).collect();
        let of_groups = if wanted.every_group { vec![Groups::all()] } else { Groups::by_name(&names) };
        let of_users = match wanted.everyone {
            true => {
                vec![Want::new(Shape::People, format!("/users?$select={}&$top=999", self.select), "all users", USERS)]
            }
            false => self.users_named("userPrincipalName", &users),
        };
        let sizes = [of_application.len(), of_jobs.len(), of_groups.len(), of_users.len()];
        wants.extend(of_application.into_iter().chain(of_jobs).chain(of_groups).chain(of_users));
        let mut got = fetch(self.graph, &wants, self.progress).await?.into_iter();
        let tenant = tenant(entra, got.next())?;
        let of_application: Vec<Got> = got.by_ref().take(sizes[0]).collect();
        let of_jobs: Vec<Got> = got.by_ref().take(sizes[1]).collect();
        for got in got.by_ref().take(sizes[2]) {
            self.groups.take_facts(got.items().unwrap_or_default())?;
        }
        for got in got.by_ref().take(sizes[3]) {
            self.take_people(got, "people")?;
        }
        let mut warnings = Vec::new();
        let application = match wanted.assigned {
            true => {
                let application = self.application(entra, of_application, &mut warnings).await?;
                self.jobs = jobs_of(of_jobs, Ok(application.0.clone()));
                Some(application)
            }
            false => {
                self.jobs = jobs_of(of_jobs, application::found(entra, of_application).map(|(found, _)| found));
                None
            }
        };
        Ok(First { tenant, application, warnings })
    }

    fn users_named(&self, property: &str, names: &[&Text]) -> Vec<Want> {
        let want = |names: &[&Text]| {
            let path = format!("/users?{}&$select={}", is_in(property, names), self.select);
            Want::new(Shape::People, path, "the people that the manifest names", USERS)
        };
        names.chunks(IN_A_FILTER).map(want).collect()
    }

    fn take_people(&mut self, got: Got, what: &str) -> Result<(), Trouble> {
        for raw in got.items().unwrap_or_default() {
            self.people.take(&raw, what)?;
        }
        Ok(())
    }

    async fn application(
        &self,
        entra: &Entra,
        got: Vec<Got>,
        warnings: &mut Vec<String>,
    ) -> Result<(Found, Vec<AppRoleAssignment>), Trouble> {
        let (found, assigned) = application::found(entra, got)?;
        let assigned = match assigned {
            Some(items) => items,
            // By name the id is known only now.
            None => {
                let want = application::assigned_to(&format!("/servicePrincipals/{}", found.id), &found.name);
                let got = fetch(self.graph, &[want], &|_| {}).await?.pop();
                match got.and_then(Got::items) {
                    Some(items) => items,
                    None => {
                        return Err(Trouble::unusable(
                            &format!("who is assigned to {}", found.name),
                            "the application was there and is not any more",
                        ));
                    }
                }
            }
        };
        let (assigned, others) = application::assignments(assigned, &found.name)?;
        for (kind, n) in others.iter().filter(|(kind, _)| *kind != "ServicePrincipal") {
            warnings.push(format!(
                "{} of the unknown kind `{kind}` to {} left out",
                count(*n, "assignment", "assignments"),
                found.name
            ));
        }
        Ok((found, assigned))
    }

    /// The members of every group that matters, and the people who are assigned themselves.
    async fn members(&mut self, assigned: &[AppRoleAssignment]) -> Result<(), Trouble> {
        let wanted = self.wanted;
        let mut nested: BTreeSet<SourceId> = BTreeSet::new();
        let mut open: BTreeMap<SourceId, String> = BTreeMap::new();
        for assigned in assigned {
            if let Member::Group(id) = &assigned.principal {
                open.insert(id.clone(), format!("{} is assigned in Entra", assigned.name));
            }
        }
        if wanted.every_group {
            open.extend(self.groups.facts.keys().map(|id| (id.clone(), "it was listed before".to_owned())));
        }
        for (folded, named) in &wanted.groups {
            let by_id = is_guid(&named.name).then(|| SourceId::new(named.name.to_ascii_lowercase()));
            let is_called = |name: &Text| crate::names::Folded::new(name) == *folded;
            let by_name =
                self.groups.facts.iter().filter(|(_, facts)| is_called(&facts.name)).map(|(id, _)| id.clone());
            let ids: Vec<SourceId> = by_id.into_iter().chain(by_name).collect();
            for id in ids {
                if named.nested {
                    nested.insert(id.clone());
                }
                open.entry(id).or_insert_with(|| format!("the manifest names {}", named.name));
            }
        }
        let mut direct = self.named_people(assigned);
        let mut first = true;
        while first || !open.is_empty() {
            let by_mail = if first { self.by_mail() } else { Vec::new() };
            self.round(&open, &direct, by_mail).await?;
            let inner = self.groups.unopened(&nested).into_iter();
            open = inner.map(|id| (id, "it lies within a group".to_owned())).collect();
            direct.clear();
            first = false;
        }
        self.groups.settle();
        Ok(())
    }

    /// People assigned by id, in Entra or in the manifest, who were not read yet.
    fn named_people(&self, assigned: &[AppRoleAssignment]) -> Vec<SourceId> {
        let in_entra = assigned.iter().filter_map(|assigned| match &assigned.principal {
            Member::Person(id) => Some(id.clone()),
            Member::Group(_) => None,
        });
        let in_manifest =
            self.wanted.users.iter().filter(|name| is_guid(name)).map(|name| SourceId::new(name.to_ascii_lowercase()));
        let mut ids: Vec<SourceId> = in_entra.chain(in_manifest).filter(|id| !self.people.is_known(id)).collect();
        ids.sort_unstable();
        ids.dedup();
        if self.wanted.everyone { Vec::new() } else { ids }
    }

    /// People whom the manifest names by what is no user principal name: it may be a mail address.
    fn by_mail(&self) -> Vec<Want> {
        if self.wanted.everyone {
            return Vec::new();
        }
        let known: BTreeSet<crate::names::Folded> = self
            .people
            .people
            .iter()
            .flat_map(|person| ["userPrincipalName", "originalUserPrincipalName"].map(|name| person.text(name)))
            .flatten()
            .map(|name| crate::names::Folded::new(name))
            .collect();
        let is_unknown = |name: &&Text| !is_guid(name) && !known.contains(&crate::names::Folded::new(name));
        let names: Vec<&Text> = self.wanted.users.iter().filter(is_unknown).collect();
        self.users_named("mail", &names)
    }

    async fn round(
        &mut self,
        open: &BTreeMap<SourceId, String>,
        direct: &[SourceId],
        by_mail: Vec<Want>,
    ) -> Result<(), Trouble> {
        let everyone = self.wanted.everyone;
        let select = if everyone { "id" } else { self.select.as_str() };
        let unnamed: Vec<&SourceId> = open.keys().filter(|id| !self.groups.facts.contains_key(*id)).collect();
        let direct: Vec<&SourceId> = direct.iter().collect();
        let mut wants: Vec<Want> = open
            .keys()
            .map(|id| Groups::members_of(id, self.groups.facts.get(id).map(|facts| &facts.name), select))
            .collect();
        let of_facts = Groups::facts_of(&unnamed);
        let facts = of_facts.len();
        wants.extend(of_facts);
        let asked = match &self.jobs {
            Jobs::Ask(application) => Some(application.clone()),
            Jobs::Known(_) => None,
        };
        wants.extend(asked.as_ref().map(|application| jobs::by_id(application).optional()));
        wants.extend(users(&direct, &self.select));
        wants.extend(by_mail);
        let mut got = fetch(self.graph, &wants, self.progress).await?.into_iter();
        let members: Vec<Got> = got.by_ref().take(open.len()).collect();
        for got in got.by_ref().take(facts) {
            self.groups.take_facts(got.items().unwrap_or_default())?;
        }
        if let Some(application) = asked {
            self.jobs = Jobs::Known(jobs::writer(&application.name, jobs::answered_by_id(got.next())));
        }
        for ((id, why), got) in open.iter().zip(members) {
            self.groups.take_members(id, got, &mut self.people, everyone, why)?;
        }
        for got in got {
            self.take_people(got, "people")?;
        }
        Ok(())
    }

    /// People of before, and managers. Returns who is gone for good.
    async fn rest(&mut self) -> Result<Vec<SourceId>, Trouble> {
        let wants = former::wants(&self.wanted.former, &self.people, &self.select);
        for got in fetch(self.graph, &wants, &|_| {}).await? {
            self.take_people(got, "people who had an account")?;
        }
        let gone = former::settle(self.graph, &self.wanted.former, &mut self.people, self.wanted.proof).await?;
        if self.wanted.managers {
            self.managers().await?;
        }
        Ok(gone)
    }

    /// Who is whose manager. Pages with managers are short, so they are asked for by id.
    async fn managers(&mut self) -> Result<(), Trouble> {
        let ids: Vec<SourceId> =
            self.people.people.iter().filter(|person| !person.soft_deleted).map(|person| person.id.clone()).collect();
        let want = |ids: &[SourceId]| {
            let ids: Vec<&str> = ids.iter().map(SourceId::as_str).collect();
            let path = format!("/users?{}&$select=id&$expand=manager($select=id)", is_in("id", &ids));
            Want::new(Shape::Many, path, "managers", USERS)
        };
        let wants: Vec<Want> = ids.chunks(IN_A_FILTER).map(want).collect();
        for got in fetch(self.graph, &wants, &|_| {}).await? {
            for raw in got.items().unwrap_or_default() {
                self.take_manager(&raw)?;
            }
        }
        Ok(())
    }

    fn take_manager(&mut self, raw: &RawValue) -> Result<(), Trouble> {
        const WHAT: &str = "managers";
        let user = item::object(raw, WHAT)?;
        let id = SourceId::new(item::id(&user, "id", WHAT)?);
        let manager = match user.get("manager") {
            None | Some(serde_json::Value::Null) => return Ok(()),
            Some(serde_json::Value::Object(manager)) => manager,
            Some(other) => {
                return Err(Trouble::unusable(WHAT, &item::Wrong::new("manager", "an object", other).to_string()));
            }
        };
        // A contact can be a manager, but has no account anywhere.
        let is_contact = manager
            .get("@odata.type")
            .and_then(|kind| kind.as_str())
            .is_some_and(|kind| kind != "#microsoft.graph.user");
        let manager = SourceId::new(item::id(manager, "id", WHAT)?);
        if let Some(person) = self.people.get_mut(&id).filter(|_| !is_contact) {
            person.manager = Some(manager);
        }
        Ok(())
    }

    /// `appRoleAssignments` of everybody: directly, and as direct members of assigned groups.
    fn give_roles(&mut self, application: &Application) {
        let mut held: BTreeMap<SourceId, BTreeSet<usize>> = BTreeMap::new();
        for assigned in &application.assigned {
            let Some(role) =
                assigned.role.as_ref().and_then(|id| application.roles.iter().position(|role| role.id == *id))
            else {
                continue;
            };
            match &assigned.principal {
                Member::Person(id) => {
                    held.entry(id.clone()).or_default().insert(role);
                }
                Member::Group(group) => {
                    for member in self.groups.members.get(group).into_iter().flatten() {
                        if let Member::Person(id) = member {
                            held.entry(id.clone()).or_default().insert(role);
                        }
                    }
                }
            }
        }
        for (id, roles) in held {
            let value = |at: usize| {
                let role = &application.roles[at];
                let mut members = vec![("displayName".into(), Value::Text(role.name.clone()))];
                members.extend(role.value.as_ref().map(|value| ("value".into(), Value::Text(value.clone()))));
                Value::Record(members)
            };
            if let Some(person) = self.people.get_mut(&id) {
                person
                    .attributes
                    .insert("appRoleAssignments".into(), Value::List(roles.into_iter().map(value).collect()));
            }
        }
    }

    fn finish(self, warnings: &mut Vec<String>) -> Directory {
        let Self { people, groups, .. } = self;
        let example = |name: &Option<Text>| name.as_ref().map_or_else(String::new, |name| format!(", {name} for one"));
        if people.differing.0 > 0 {
            let n = count(people.differing.0, "person had", "people had");
            warnings
                .push(format!("{n} other values in another answer{}; the last counts", example(&people.differing.1)));
        }
        for (kind, n) in &groups.others {
            warnings.push(format!(
                "{} of the kind `{kind}` left out: neither people nor groups",
                count(*n, "member", "members")
            ));
        }
        let unsaid = (people.without_state.0 > 0).then(|| {
            let n = count(people.without_state.0, "person does", "people do");
            format!("{n} not say whether sign-in is blocked{}", example(&people.without_state.1))
        });
        let mut all = people.people;
        all.sort_by(|left, right| left.id.cmp(&right.id));
        let people = match unsaid {
            Some(because) => Reading::Incomplete { items: all, because },
            None => Reading::Complete(Complete::attest(all)),
        };
        let because = groups.because();
        let groups = match because {
            Some(because) => Reading::Incomplete { items: groups.finish(), because },
            None => Reading::Complete(Complete::attest(groups.finish())),
        };
        Directory::new(people, groups)
    }
}
