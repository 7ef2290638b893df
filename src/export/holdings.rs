//! What people have beyond SCIM, in the words of a manifest: what its roles have to give.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    attributes::Column,
    naming::{Named, Naming},
    people::{Row, records},
    report::Notes,
};
use crate::{
    live::{
        Live, Tenant,
        tenant::{Member, Operator, PolicyLevel, Section},
    },
    names::{ApiId, License, Post, Text},
    plan::Joined,
};

/// What one person has. People who have the same share a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gives {
    pub(super) license: Option<License>,
    pub(super) office: Option<Text>,
    pub(super) contact_centers: BTreeMap<Named, (Post, Option<u8>)>,
    pub(super) departments: BTreeMap<Named, Post>,
    pub(super) company_admin: bool,
    pub(super) office_admin: BTreeSet<Text>,
    pub(super) policies: BTreeSet<(Text, At)>,
    pub(super) channels: BTreeSet<Text>,
}

/// Where a policy holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum At {
    Company,
    Office(Text),
    ContactCenter(Text),
}

/// A setting that every role gives by a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SettingColumn {
    /// The column; `None` where a mapped column holds the same.
    pub(super) column: Option<&'static str>,
    /// The key of the setting and where its value comes from.
    pub(super) setting: (&'static str, Source),
}

/// Where the value of a setting comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Attribute(&'static str),
    Expression(&'static str),
}

/// What was found of everybody.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    /// Whether there is an admin API to grant by.
    pub(super) has_api: bool,
    /// Settings; those with a column in the order of [`Row::settings`].
    pub(super) settings: Vec<SettingColumn>,
}

/// What a record has, before it is known by name.
#[derive(Default)]
struct Places<'t> {
    departments: Vec<(&'t ApiId, &'t Operator)>,
    contact_centers: Vec<(&'t ApiId, &'t Operator)>,
    policies: Vec<(&'t ApiId, Option<&'t ApiId>)>,
    channels: Vec<&'t ApiId>,
}

/// Finds out what each person has, and says what cannot be granted.
pub(super) fn of(live: &Live, rows: &mut [Row], columns: &[Column], notes: &mut Notes) -> Holdings {
    let Some(tenant) = &live.tenant else { return Holdings::default() };
    for (section, because) in &tenant.unread {
        let message = format!(
            "{} were not read from the admin API, so no role gives any: {because}; export again when they can be read",
            section.noun()
        );
        notes.add("not_read", &message, "");
    }
    let records = records(live, rows);
    let joined: Vec<Option<&Member>> = records
        .iter()
        .map(|joined| match joined {
            Joined::One(at) => tenant.users.get(*at),
            Joined::None | Joined::Several => None,
        })
        .collect();
    let naming = Naming::of(tenant);
    let places = places(tenant);
    let none = Places::default();
    for ((row, member), joined) in rows.iter_mut().zip(&joined).zip(&records) {
        match member {
            Some(member) if member.state.holds_seat() => {
                let of = Reader { tenant, naming: &naming, notes, who: &row.name };
                row.gives = Some(of.gives(member, places.get(&member.id).unwrap_or(&none)));
            }
            Some(member) => {
                let message = format!(
                    "SCIM has the account active, the admin API has it {}: a role without grants",
                    member.state.as_str()
                );
                notes.add("without_grants", &message, &row.name);
            }
            None if tenant.unread.contains_key(&Section::Users) => {}
            None => {
                let message = match joined {
                    Joined::Several => {
                        "the addresses lead to several people of the admin API, or several accounts to one: a role without grants"
                    }
                    Joined::One(_) | Joined::None => {
                        "the admin API has nobody with one of their addresses: a role without grants"
                    }
                };
                notes.add("without_grants", message, &row.name);
            }
        }
    }
    let title = columns.iter().position(|column| *column.name == *JOB_TITLE);
    let settings = settings(rows, &joined, title, notes);
    Holdings { has_api: true, settings }
}

