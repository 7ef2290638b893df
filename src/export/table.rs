//! The file of people: CSV, or YAML or JSON Lines where CSV cannot hold a value as it is.

use super::{
    File,
    attributes::Column,
    holdings::{Holdings, SettingColumn},
    people::Row,
    roles::Roles,
};
use crate::{
    manifest::yaml::write::scalar,
    names::{Text, is_hostile},
};

pub(super) const CSV: &str = "people.csv";
pub(super) const YAML: &str = "people.yaml";
pub(super) const LINES: &str = "people.jsonl";

/// The column of the office.
pub(super) const OFFICE: &str = "physicalDeliveryOfficeName";

/// A YAML file of people may have 16 MiB (`source/files/text.rs`).
const MOST_YAML: usize = 12 << 20;

/// What the people are and where they lie.
const PURPOSE: &str = "the people of Dialpad, their groups and attributes";

/// Rows with a text or nothing for each column, and groups.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<Text>,
    rows: Vec<(Vec<Option<Text>>, Vec<Text>)>,
}

/// The table of everybody.
pub(super) fn of(rows: &[Row], columns: &[Column], holdings: &Holdings, roles: &Roles) -> Table {
    let office =
        roles.office_column || rows.iter().any(|row| row.gives.as_ref().is_some_and(|gives| gives.office.is_some()));
    let mut names: Vec<Text> = vec!["userPrincipalName".into(), "objectId".into()];
    names.extend(columns.iter().map(|column| column.name.clone()));
    names.extend(office.then(|| OFFICE.into()));
    names.extend(holdings.settings.iter().filter_map(|SettingColumn { column, .. }| column.map(Text::from)));
    let row = |row: &Row| {
        let mut cells = vec![Some(row.name.clone()), Some(row.id.text().clone())];
        cells.extend(row.cells.iter().cloned());
        cells.extend(office.then(|| row.gives.as_ref().and_then(|gives| gives.office.clone())));
        cells.extend(row.settings.iter().cloned());
        let role = roles.all.get(row.role).map(|role| role.group.clone());
        (cells, role.into_iter().chain(row.groups.iter().cloned()).collect())
    };
    Table { columns: names, rows: rows.iter().map(row).collect() }
}

impl Table {
    /// The file, and why it is not CSV where it is not.
    pub(super) fn write(&self) -> (File, Option<String>) {
        let Some(why) = self.not_for_csv() else { return (file(CSV, self.csv()), None) };
        let yaml = self.yaml();
        let file = if yaml.len() > MOST_YAML { file(LINES, self.lines()) } else { file(YAML, yaml) };
        (file, Some(why))
    }

    /// The first value that CSV cannot hold, or that a spreadsheet would carry out.
    fn not_for_csv(&self) -> Option<String> {
        for (cells, groups) in &self.rows {
            let who = || cells.first().and_then(Option::as_deref).unwrap_or_default().to_owned();
            for (cell, name) in cells.iter().zip(&self.columns) {
                let Some(cell) = cell else { continue };
                if is_formula(cell) {
                    return Some(format!("a spreadsheet would take `{name}` of {} for a formula", who()));
                }
                if cell.chars().any(is_hostile) {
                    return Some(format!("`{name}` of {} has line breaks or characters that cannot be seen", who()));
                }
            }
            if groups.iter().any(|group| group.contains(';')) {
                return Some(format!("a group of {} has a `;` in its name, which separates groups", who()));
            }
            if groups.iter().any(|group| is_formula(group) || group.chars().any(is_hostile)) {
                return Some(format!("the name of a group of {} is not for a spreadsheet", who()));
            }
        }
        None
    }

    fn csv(&self) -> String {
        let mut text = String::new();
        let mut line = |cells: &mut dyn Iterator<Item = &str>| {
            for (nth, cell) in cells.enumerate() {
                if nth > 0 {
                    text.push(',');
                }
                let needs_quotes = cell.contains([',', ';', '"']) || cell.trim() != cell;
                match needs_quotes {
                    true => text.extend(["\"", &cell.replace('"', "\"\""), "\""]),
                    false => text.push_str(cell),
                }
            }
            text.push('\n');
        };
        line(&mut self.columns.iter().map(|name| &**name).chain(["groups"]));
        for (cells, groups) in &self.rows {
            let groups = groups.join(";");
            line(&mut cells.iter().map(|cell| cell.as_deref().unwrap_or_default()).chain([groups.as_str()]));
        }
        text
    }

    fn yaml(&self) -> String {
        let mut text = String::new();
        for (cells, groups) in &self.rows {
            let mut lead = "- ";
            for (name, cell) in self.columns.iter().zip(cells) {
                let Some(cell) = cell else { continue };
                text.extend([lead, &scalar(name), ": ", &scalar(cell), "\n"]);
                lead = "  ";
            }
            let groups: Vec<String> = groups.iter().map(|group| scalar(group)).collect();
            text.extend([lead, "groups: [", &groups.join(", "), "]\n"]);
        }
        // Nothing at all is a directory without anybody; `[]` says so.
        if text.is_empty() { "[]\n".to_owned() } else { text }
    }

    fn lines(&self) -> String {
        let mut text = String::new();
        for (cells, groups) in &self.rows {
            let told = self
                .columns
                .iter()
                .zip(cells)
                .filter_map(|(name, cell)| Some((name.to_string(), cell.as_deref()?.into())));
            let mut person: serde_json::Map<String, serde_json::Value> = told.collect();
            person.insert("groups".to_owned(), groups.iter().map(|group| serde_json::Value::from(&**group)).collect());
            text.push_str(&serde_json::Value::Object(person).to_string());
            text.push('\n');
        }
        text
    }
}

fn file(path: &'static str, text: String) -> File {
    File { path, purpose: PURPOSE, text, private: true }
}

/// Whether a spreadsheet computes it. Numbers and telephone numbers are left to it.
fn is_formula(text: &str) -> bool {
    let is_number = |rest: &str| {
        rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '-' | '.' | '/' | ';' | '+'))
    };
    match text.chars().next() {
        Some('=' | '@' | '\t' | '\r') => true,
        Some('+' | '-') => !is_number(&text[1..]),
        Some(_) | None => false,
    }
}
