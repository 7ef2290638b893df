//! Attributes of accounts as columns: by the portal's name where there is one.

use std::collections::BTreeMap;

use super::{people::Row, report::Notes};
use crate::{
    live::{self, Live, Resource},
    names::{AttrPath, HashMap, TargetId, Text, Value},
};

/// Where the office and the licence stand in SCIM (Dialpad's SCIM FAQs). With the admin API they are grants.
const GRANTED: [&str; 3] = ["officeName", "physicalDeliveryOfficeName", "licenseType"];

const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";

/// The portal's names.
const KNOWN: [(&str, &str); 20] = [
    ("displayName", "displayName"),
    ("name.givenName", "givenName"),
    ("name.familyName", "surname"),
    ("emails[type eq \"work\"].value", "mail"),
    ("title", "jobTitle"),
    ("phoneNumbers[type eq \"work\"].value", "telephoneNumber"),
    ("phoneNumbers[type eq \"mobile\"].value", "mobile"),
    ("userType", "userType"),
    ("preferredLanguage", "preferredLanguage"),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "employeeId"),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "department"),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter", "employeeOrgData.costCenter"),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division", "employeeOrgData.division"),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization", "companyName"),
    ("addresses[type eq \"work\"].streetAddress", "streetAddress"),
    ("addresses[type eq \"work\"].locality", "city"),
    ("addresses[type eq \"work\"].region", "state"),
    ("addresses[type eq \"work\"].postalCode", "postalCode"),
    ("addresses[type eq \"work\"].country", "country"),
    (MANAGER, "manager"),
];

/// What is the service's own, is said elsewhere, or follows from what is said.
const NOT_CARRIED: [&str; 9] =
    ["id", "meta", "schemas", "externalid", "username", "active", "password", "groups", "name.formatted"];

/// A column and the attribute of SCIM that it gives back.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// The name in the file.
    pub(super) name: Text,
    /// The attribute.
    pub(super) path: AttrPath,
}

/// The columns that anybody has a value in; fills them in.
pub(super) fn columns(live: &Live, rows: &mut [Row], notes: &mut Notes) -> Vec<Column> {
    let known = KNOWN
        .iter()
        .filter_map(|(path, name)| AttrPath::parse(path).ok().map(|path| Column { name: (*name).into(), path }));
    let others = others(live, rows, notes);
    let is_written = |path: &AttrPath| live.schema.get(Resource::User, path).is_none_or(|kind| !kind.read_only);
    let all: Vec<Column> = known.chain(others).filter(|column| is_written(&column.path)).collect();
    let ids: HashMap<TargetId, Text> = rows.iter().map(|row| (row.user.id.clone(), row.id.text().clone())).collect();
    let manager = AttrPath::parse(MANAGER).ok();
    let mut used = vec![false; all.len()];
    for row in rows.iter_mut() {
        row.cells = Vec::with_capacity(all.len());
        for (column, used) in all.iter().zip(&mut used) {
            let held = live::at(&row.user.attributes, &column.path);
            let cell = match held.as_deref() {
                Some(held) if Some(&column.path) == manager.as_ref() => {
                    let id = held.member("value").unwrap_or(held).as_text();
                    let found = id.and_then(|id| ids.get(&TargetId::new(id.clone())).cloned());
                    if found.is_none() {
                        notes.add("manager_left_out", "the manager is not in the file", &row.name);
                    }
                    found
                }
                Some(held) => text(held),
                None => None,
            };
            *used |= cell.is_some();
            row.cells.push(cell);
        }
    }
    for row in rows.iter_mut() {
        let mut at = used.iter();
        row.cells.retain(|_| at.next().is_some_and(|used| *used));
    }
    all.into_iter().zip(used).filter_map(|(column, used)| used.then_some(column)).collect()
}

/// The text of a single value; blank text is none.
fn text(value: &Value) -> Option<Text> {
    let text: Text = match value {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string().into(),
        Value::Boolean(truth) => if *truth { "true" } else { "false" }.into(),
        Value::DateTime(_) | Value::List(_) | Value::Record(_) => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// Single values that the portal has no name for: under their own, with `dialpad.` before it.
fn others(live: &Live, rows: &[Row], notes: &mut Notes) -> Vec<Column> {
    let mut found: BTreeMap<Text, AttrPath> = BTreeMap::new();
    let mut left: BTreeMap<Text, usize> = BTreeMap::new();
    let has_grants = live.tenant.is_some();
    let known: Vec<AttrPath> = KNOWN.iter().filter_map(|(path, _)| AttrPath::parse(path).ok()).collect();
    let mut see = |path: AttrPath, value: &Value| {
        let granted = has_grants && GRANTED.iter().any(|name| path.attribute().eq_ignore_ascii_case(name));
        let skipped = NOT_CARRIED.iter().any(|name| path.is(name) || path.key() == *name);
        if value.is_empty() || granted || skipped || known.contains(&path) || found.contains_key(path.key()) {
            return;
        }
        let is_said = AttrPath::parse(path.as_str()).is_ok_and(|parsed| parsed == path);
        match text(value) {
            Some(_) if is_said => drop(found.insert(path.key().into(), path)),
            Some(_) | None => *left.entry(path.as_str().into()).or_default() += 1,
        }
    };
    for row in rows {
        for (name, value) in row.user.attributes.iter() {
            let lists = ["emails", "phoneNumbers", "addresses"];
            match value {
                Value::Record(members) if name.starts_with("urn:") => {
                    for (sub, value) in members {
                        see(AttrPath::from_parts(Some(name.clone()), sub.clone(), None, None), value);
                    }
                }
                Value::Record(members) if name.eq_ignore_ascii_case("name") => {
                    for (sub, value) in members {
                        see(AttrPath::from_parts(None, name.clone(), None, Some(sub.clone())), value);
                    }
                }
                Value::List(items) if lists.iter().any(|list| name.eq_ignore_ascii_case(list)) => {
                    for item in items.iter().filter(|item| !is_carried(name, item)) {
                        see(AttrPath::from_parts(None, name.clone(), None, None), item);
                    }
                }
                value => see(AttrPath::from_parts(None, name.clone(), None, None), value),
            }
        }
    }
    for (path, people) in left {
        let message = format!(
            "`{path}` of {} is not in the file: it has several values, or is not one text; plans leave it as it is",
            crate::names::count(people, "person", "people")
        );
        notes.add("attribute_not_carried", &message, "");
    }
    let mut columns: Vec<Column> = Vec::with_capacity(found.len());
    for path in found.into_values() {
        let plain = path.sub().unwrap_or(path.attribute());
        let name = format!("dialpad.{plain}");
        let is_taken = |name: &str| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let name = match is_taken(&name) {
            false => name,
            true => (2..).map(|n| format!("{name}{n}")).find(|name| !is_taken(name)).unwrap_or(name),
        };
        columns.push(Column { name: name.into(), path });
    }
    columns
}

/// Whether a value of a list is the one that a known column gives back.
fn is_carried(list: &str, item: &Value) -> bool {
    let kind = item.member("type").and_then(Value::as_text).map(|kind| kind.to_ascii_lowercase());
    match kind.as_deref() {
        // `Dialpad` is the number that Dialpad itself assigned (its SCIM FAQs).
        Some("work" | "dialpad") => true,
        Some("mobile") => list.eq_ignore_ascii_case("phoneNumbers"),
        Some(_) | None => false,
    }
}
