//! Rows to people.

use std::{collections::HashMap, ops::Range};

use super::{
    columns::{Columns, Kind, Table},
    groups::MAX_MEMBERSHIPS,
    report::Report,
    row::{Cell, Row, rows},
    text::Input,
    values::value,
};
use crate::{
    directory::Person,
    names::{Attributes, SourceId, Text, Value, count, fold},
};

/// The most people of a file: more than any company of Dialpad's has, and less than memory.
const MAX_PEOPLE: usize = 2_000_000;

/// The people of a file, before they know their managers.
#[derive(Debug, Default)]
pub(super) struct People {
    /// In file order.
    pub(super) people: Vec<Person>,
    /// Bytes of the rows.
    pub(super) spans: Vec<Range<usize>>,
    /// Whose manager is who.
    pub(super) managers: Vec<Reference>,
    /// Who is in which group, by the `groups` column.
    pub(super) groups: Vec<Reference>,
    by_id: HashMap<String, usize>,
    by_user_name: HashMap<String, usize>,
}

/// A person who names somebody or something else.
#[derive(Debug)]
pub(super) struct Reference {
    /// Who names.
    pub(super) person: usize,
    /// What is named.
    pub(super) name: Text,
    /// Where.
    pub(super) span: Range<usize>,
}

impl People {
    /// The person with an id or user principal name.
    pub(super) fn find(&self, name: &str) -> Option<&Person> {
        let key = fold(name.trim());
        self.by_id.get(&key).or_else(|| self.by_user_name.get(&key)).map(|number| &self.people[*number])
    }

    /// Reads a file.
    pub(super) fn read(input: &Input, report: &mut Report) -> Self {
        let mut columns = Columns::new(Table::People, &input.file);
        let mut read = Self::default();
        let mut without_id = 0;
        let names = Names::new();
        rows(input, &mut columns, report, |row, columns, report| {
            if read.people.len() == MAX_PEOPLE {
                let message = format!("the file has more than {}", count(MAX_PEOPLE, "person", "people"));
                report.error("too_many_people", &input.file, row.span, message, |problem| problem);
                return;
            }
            let (span, file) = (row.span.clone(), input.file.clone());
            let mut draft = Draft::default();
            if !draft.fill(row, columns, report, &file) {
                return;
            }
            let Some((person, has_object_id)) = draft.person(&names, &span, columns, report) else { return };
            without_id += usize::from(!has_object_id);
            read.take(person, span, &file, report);
            let number = read.people.len() - 1;
            let refer = |(name, span)| Reference { person: number, name, span };
            read.managers.extend(draft.manager.map(refer));
            read.groups.extend(draft.groups.into_iter().map(refer));
            if read.groups.len() > MAX_MEMBERSHIPS {
                let message =
                    format!("the people are in more than {} together", count(MAX_MEMBERSHIPS, "group", "groups"));
                report.error("too_many_members", &input.file, 0..0, message, |problem| problem);
                read.groups.clear();
            }
        });
        read.set_managers(&input.file, report);
        if without_id > 0 {
            let (who, have) = (count(without_id, "person", "people"), if without_id == 1 { "has" } else { "have" });
            let message = format!("{who} {have} no `objectId`; the user principal name stands for it");
            let help = "a changed user principal name then looks like another person; add a column `objectId` \
                        with what never changes";
            report.warning("no_object_id", &input.file, 0..0, message, |problem| problem.help(help));
        }
        read
    }

