//! The enterprise application: its roles, and who is assigned.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, value::RawValue};

use super::{
    fetch::{Got, Shape, Want, literal},
    item::{self, Wrong},
    trouble::{Kind, Trouble},
};
use crate::{
    directory::{AppRole, AppRoleAssignment, Member},
    manifest::{Entra, trust::is_guid},
    names::{SourceId, Text},
};

/// The permission to read applications.
const PERMISSION: &str = "Application.Read.All";

const SELECT: &str = "id,appId,displayName,accountEnabled,appRoleAssignmentRequired,appRoles";

/// The role id of an assignment that carries no role ("appRoleAssignment resource type").
const DEFAULT_ACCESS: &str = "00000000-0000-0000-0000-000000000000";

/// The application as Graph knows it: its service principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The object id.
    pub id: SourceId,
    /// The application id.
    pub app_id: Text,
    /// The display name.
    pub name: Text,
    /// Whether people can sign in to it.
    pub enabled: bool,
    /// Whether only who is assigned can.
    pub assignment_required: bool,
    /// Its roles.
    pub roles: Vec<AppRole>,
}

/// Assignments as Graph sends them; `None` when they were not asked for.
type Unread = Option<Vec<Box<RawValue>>>;

/// How the application is looked for. An id may be the application's or the object's.
pub(super) fn wants(entra: &Entra, assigned: bool) -> Vec<Want> {
    let name = &entra.application.value;
    let what = format!("the application {name}");
    let one = |path| Want::new(Shape::One, path, what.clone(), PERMISSION);
    if !is_guid(name) {
        let path = format!("/servicePrincipals?$filter=displayName%20eq%20{}&$select={SELECT}", literal(name));
        return vec![Want::new(Shape::Many, path, what, PERMISSION)];
    }
    let id = name.to_ascii_lowercase();
    let keys = [format!("/servicePrincipals(appId='{id}')"), format!("/servicePrincipals/{id}")];
    let mut wants: Vec<Want> = keys.iter().map(|key| one(format!("{key}?$select={SELECT}"))).collect();
    if assigned {
        wants.extend(keys.iter().map(|key| assigned_to(key, name)));
    }
    wants
}

/// What reads who is assigned to the service principal at this path.
pub(super) fn assigned_to(key: &str, name: &str) -> Want {
    // Without `$top` some kinds of principals were seen to be left out.
    let path = format!("{key}/appRoleAssignedTo?$top=999");
    Want::new(Shape::Many, path, format!("who is assigned to {name}"), PERMISSION)
}

/// The application among the answers to [`wants`], with its assignments where they were read too.
///
/// # Errors
/// When there is none, or several have the name.
pub(super) fn found(entra: &Entra, got: Vec<Got>) -> Result<(Found, Unread), Trouble> {
    let (found, _, assigned) = found_as_it_is(entra, got)?;
    Ok((found, assigned))
}

/// The same, with the application as Graph sends it.
pub(super) fn found_as_it_is(entra: &Entra, mut got: Vec<Got>) -> Result<(Found, Map<String, Json>, Unread), Trouble> {
    if let Some(Got::Refused(trouble)) = got.iter().find(|got| matches!(got, Got::Refused(_))) {
        return Err(trouble.clone());
    }
    let name = &entra.application.value;
    let what = format!("the application {name}");
    let mut got = got.drain(..);
    if is_guid(name) {
        let (by_app, by_object) = (got.next(), got.next());
        let (of_app, of_object) = (got.next(), got.next());
        for (single, assigned) in [(by_app, of_app), (by_object, of_object)] {
            if let Some(Got::One(raw)) = single {
                let object = item::object(&raw, &what)?;
                return Ok((read(&object, &what)?, object, assigned.and_then(Got::items)));
            }
        }
        return Err(not_found(entra));
    }
    let items = got.next().and_then(Got::items).unwrap_or_default();
    let mut all: Vec<(Found, Map<String, Json>)> = Vec::with_capacity(items.len());
    for raw in items {
        let object = item::object(&raw, &what)?;
        all.push((read(&object, &what)?, object));
    }
    if all.len() > 1 {
        let listed: Vec<String> =
            all.iter().map(|(found, _)| format!("{} (object {})", found.app_id, found.id)).collect();
        let message = format!(
            "find the application ({}): {} applications are called `{name}`: {}",
            entra.application.place,
            all.len(),
            listed.join(", ")
        );
        return Err(Trouble::new(Kind::Application, message, "write the application id of the one that is meant"));
    }
    all.pop().map(|(found, object)| (found, object, None)).ok_or_else(|| not_found(entra))
}

fn not_found(entra: &Entra) -> Trouble {
    let place = &entra.application.place;
    let message = format!(
        "find the application ({place}): the tenant has no enterprise application `{}`",
        entra.application.value
    );
    let help = "write its application id or object id as the Entra admin center shows them under \
                Enterprise applications, Properties";
    Trouble::new(Kind::Application, message, help)
}

fn read(object: &Map<String, Json>, what: &str) -> Result<Found, Trouble> {
    let id = item::id(object, "id", what)?;
    let wrong = |wrong: Wrong| Trouble::unusable(what, &wrong.to_string());
    let mut roles = Vec::new();
    for role in item::objects(object, "appRoles").map_err(wrong)? {
        let id: Text = item::id(role, "id", what)?.into();
        let value = item::text(role, "value").map_err(wrong)?.filter(|value| !value.is_empty());
        let name = item::text(role, "displayName").map_err(wrong)?.or(value).unwrap_or(&id);
        let enabled = item::boolean(role, "isEnabled").map_err(wrong)?.unwrap_or(true);
        roles.push(AppRole { id: id.clone(), name: name.into(), value: value.map(Text::from), enabled });
    }
    Ok(Found {
        id: SourceId::new(id),
        app_id: item::id(object, "appId", what)?.into(),
        name: item::id(object, "displayName", what)?.into(),
        enabled: item::boolean(object, "accountEnabled").map_err(wrong)?.unwrap_or(true),
        assignment_required: item::boolean(object, "appRoleAssignmentRequired").map_err(wrong)?.unwrap_or(false),
        roles,
    })
}

/// The assignments of people and groups, and how many there are of other kinds.
pub(super) fn assignments(
    items: Vec<Box<RawValue>>,
    name: &str,
) -> Result<(Vec<AppRoleAssignment>, BTreeMap<String, usize>), Trouble> {
    let what = format!("who is assigned to {name}");
    let (mut assigned, mut others) = (Vec::with_capacity(items.len()), BTreeMap::new());
    for raw in items {
        let object = item::object(&raw, &what)?;
        let id = SourceId::new(item::id(&object, "principalId", &what)?);
        let role = item::id(&object, "appRoleId", &what)?;
        let called = item::text(&object, "principalDisplayName")
            .map_err(|wrong| Trouble::unusable(&what, &wrong.to_string()))?;
        let called = called.unwrap_or(id.as_str()).into();
        let principal = match item::id(&object, "principalType", &what)? {
            "User" => Member::Person(id),
            "Group" => Member::Group(id),
            // Daemons, and kinds that are still to come.
            other => {
                let kind: String = other.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
                *others.entry(kind).or_default() += 1;
                continue;
            }
        };
        let role = (role != DEFAULT_ACCESS).then(|| Text::from(role));
        assigned.push(AppRoleAssignment { principal, role, name: called });
    }
    assigned.sort_unstable();
    assigned.dedup();
    Ok((assigned, others))
}