/// Everybody's places, by record.
fn places(tenant: &Tenant) -> HashMap<&ApiId, Places<'_>> {
    let mut places: HashMap<&ApiId, Places> = HashMap::new();
    let is_read = |section| !tenant.unread.contains_key(&section);
    for department in tenant.departments.iter().filter(|_| is_read(Section::Departments)) {
        for operator in department.operators.iter().flatten() {
            first(&mut places.entry(&operator.user).or_default().departments, &department.id, operator);
        }
    }
    for center in tenant.contact_centers.iter().filter(|_| is_read(Section::ContactCenters)) {
        for operator in center.operators.iter().flatten() {
            first(&mut places.entry(&operator.user).or_default().contact_centers, &center.id, operator);
        }
    }
    for policy in tenant.policies.iter().filter(|_| is_read(Section::Policies)) {
        for assignment in policy.assignments.iter().flatten() {
            places.entry(&assignment.user).or_default().policies.push((&policy.id, assignment.at.as_ref()));
        }
    }
    for channel in tenant.channels.iter().filter(|_| is_read(Section::Channels)) {
        for member in channel.members.iter().flatten() {
            places.entry(member).or_default().channels.push(&channel.id);
        }
    }
    places
}

/// Of an operator whom a list names twice, the first counts, as for the planner.
fn first<'t>(known: &mut Vec<(&'t ApiId, &'t Operator)>, id: &'t ApiId, operator: &'t Operator) {
    if known.last().is_none_or(|(last, _)| *last != id) {
        known.push((id, operator));
    }
}

/// Reads one person's record.
struct Reader<'r> {
    tenant: &'r Tenant,
    naming: &'r Naming,
    notes: &'r mut Notes,
    who: &'r Text,
}

impl Reader<'_> {
    fn gives(mut self, member: &Member, places: &Places) -> Gives {
        let mut gives = Gives {
            license: member.license.as_ref().and_then(|license| self.license(license)),
            company_admin: member.company_admin,
            ..Gives::default()
        };
        let has_offices = !self.tenant.unread.contains_key(&Section::Offices);
        let offices: &HashMap<ApiId, Text> = &self.naming.offices;
        gives.office = member.office.as_ref().filter(|_| has_offices).and_then(|id| match offices.get(id) {
            Some(name) => Some(name.clone()),
            None => self.nameless("office", id),
        });
        for id in member.admin_offices.iter().filter(|_| has_offices) {
            gives.office_admin.extend(offices.get(id).cloned().or_else(|| self.nameless("office", id)));
        }
        for (id, operator) in &places.departments {
            let named: Option<&Named> = self.naming.departments.get(*id);
            let post = operator.post.unwrap_or(Post::Operator);
            match named {
                None => drop::<Option<()>>(self.nameless("department", id)),
                Some((name, _)) if post == Post::Supervisor => {
                    let message = format!(
                        "a manifest knows no supervisors of departments, and `{name}` has one; the place is not granted"
                    );
                    self.notes.add("not_granted", &message, self.who);
                }
                Some(named) => drop(gives.departments.entry(named.clone()).or_insert(post)),
            }
        }
        for (id, operator) in &places.contact_centers {
            let named: Option<&Named> = self.naming.contact_centers.get(*id);
            let post = operator.post.unwrap_or(Post::Operator);
            let skill = operator.skill.filter(|skill| (1..=100).contains(skill));
            match named {
                None => drop::<Option<()>>(self.nameless("contact center", id)),
                Some(named) => drop(gives.contact_centers.entry(named.clone()).or_insert((post, skill))),
            }
        }
        for (id, at) in &places.policies {
            gives.policies.extend(self.policy(id, *at));
        }
        for id in &places.channels {
            let named = self.naming.channels.get(*id).cloned();
            gives.channels.extend(named.or_else(|| self.nameless("channel", id)));
        }
        gives
    }

    fn license(&mut self, license: &License) -> Option<License> {
        if License::parse(license.as_str()).as_ref() == Some(license) {
            return Some(license.clone());
        }
        let message = format!("the licence `{license}` is none that a manifest can name; no role gives it");
        self.notes.add("not_granted", &message, self.who);
        None
    }

    fn policy(&mut self, id: &ApiId, at: Option<&ApiId>) -> Option<(Text, At)> {
        let policy = self.tenant.policies.iter().find(|policy| policy.id == *id)?;
        let Some(name) = self.naming.policies.get(id).cloned() else { return self.nameless("policy", id) };
        let office = at.filter(|at| self.tenant.offices.iter().any(|office| office.id == **at));
        let center = at.filter(|at| self.tenant.contact_centers.iter().any(|center| center.id == **at));
        let level = policy.level.unwrap_or(match (office, center) {
            (Some(_), _) => PolicyLevel::Office,
            (None, Some(_)) => PolicyLevel::ContactCenter,
            (None, None) => PolicyLevel::Company,
        });
        let at = match level {
            PolicyLevel::Company => At::Company,
            PolicyLevel::Office => match office.and_then(|id| self.naming.offices.get(id)) {
                Some(office) => At::Office(office.clone()),
                None => return self.nameless("office", at.unwrap_or(id)),
            },
            PolicyLevel::ContactCenter => match center.and_then(|id| self.naming.contact_centers.get(id)) {
                Some((center, None)) => At::ContactCenter(center.clone()),
                // A policy names a contact center by its name alone.
                Some((_, Some(_))) | None => return self.nameless("contact center", at.unwrap_or(id)),
            },
        };
        Some((name, at))
    }

    /// What no name tells apart.
    fn nameless<T>(&mut self, noun: &str, id: &ApiId) -> Option<T> {
        let name = self.name(id);
        let message =
            format!("the {noun} {name} has a name that others have too, or none, so that no role can name it");
        self.notes.add("not_granted", &message, self.who);
        None
    }

    fn name(&self, id: &ApiId) -> String {
        let tenant = self.tenant;
        let names = (tenant.offices.iter().map(|one| (&one.id, &one.name)))
            .chain(tenant.departments.iter().map(|one| (&one.id, &one.name)))
            .chain(tenant.contact_centers.iter().map(|one| (&one.id, &one.name)))
            .chain(tenant.policies.iter().map(|one| (&one.id, &one.name)))
            .chain(tenant.channels.iter().map(|one| (&one.id, &one.name)));
        let found = names.into_iter().find(|(other, _)| *other == id);
        found.map_or_else(|| format!("with the id {id}"), |(_, name)| format!("`{name}` ({id})"))
    }
}

