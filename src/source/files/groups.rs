//! Rows to groups, and names to members.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use super::{
    columns::{Columns, Kind, Table},
    people::People,
    report::Report,
    row::{Row, rows},
    text::Input,
    values::value,
};
use crate::{
    directory::{Group, Member},
    names::{Attributes, Place, SourceId, Text, Value, count, fold, near_miss},
};

/// Groups whose members are names still.
#[derive(Debug, Default)]
pub(super) struct Groups {
    drafts: Vec<Draft>,
    by_id: HashMap<String, usize>,
    by_name: HashMap<String, Vec<usize>>,
    memberships: usize,
}

/// The most memberships of all files, and of the `groups` column.
pub(super) const MAX_MEMBERSHIPS: usize = 10_000_000;

#[derive(Debug)]
struct Draft {
    id: SourceId,
    name: Text,
    attributes: Attributes,
    members: Vec<Named>,
    place: Place,
    file: Text,
    span: Range<usize>,
}

/// A member as it is named.
#[derive(Debug)]
struct Named {
    /// Ids and names, the surest first.
    names: Vec<Text>,
    what: What,
    file: Text,
    span: Range<usize>,
}

/// What the file says that a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Any,
    Person,
    Group,
}

impl Groups {
    /// Reads a file of groups.
    pub(super) fn read(&mut self, input: &Input, report: &mut Report) {
        let mut columns = Columns::new(Table::Groups, &input.file);
        rows(input, &mut columns, report, |row, columns, report| {
            if let Some(draft) = draft(row, columns, input, report) {
                self.take(draft, columns.has(Kind::Member), report);
            }
        });
    }

    /// Reads a file of the members of one group.
    pub(super) fn read_members(&mut self, name: &Text, named: &Place, input: &Input, report: &mut Report) {
        let mut columns = Columns::new(Table::Members, &input.file);
        let mut group = Draft::of_name(name, named.clone(), &input.file, 0..0);
        rows(input, &mut columns, report, |row, columns, report| {
            group.members.extend(member(row, columns, &input.file, report));
        });
        self.take(group, false, report);
    }

    /// Takes a group. One that is there already is joined when a row names one member only.
    fn take(&mut self, draft: Draft, joins: bool, report: &mut Report) -> Option<usize> {
        self.memberships += draft.members.len();
        if self.memberships > MAX_MEMBERSHIPS {
            let message = format!("the groups have more than {} together", count(MAX_MEMBERSHIPS, "member", "members"));
            report.error("too_many_members", &draft.file, draft.span, message, |problem| problem);
            return None;
        }
        let id = fold(draft.id.as_str());
        if let Some(number) = self.by_id.get(&id) {
            let first = &mut self.drafts[*number];
            if joins {
                first.members.extend(draft.members);
                return Some(*number);
            }
            let message = format!("two groups are `{}`", draft.id.as_str().escape_debug());
            report.error("duplicate_group", &draft.file, draft.span, message, |problem| {
                problem.related(&first.file, first.span.clone(), "the other one").help("join the two rows into one")
            });
            return None;
        }
        let same_name = self.by_name.entry(fold(&draft.name)).or_default();
        if let Some(other) = same_name.first().map(|number| &self.drafts[*number]) {
            let message = format!("two groups are called `{}`", draft.name.escape_debug());
            report.warning("ambiguous_group", &draft.file, draft.span.clone(), message, |problem| {
                let help = "name them by `objectId` where it matters which one is meant";
                problem.related(&other.file, other.span.clone(), "the other one").help(help)
            });
        }
        same_name.push(self.drafts.len());
        self.by_id.insert(id, self.drafts.len());
        self.drafts.push(draft);
        Some(self.drafts.len() - 1)
    }

    /// Puts people into groups by their `groups` column. A group that is only named there exists.
    pub(super) fn join(&mut self, people: &People, file: &Text, report: &mut Report) {
        for named in &people.groups {
            let person = &people.people[named.person];
            let number = match self.find(&named.name) {
                Found::One(number) => number,
                Found::None => {
                    let place = person.place.clone().unwrap_or_default();
                    let draft = Draft::of_name(&named.name, place, file, named.span.clone());
                    let Some(number) = self.take(draft, false, report) else { continue };
                    number
                }
                Found::Several => {
                    let message = format!("several groups are called `{}`", named.name.escape_debug());
                    let help = "write the `objectId` of the one that is meant";
                    report.error("ambiguous_group", file, named.span.clone(), message, |problem| problem.help(help));
                    continue;
                }
            };
            let (names, span) = (vec![person.id.text().clone()], named.span.clone());
            self.drafts[number].members.push(Named { names, what: What::Person, file: file.clone(), span });
        }
    }

