//! Columns and keys of a file: which attribute each one is, and what its cells may hold.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::LazyLock,
};

use super::{known, report::Report, row::Cell};
use crate::names::{Text, Value, near_miss};

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
}

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
}

impl Columns {
    /// None yet.
    pub(super) fn new(table: Table, file: &Text) -> Self {
        let (by_spelling, by_name) = (HashMap::new(), HashMap::new());
        Self { table, file: file.clone(), known: known_of(table), by_spelling, by_name, columns: Vec::new() }
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
        let (name, kind) = self.recognise(written);
        if kind == Kind::Free {
            self.warn_near_miss(&name, span, report);
        }
        // `Block sign in` and `accountEnabled` are one attribute, but not one kind.
        let number = match self.by_name.get(&name).filter(|number| self.columns[**number].kind == kind) {
            Some(number) => *number,
            None => {
                self.columns.push(Column { name: name.clone(), kind, shared: Some(HashSet::new()) });
                self.by_name.insert(name, self.columns.len() - 1);
                self.columns.len() - 1
            }
        };
        self.by_spelling.insert(written.to_owned(), number);
        number
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

/// A value that is not what its attribute holds: a lower-case fragment, and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// What was expected.
    pub(super) message: String,
    /// The next step.
    pub(super) help: &'static str,
}

/// The value of a cell; `None` when it says nothing.
pub(super) fn value(cell: Cell<'_>, column: &mut Column) -> Result<Option<Value>, Wrong> {
    let wrong = |message: String, help| Err(Wrong { message, help });
    let name = column.name.escape_debug().to_string();
    match column.kind {
        Kind::Boolean | Kind::SoftDeleted => boolean(&cell, &name).map(|value| value.map(Value::Boolean)),
        Kind::Blocked => boolean(&cell, "block sign in").map(|value| value.map(|blocked| Value::Boolean(!blocked))),
        Kind::List | Kind::Groups | Kind::Members | Kind::Member | Kind::NestedGroups => Ok(list(cell)),
        Kind::First => match cell {
            Cell::Value(Value::List(items)) => Ok(items.into_iter().find(|item| !item.is_empty())),
            Cell::Text(_) | Cell::Plain(_) | Cell::Value(_) => text(cell, column, &name),
        },
        Kind::Free => Ok(free(cell, column)),
        Kind::Key | Kind::Text | Kind::DeletedAt => text(cell, column, &name),
        Kind::Manager => match cell {
            Cell::Value(Value::List(_)) => wrong("`manager` names one person".to_owned(), "keep one of them"),
            Cell::Value(record @ Value::Record(_)) => Ok(Some(record)),
            Cell::Text(_) | Cell::Plain(_) | Cell::Value(_) => text(cell, column, &name),
        },
        Kind::Nested => match cell {
            Cell::Value(record @ Value::Record(_)) => Ok(Some(record)),
            Cell::Text(_) | Cell::Plain(_) | Cell::Value(_) => {
                wrong(format!("`{name}` holds attributes"), "expected an object with an attribute a key")
            }
        },
        Kind::Ignored => Ok(None),
    }
}

fn text(cell: Cell<'_>, column: &mut Column, name: &str) -> Result<Option<Value>, Wrong> {
    let is_key = column.kind != Kind::Text && column.kind != Kind::First;
    let mut share = |text: &str| {
        let kept = if is_key { text.trim() } else { text };
        (!text.trim().is_empty()).then(|| Value::Text(column.share(kept)))
    };
    let wrong = |what: &str, help| Err(Wrong { message: format!("`{name}` is text, and this is {what}"), help });
    match cell {
        Cell::Text(text) => Ok(share(&text)),
        Cell::Plain(text) if is_null(&text) => Ok(None),
        Cell::Plain(text) => Ok(share(&text)),
        Cell::Value(Value::Text(text)) => Ok(share(&text)),
        Cell::Value(Value::Integer(number)) => Ok(share(&number.to_string())),
        Cell::Value(Value::DateTime(instant)) => Ok(share(&instant.to_string())),
        Cell::Value(Value::Boolean(_)) => wrong("true or false", "put it in quotes if it is meant as text"),
        Cell::Value(Value::List(items)) if items.is_empty() => Ok(None),
        Cell::Value(Value::List(_)) => wrong("a list", "write one text"),
        Cell::Value(Value::Record(_)) => wrong("an object", "write one text"),
    }
}

/// An attribute of which nothing is known: text in CSV, as it is typed elsewhere.
fn free(cell: Cell<'_>, column: &mut Column) -> Option<Value> {
    match cell {
        Cell::Text(text) => (!text.trim().is_empty()).then(|| Value::Text(column.share(&text))),
        Cell::Plain(text) => plain(&text).map(|value| match value {
            Value::Text(text) => Value::Text(column.share(&text)),
            other => other,
        }),
        Cell::Value(value) => Some(value).filter(|value| !value.is_empty()),
    }
}

/// A plain scalar by YAML 1.2's core schema (§10.3.2).
pub(super) fn plain(text: &str) -> Option<Value> {
    match text {
        text if is_null(text) => None,
        "true" | "True" | "TRUE" => Some(Value::Boolean(true)),
        "false" | "False" | "FALSE" => Some(Value::Boolean(false)),
        // A leading zero or plus is part of a number that people read, not count with.
        text if text.starts_with('+') || (text.len() > 1 && text.starts_with('0')) => Some(Value::text(text)),
        text => Some(text.parse().map_or_else(|_| Value::text(text), Value::Integer)),
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Several texts. In one text they are separated by `;`.
fn list(cell: Cell<'_>) -> Option<Value> {
    let parts = |text: &str| {
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        parts.map(Value::text).collect::<Vec<_>>()
    };
    let items = match cell {
        Cell::Text(text) => parts(&text),
        Cell::Plain(text) if is_null(&text) => return None,
        Cell::Plain(text) => parts(&text),
        Cell::Value(Value::Text(text)) => parts(&text),
        Cell::Value(Value::List(items)) => items.into_iter().filter(|item| !item.is_empty()).collect(),
        Cell::Value(other) => vec![other],
    };
    (!items.is_empty()).then_some(Value::List(items))
}

/// True and false as files say them: spreadsheets write them in the language of the desk.
fn boolean(cell: &Cell<'_>, name: &str) -> Result<Option<bool>, Wrong> {
    let text = match cell {
        Cell::Value(Value::Boolean(value)) => return Ok(Some(*value)),
        Cell::Text(text) | Cell::Plain(text) => text.trim(),
        Cell::Value(Value::Text(text)) => text.trim(),
        Cell::Value(Value::Integer(0)) => "0",
        Cell::Value(Value::Integer(1)) => "1",
        Cell::Value(_) => "?",
    };
    match text.to_lowercase().as_str() {
        "" | "null" | "~" => Ok(None),
        "true" | "yes" | "1" | "wahr" | "vrai" | "verdadero" | "verdadeiro" | "vero" | "waar" | "prawda" => {
            Ok(Some(true))
        }
        "false" | "no" | "0" | "falsch" | "faux" | "falso" | "onwaar" | "fałsz" => Ok(Some(false)),
        _ => Err(Wrong { message: format!("`{name}` is true or false"), help: "write TRUE or FALSE" }),
    }
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
    fn spreadsheets_of_every_language_say_true_and_false() {
        for (text, means) in [("TRUE", true), ("Wahr", true), ("FAUX", false), ("falsch", false), (" no ", false)] {
            assert_eq!(boolean(&Cell::Text(text.into()), "x"), Ok(Some(means)), "{text}");
        }
        assert_eq!(boolean(&Cell::Text(" ".into()), "x"), Ok(None));
        assert!(boolean(&Cell::Text("maybe".into()), "x").is_err());
    }

    #[test]
    fn a_plain_scalar_that_looks_like_a_phone_number_stays_one() {
        assert_eq!(plain("+4930123456"), Some(Value::text("+4930123456")));
        assert_eq!(plain("007"), Some(Value::text("007")));
        assert_eq!(plain("7"), Some(Value::Integer(7)));
        assert_eq!(plain("NO"), Some(Value::text("NO")));
        assert_eq!(plain("null"), None);
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