/// The column of SCIM's job title.
const JOB_TITLE: &str = "jobTitle";

/// Settings that anybody has, as columns. The job title is mostly the one of SCIM.
fn settings(
    rows: &mut [Row],
    members: &[Option<&Member>],
    title: Option<usize>,
    notes: &mut Notes,
) -> Vec<SettingColumn> {
    const SPLIT: &str = "Split([dialpadForwarding], \";\")";
    let all: [(&str, &str, Source); 4] = [
        ("dialpadJobTitle", "job_title", Source::Attribute("dialpadJobTitle")),
        ("dialpadExtension", "extension", Source::Attribute("dialpadExtension")),
        ("dialpadForwarding", "forwarding_numbers", Source::Expression(SPLIT)),
        ("dialpadInternational", "international_dialing", Source::Attribute("dialpadInternational")),
    ];
    let mut settings = Vec::new();
    for (column, key, source) in all {
        let mut cells = Vec::with_capacity(rows.len());
        let mut is_used = false;
        for (row, member) in rows.iter().zip(members) {
            let member = member.filter(|_| row.gives.is_some());
            let cell = member.and_then(|member| setting(key, member, &row.name, notes));
            is_used |= match key {
                "international_dialing" => cell.as_deref() == Some("true"),
                _ => cell.is_some(),
            };
            cells.push(cell);
        }
        if !is_used {
            continue;
        }
        let is_mapped = key == "job_title"
            && title.is_some_and(|title| {
                let same =
                    |(row, cell): (&Row, &Option<Text>)| row.gives.is_none() || row.cells.get(title) == Some(cell);
                rows.iter().zip(&cells).all(same)
            });
        if is_mapped {
            settings.push(SettingColumn { column: None, setting: (key, Source::Attribute(JOB_TITLE)) });
            continue;
        }
        for (row, cell) in rows.iter_mut().zip(cells) {
            row.settings.push(cell);
        }
        settings.push(SettingColumn { column: Some(column), setting: (key, source) });
    }
    settings
}

fn setting(key: &str, member: &Member, who: &Text, notes: &mut Notes) -> Option<Text> {
    let text = |text: &Option<Text>| text.clone().filter(|text| !text.trim().is_empty());
    match key {
        "job_title" => text(&member.job_title),
        "extension" => text(&member.extension),
        "international_dialing" => member.international_dialing.map(|on| if on { "true" } else { "false" }.into()),
        _ => {
            let numbers = &member.forwarding_numbers;
            if numbers.iter().any(|number| number.contains(';') || number.trim() != &**number || number.is_empty()) {
                let message = "a forwarding number holds `;` or blanks around it; the numbers are left as they are";
                notes.add("not_granted", message, who);
                return None;
            }
            let numbers: Vec<&str> = numbers.iter().map(|number| &**number).collect();
            (!numbers.is_empty()).then(|| numbers.join(";").into())
        }
    }
}