    /// Takes a person, unless one is there already.
    fn take(&mut self, person: Person, span: Range<usize>, file: &Text, report: &mut Report) {
        let number = self.people.len();
        let mut twice = |what: &str, value: &str, other: usize| {
            let first = self.spans[other].clone();
            let message = format!("two people have the {what} `{}`", value.escape_debug());
            report.error("duplicate_person", file, span.clone(), message, |problem| {
                problem.related(file, first, "the other one").help("keep the row that is right")
            });
        };
        let id = fold(person.id.as_str().trim());
        let user_name = person.text("userPrincipalName").map(|name| fold(name.trim()));
        let mut doubled = false;
        let is_name = user_name.as_ref() == Some(&id);
        match self.by_id.get(&id).or_else(|| self.by_user_name.get(&id).filter(|_| is_name)) {
            Some(other) => {
                twice("id", person.id.as_str(), *other);
                doubled = true;
            }
            None => {
                self.by_id.insert(id.clone(), number);
            }
        }
        // A name may be given again while its last owner lies in the recycle bin.
        if let Some(name) = user_name.filter(|name| *name != id && !person.soft_deleted) {
            let known = self.by_user_name.get(&name).or_else(|| self.by_id.get(&name)).copied();
            match known.filter(|other| !self.people[*other].soft_deleted) {
                Some(other) if !doubled => twice("user principal name", &name, other),
                Some(_) => {}
                None => {
                    self.by_user_name.insert(name, number);
                }
            }
        }
        let original = person.text("originalUserPrincipalName");
        if let Some(original) =
            original.filter(|name| person.soft_deleted || person.text("userPrincipalName") != Some(name))
        {
            self.by_user_name.entry(fold(original.trim())).or_insert(number);
        }
        self.people.push(person);
        self.spans.push(span);
    }

    fn set_managers(&mut self, file: &Text, report: &mut Report) {
        let found: Vec<_> = self.managers.iter().map(|named| self.find(&named.name).map(|p| p.id.clone())).collect();
        for (named, manager) in std::mem::take(&mut self.managers).into_iter().zip(found) {
            if manager.is_none() {
                let message = format!("no person is called `{}`, who is named as a manager", named.name.escape_debug());
                let help = self.near(&named.name);
                report.warning("unknown_manager", file, named.span, message, |problem| problem.help(help()));
            }
            self.people[named.person].manager = manager;
        }
    }

    /// What to say of a name that nobody has. Only worked out where it is shown.
    pub(super) fn near(&self, name: &str) -> impl Fn() -> String + use<'_> {
        let name = name.to_owned();
        move || {
            let wanted = fold(name.trim());
            let by_mail = self.people.iter().find(|p| p.text("mail").is_some_and(|mail| fold(mail) == wanted));
            if let Some(person) = by_mail {
                return format!("it is the mail address of `{}`; name them so", person.label().escape_debug());
            }
            // Names of one company are alike by their domain, so a few letters decide.
            let names = self.people.iter().filter_map(|person| person.text("userPrincipalName"));
            let near = names.map(|name| (strsim::osa_distance(&wanted, &fold(name)), name)).min();
            match near.filter(|(distance, _)| *distance <= 3) {
                Some((_, near)) => format!("did you mean `{}`?", near.escape_debug()),
                None => "people are named by user principal name or objectId".to_owned(),
            }
        }
    }
}

/// Names that every person has, kept once.
struct Names {
    object_id: Text,
    original: Text,
    user_name: Text,
}

impl Names {
    fn new() -> Self {
        let (object_id, original) = ("objectId".into(), "originalUserPrincipalName".into());
        Self { object_id, original, user_name: "userPrincipalName".into() }
    }
}

/// A person of whom cells are being read.
#[derive(Default)]
struct Draft {
    attributes: Vec<(Text, Value)>,
    manager: Option<(Text, Range<usize>)>,
    groups: Vec<(Text, Range<usize>)>,
    soft_deleted: bool,
    place: Option<crate::names::Place>,
}

impl Draft {
    /// Reads all cells; `false` when one of them is wrong.
    fn fill(&mut self, row: Row<'_>, columns: &mut Columns, report: &mut Report, file: &Text) -> bool {
        self.place = Some(row.place);
        self.attributes.reserve_exact(row.cells.len() + 3);
        let mut right = true;
        for cell in row.cells {
            right &= self.cell(cell.column, cell.cell, &cell.span, columns, report, file);
        }
        right
    }

