//! Columns and keys of a file: which attribute each one is, and what its cells may hold.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::LazyLock,
};

use super::{known, report::Report};
use crate::names::{Text, near_miss};

/// What the objects of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// People.
    People,
    /// Groups.
    Groups,
    /// The members of one group.
    Members,
}

impl Table {
    /// The names of which an object needs one.
    pub(super) fn identifying(self) -> &'static [&'static str] {
        match self {
            Table::People => &["userPrincipalName", "objectId"],
            Table::Groups => &["displayName", "objectId"],
            Table::Members => &["userPrincipalName", "objectId", "member", "displayName"],
        }
    }

    /// What an object is called.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Table::People => "person",
            Table::Groups => "group",
            Table::Members => "member",
        }
    }
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text that identifies: white space around it says nothing.
    Key,
    /// Text.
    Text,
    /// True or false.
    Boolean,
    /// `accountEnabled`, said the other way round ("Block sign in").
    Blocked,
    /// Several texts, in CSV separated by `;`.
    List,
    /// One text, or a list that holds at most one.
    First,
    /// Whether the person lies in the recycle bin.
    SoftDeleted,
    /// Since when the person lies there.
    DeletedAt,
    /// The manager.
    Manager,
    /// Groups of a person.
    Groups,
    /// Members of a group.
    Members,
    /// One member; further rows name more.
    Member,
    /// Groups in a group.
    NestedGroups,
    /// A record whose members are attributes.
    Nested,
    /// An attribute that only this directory knows.
    Free,
    /// Nothing for us, such as `@odata.type`.
    Ignored,
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    /// The portal's name of the attribute; empty for one without a name.
    pub(super) name: Text,
    /// What its cells hold.
    pub(super) kind: Kind,
    /// Few different texts, each kept once. `None` when they turned out to be many.
    shared: Option<HashSet<Text>>,
    /// The first column of the same name, which counts for both.
    first: usize,
    /// The last row that had a cell of this name.
    row: usize,
}

/// The most columns of a file, and the most keys of an object.
pub(super) const MAX_COLUMNS: usize = 10_000;
/// A column with more different texts than this does not share them.
const MAX_SHARED: usize = 256;

impl Column {
    /// The text as a value, shared with equal ones of the column.
    pub(super) fn share(&mut self, text: &str) -> Text {
        let Some(shared) = &mut self.shared else { return text.into() };
        if let Some(known) = shared.get(text) {
            return known.clone();
        }
        let new = Text::from(text);
        if shared.len() < MAX_SHARED {
            shared.insert(new.clone());
        } else {
            self.shared = None;
        }
        new
    }
}

/// The known names of a table in bare letters, with what they stand for.
type Known = HashMap<String, (Text, Kind)>;

fn known_of(table: Table) -> &'static Known {
    static PEOPLE: LazyLock<Known> = LazyLock::new(|| bare_names(Table::People));
    static GROUPS: LazyLock<Known> = LazyLock::new(|| bare_names(Table::Groups));
    static MEMBERS: LazyLock<Known> = LazyLock::new(|| bare_names(Table::Members));
    match table {
        Table::People => &PEOPLE,
        Table::Groups => &GROUPS,
        Table::Members => &MEMBERS,
    }
}

fn bare_names(table: Table) -> Known {
    let names = known::names(table).into_iter();
    names.map(|(name, kind)| (bare(&name), (Text::from(name), kind))).collect()
}

/// The columns of a file, by number.
#[derive(Debug)]
pub(super) struct Columns {
    /// What the file holds.
    pub(super) table: Table,
    file: Text,
    known: &'static Known,
    by_spelling: HashMap<String, usize>,
    by_name: HashMap<Text, usize>,
    columns: Vec<Column>,
    row: usize,
}

impl Columns {
    /// None yet.
    pub(super) fn new(table: Table, file: &Text) -> Self {
        let (by_spelling, by_name) = (HashMap::new(), HashMap::new());
        Self { table, file: file.clone(), known: known_of(table), by_spelling, by_name, columns: Vec::new(), row: 0 }
    }

    /// The file's name.
    pub(super) fn file(&self) -> &Text {
        &self.file
    }

    /// The column of a number.
    pub(super) fn get(&self, number: usize) -> &Column {
        &self.columns[number]
    }

    /// The column of a number, for sharing its texts.
    pub(super) fn get_mut(&mut self, number: usize) -> &mut Column {
        &mut self.columns[number]
    }

    /// The number of the column with a header or key, new if it is met for the first time.
    pub(super) fn number(&mut self, written: &str, span: Range<usize>, report: &mut Report) -> usize {
        if let Some(number) = self.by_spelling.get(written) {
            return *number;
        }
        if self.columns.len() == MAX_COLUMNS {
            let message = format!("the file has more than {MAX_COLUMNS} columns or keys");
            let help = "leave out what the manifest does not use";
            report.error("too_many_columns", &self.file, span, message, |problem| problem.help(help));
            return MAX_COLUMNS - 1;
        }
        let (name, kind) = self.recognise(written);
        if kind == Kind::Free {
            self.warn_near_miss(&name, span, report);
        }
        // `Block sign in` and `accountEnabled` are one attribute, but not one kind.
        let first = self.by_name.get(&name).copied();
        let number = match first.filter(|number| self.columns[*number].kind == kind) {
            Some(number) => number,
            None => {
                let number = self.columns.len();
                let first = first.unwrap_or(number);
                self.columns.push(Column { name: name.clone(), kind, shared: Some(HashSet::new()), first, row: 0 });
                self.by_name.entry(name).or_insert(number);
                number
            }
        };
        self.by_spelling.insert(written.to_owned(), number);
        number
    }