    fn find(&self, name: &str) -> Found {
        let key = fold(name.trim());
        if let Some(number) = self.by_id.get(&key) {
            return Found::One(*number);
        }
        match self.by_name.get(&key).map(Vec::as_slice) {
            Some([number]) => Found::One(*number),
            Some([_, _, ..]) => Found::Several,
            Some([]) | None => Found::None,
        }
    }

    /// The groups with their members. Who is not found is said and left out.
    pub(super) fn resolve(mut self, people: &People, report: &mut Report) -> Vec<Group> {
        let drafts = std::mem::take(&mut self.drafts);
        let ids: Vec<SourceId> = drafts.iter().map(|draft| draft.id.clone()).collect();
        let names: Vec<Text> = drafts.iter().map(|draft| draft.name.clone()).collect();
        let group = |draft: Draft| {
            let mut seen = HashSet::new();
            let mut members = Vec::with_capacity(draft.members.len());
            for named in draft.members {
                match self.member(&named, people, &ids) {
                    Some(member) if seen.contains(&member) => {}
                    Some(member) => {
                        seen.insert(member.clone());
                        members.push(member);
                    }
                    None => unknown(&named, &draft.name, people, &names, report),
                }
            }
            let Draft { id, name, attributes, place, .. } = draft;
            Group { id, name, attributes, members, place: Some(place) }
        };
        drafts.into_iter().map(group).collect()
    }

    fn member(&self, named: &Named, people: &People, ids: &[SourceId]) -> Option<Member> {
        let person = || named.names.iter().find_map(|name| people.find(name)).map(|found| found.id.clone());
        let group = || {
            named.names.iter().find_map(|name| match self.find(name) {
                Found::One(number) => Some(ids[number].clone()),
                Found::Several | Found::None => None,
            })
        };
        match named.what {
            What::Person => person().map(Member::Person),
            What::Group => group().map(Member::Group),
            What::Any => person().map(Member::Person).or_else(|| group().map(Member::Group)),
        }
    }
}

enum Found {
    None,
    One(usize),
    Several,
}

fn unknown(named: &Named, group: &str, people: &People, groups: &[Text], report: &mut Report) {
    let name = named.names.last().map_or("", |name| &**name);
    let who = match named.what {
        What::Group => "no group",
        What::Person => "no person",
        What::Any => "no person or group",
    };
    let (name_shown, group) = (name.escape_debug(), group.escape_debug());
    let message = format!("{who} is called `{name_shown}`, a member of `{group}`; left out");
    report.warning("unknown_member", &named.file, named.span.clone(), message, |problem| {
        let near = near_miss(name, groups.iter().map(|name| &**name));
        problem.help(match near.filter(|_| named.what != What::Person && !name.contains('@')) {
            Some(near) => format!("did you mean `{}`?", near.escape_debug()),
            None if name.contains(',') => "several members are separated by `;`".to_owned(),
            None if named.what == What::Group => "groups are named by name or objectId".to_owned(),
            None => people.near(name)(),
        })
    });
}

impl Draft {
    fn of_name(name: &Text, place: Place, file: &Text, span: Range<usize>) -> Self {
        let value = || Value::Text(name.clone());
        let attributes = [("displayName".into(), value()), ("objectId".into(), value())].into_iter().collect();
        let (id, name, members) = (SourceId::new(name.clone()), name.clone(), Vec::new());
        Self { id, name, attributes, members, place, file: file.clone(), span }
    }
}