    fn cell(
        &mut self,
        number: usize,
        cell: Cell<'_>,
        span: &Range<usize>,
        columns: &mut Columns,
        report: &mut Report,
        file: &Text,
    ) -> bool {
        let column = columns.get_mut(number);
        let value = match value(cell, column) {
            Ok(Some(value)) => value,
            Ok(None) => return true,
            Err(wrong) => {
                report.error("wrong_type", file, span.clone(), wrong.message, |problem| problem.help(wrong.help));
                return false;
            }
        };
        let name = column.name.clone();
        match (column.kind, value) {
            (Kind::SoftDeleted, value) => self.soft_deleted |= value == Value::Boolean(true),
            (Kind::DeletedAt, _) => self.soft_deleted = true,
            (Kind::Manager, Value::Record(members)) => {
                let named = ["id", "objectId", "userPrincipalName"]
                    .iter()
                    .find_map(|key| members.iter().find(|(name, _)| &**name == *key)?.1.as_text().cloned());
                self.manager = named.map(|name| (name, span.clone()));
            }
            (Kind::Manager, value) => self.manager = Some((value.to_string().into(), span.clone())),
            (Kind::Groups, value) => {
                let names = value.each().iter().map(|name| (Text::from(name.to_string().trim()), span.clone()));
                self.groups.extend(names.filter(|(name, _)| !name.is_empty()));
            }
            (Kind::Nested, Value::Record(members)) => {
                return members.into_iter().fold(true, |right, (key, value)| {
                    // `employeeOrgData` keeps its name in those of its members; the extension attributes do not.
                    let known = format!("{name}.{key}");
                    let number = columns.number(&known, span.clone(), report);
                    right & self.cell(number, Cell::Value(value), span, columns, report, file)
                });
            }
            (_, value) => self.attributes.push((name, value)),
        }
        true
    }

    /// The person, and whether they have an id of their own.
    fn person(
        &mut self,
        names: &Names,
        span: &Range<usize>,
        columns: &Columns,
        report: &mut Report,
    ) -> Option<(Person, bool)> {
        let text = |name: &str| {
            let found = self.attributes.iter().find(|(key, _)| &**key == name);
            found.and_then(|(_, value)| value.as_text().cloned())
        };
        let (object_id, written) = (text("objectId"), text("userPrincipalName"));
        let (user_name, original) = (written.as_deref().and_then(guest), text("originalUserPrincipalName"));
        let user_name = user_name.or_else(|| written.clone());
        let Some(id) = object_id.clone().or_else(|| user_name.clone()) else {
            let message = "the person has neither `userPrincipalName` nor `objectId`";
            let help = "give one of them; without it nobody knows who this is";
            report.error("nameless_person", columns.file(), span.clone(), message, |problem| problem.help(help));
            return None;
        };
        let has_object_id = object_id.is_some();
        let mut attributes = std::mem::take(&mut self.attributes);
        attributes.push((names.object_id.clone(), Value::Text(id.clone())));
        if let Some(written) = written.filter(|_| original.is_none()) {
            attributes.push((names.original.clone(), Value::Text(written)));
        }
        attributes.extend(user_name.map(|name| (names.user_name.clone(), Value::Text(name))));
        let attributes: Attributes = attributes.into_iter().collect();
        let (soft_deleted, place) = (self.soft_deleted, self.place.take());
        let person = Person { id: SourceId::new(id), attributes, soft_deleted, manager: None, place };
        Some((person, has_object_id))
    }
}

/// The name of a guest as provisioning uses it: `kai_partner.example#EXT#@acme.example`
/// is `kai@partner.example` (Microsoft, "How provisioning works", B2B users).
fn guest(name: &str) -> Option<Text> {
    let at = name.to_ascii_uppercase().find("#EXT#@")?;
    let (user, domain) = name.get(..at)?.rsplit_once('_')?;
    Some(format!("{user}@{domain}").into())
}

#[cfg(test)]
mod tests {
    use super::guest;

    #[test]
    fn a_guest_has_the_name_of_home() {
        assert_eq!(guest("kai_partner.example#EXT#@acme.example").as_deref(), Some("kai@partner.example"));
        assert_eq!(guest("a_b_partner.example#ext#@acme.example").as_deref(), Some("a_b@partner.example"));
        assert_eq!(guest("ana@acme.example"), None);
        assert_eq!(guest("kai#EXT#@acme.example"), None);
    }
}