    /// Begins a row, which may name each attribute once.
    pub(super) fn begin_row(&mut self) {
        self.row += 1;
    }

    /// Whether the row has named the attribute of a column before.
    pub(super) fn is_doubled(&mut self, number: usize) -> bool {
        let first = self.columns[number].first;
        std::mem::replace(&mut self.columns[first].row, self.row) == self.row
    }

    /// The portal's name and the kind of a header or key.
    fn recognise(&self, written: &str) -> (Text, Kind) {
        let written = written.trim();
        // "User name [userPrincipalName] Required", as the portal's templates write it.
        let name = written
            .split_once('[')
            .and_then(|(_, rest)| rest.split_once(']'))
            .map_or(written, |(inside, _)| inside.trim());
        // Directory extensions are told apart by case.
        if name.starts_with("extension_") {
            return (name.into(), Kind::Free);
        }
        let key = bare(name);
        if self.table == Table::People && (bare(written).starts_with("blocksignin") || key == "blockcredential") {
            return ("accountEnabled".into(), Kind::Blocked);
        }
        // `onPremisesExtensionAttributes.extensionAttribute1`, as flattened Graph exports write it.
        let key = key.strip_prefix("onpremisesextensionattributes").filter(|rest| !rest.is_empty()).unwrap_or(&key);
        if let Some((name, kind)) = self.known.get(key) {
            return (name.clone(), *kind);
        }
        match known::spelling(self.table, key) {
            Some("") => (name.into(), Kind::Nested),
            Some(known) => self.known.get(&bare(known)).cloned().unwrap_or((known.into(), Kind::Text)),
            None if name.contains("@odata.") || name.is_empty() => (name.into(), Kind::Ignored),
            None => (name.into(), Kind::Free),
        }
    }

    fn warn_near_miss(&self, name: &str, span: Range<usize>, report: &mut Report) {
        let near = |known: &&str| {
            let (left, right) = (name.to_lowercase(), known.to_lowercase());
            name.len() > 4 && strsim::osa_distance(&left, &right) <= 2
        };
        let numbered = name.ends_with(|c: char| c.is_ascii_digit());
        let candidates = self.known.values().map(|(known, _)| &**known).filter(near);
        if let Some(meant) = near_miss(name, candidates).filter(|_| !numbered) {
            let message = format!("`{}` is no attribute of Entra; did you mean `{meant}`?", name.escape_debug());
            let help = "as it is written it is an attribute of its own, which only this directory has";
            report.warning("unknown_attribute", &self.file, span, message, |problem| problem.help(help));
        }
    }

    /// Whether there is a column of a kind.
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.columns.iter().any(|column| column.kind == kind)
    }

    /// Whether one of the columns tells the objects apart.
    pub(super) fn identify(&self) -> bool {
        let wanted = self.table.identifying();
        self.columns.iter().any(|column| wanted.contains(&&*column.name))
    }
}

/// In lower case, without anything but letters and digits: "User principal name" is `userPrincipalName`.
fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognised(table: Table, written: &str) -> (String, Kind) {
        let (name, kind) = Columns::new(table, &"x".into()).recognise(written);
        (name.to_string(), kind)
    }

    #[test]
    fn a_header_is_known_in_every_documented_spelling() {
        for (written, name) in [
            ("userPrincipalName", "userPrincipalName"),
            ("User principal name", "userPrincipalName"),
            ("User name [userPrincipalName] Required", "userPrincipalName"),
            ("Object Id", "objectId"),
            ("id", "objectId"),
            ("First name [givenName]", "givenName"),
            ("Last name", "surname"),
            ("Office [physicalDeliveryOfficeName]", "physicalDeliveryOfficeName"),
            ("officeLocation", "physicalDeliveryOfficeName"),
            ("businessPhones", "telephoneNumber"),
            ("Mobile Phone", "mobile"),
            ("alternateEmailAddress", "otherMails"),
            ("onPremisesExtensionAttributes.extensionAttribute3", "extensionAttribute3"),
            ("employeeOrgData.costCenter", "employeeOrgData.costCenter"),
            ("extension_0c0b_CostCentre", "extension_0c0b_CostCentre"),
            ("favourite colour", "favourite colour"),
        ] {
            assert_eq!(recognised(Table::People, written).0, name, "{written}");
        }
        let blocked = ("accountEnabled".to_owned(), Kind::Blocked);
        assert_eq!(recognised(Table::People, "Block sign in (Yes/No) [accountEnabled]"), blocked);
        assert_eq!(recognised(Table::People, "Block credential"), blocked);
        assert_eq!(recognised(Table::Groups, "Group name").0, "displayName");
        assert_eq!(recognised(Table::Members, "@odata.type").0, "objectType");
        assert_eq!(recognised(Table::People, "@odata.type").1, Kind::Ignored);
    }

    #[test]
    fn equal_texts_of_a_column_are_kept_once() {
        let mut columns = Columns::new(Table::People, &"x".into());
        let number = columns.number("city", 0..4, &mut Report::default());
        let column = columns.get_mut(number);
        let first = column.share("London");
        assert!(std::sync::Arc::ptr_eq(&first, &column.share("London")));
        for n in 0..=MAX_SHARED {
            column.share(&n.to_string());
        }
        assert!(column.shared.is_none(), "many different texts are not kept in a set");
    }
}