/// A group from a row.
fn draft(row: Row<'_>, columns: &mut Columns, input: &Input, report: &mut Report) -> Option<Draft> {
    let file = &input.file;
    let (span, mut attributes, mut members) = (row.span, Vec::new(), Vec::new());
    let (mut name, mut id) = (None, None);
    for cell in row.cells {
        let column = columns.get_mut(cell.column);
        let value = match value(cell.cell, column) {
            Ok(Some(value)) => value,
            Ok(None) => continue,
            Err(wrong) => {
                report.error("wrong_type", file, cell.span, wrong.message, |problem| problem.help(wrong.help));
                return None;
            }
        };
        let what = match column.kind {
            Kind::NestedGroups => What::Group,
            Kind::Members | Kind::Member => What::Any,
            _ => {
                match &*column.name {
                    "displayName" => name = value.as_text().cloned(),
                    "objectId" => id = value.as_text().cloned(),
                    _ => {}
                }
                attributes.push((column.name.clone(), value));
                continue;
            }
        };
        let mut at = cell.span.start;
        for item in value.each() {
            members.extend(named(item, what, input, &cell.span, &mut at));
        }
    }
    let (Some(name), Some(id)) = (name.clone().or_else(|| id.clone()), id.or(name)) else {
        let message = "the group has neither `displayName` nor `objectId`";
        report.error("nameless_group", file, span, message, |problem| problem.help("give it a name"));
        return None;
    };
    attributes.push(("displayName".into(), Value::Text(name.clone())));
    attributes.push(("objectId".into(), Value::Text(id.clone())));
    let attributes = attributes.into_iter().collect();
    Some(Draft { id: SourceId::new(id), name, attributes, members, place: row.place, file: file.clone(), span })
}

/// A member as a list names it: by text, or by an object as Graph gives it.
///
/// `cell` is the whole list, and `at` how far it was looked through for names.
fn named(item: &Value, what: What, input: &Input, cell: &Range<usize>, at: &mut usize) -> Option<Named> {
    let names: Vec<Text> = match item {
        Value::Record(_) => ["objectId", "id", "userPrincipalName", "displayName", "name", "mail"]
            .iter()
            .filter_map(|key| item.member(key)?.as_text().cloned())
            .collect(),
        other => vec![other.to_string().trim().into()],
    };
    let names: Vec<Text> = names.into_iter().filter(|name| !name.is_empty()).collect();
    let told = item.member("@odata.type").or_else(|| item.member("objectType")).and_then(Value::as_text);
    let what = if what == What::Any { told.map_or(what, |told| kind_of(told)) } else { what };
    let first = names.first()?;
    let found = input.text.get(*at..cell.end).and_then(|rest| rest.find(&**first));
    let span = found.map_or(cell.clone(), |found| *at + found..*at + found + first.len());
    // Also where a name is not found as it is, being escaped: no part is looked through twice.
    *at = span.end;
    Some(Named { names, what, file: input.file.clone(), span })
}

/// `#microsoft.graph.group` and the portal's `Group`; `#microsoft.graph.user` and `User`.
fn kind_of(told: &str) -> What {
    let told = told.to_ascii_lowercase();
    match told.rsplit('.').next().unwrap_or_default() {
        "group" => What::Group,
        "user" => What::Person,
        _ => What::Any,
    }
}

/// A member from a row of a file that holds the members of one group.
fn member(row: Row<'_>, columns: &mut Columns, file: &Text, report: &mut Report) -> Option<Named> {
    let mut names = Vec::new();
    let mut what = What::Any;
    for cell in row.cells {
        let column = columns.get_mut(cell.column);
        let value = match value(cell.cell, column) {
            Ok(Some(value)) => value,
            Ok(None) => continue,
            Err(wrong) => {
                report.error("wrong_type", file, cell.span, wrong.message, |problem| problem.help(wrong.help));
                return None;
            }
        };
        // A person's display name says nothing for sure: it comes last.
        let order = match &*column.name {
            "objectId" => 0,
            "userPrincipalName" | "member" => 1,
            "displayName" => 2,
            "objectType" => {
                what = value.as_text().map_or(what, |told| kind_of(told));
                continue;
            }
            "isGroup" if value == Value::Boolean(true) => {
                what = What::Group;
                continue;
            }
            _ => continue,
        };
        names.extend(value.as_text().map(|name| (order, name.clone())));
    }
    if names.is_empty() {
        let message = "the row names no member";
        let help = "give `userPrincipalName` or `objectId`, or the `displayName` of a group";
        report.error("nameless_member", file, row.span, message, |problem| problem.help(help));
        return None;
    }
    names.sort_by_key(|(order, _)| *order);
    let names = names.into_iter().map(|(_, name)| name).collect();
    Some(Named { names, what, file: file.clone(), span: row.span })
}
