//! The answers' shapes, by Dialpad's OpenAPI file (dialpad/dialpad-python-sdk,
//! `dialpad_api_spec.json`, and its newer superset): ids and other int64 are
//! text, times have no zone, and what is not there is left out.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    names::Text,
    sandbox::{
        account::{GroupKind, Line, Place, PolicyTarget, Role, UserState},
        company::{Channel, Company, Group, Office, Policy, user_id},
        numbers::area_code,
        store::{Resource, ResourceKind, Store},
    },
};

const WEEKDAYS: [&str; 5] = ["monday_hours", "tuesday_hours", "wednesday_hours", "thursday_hours", "friday_hours"];

/// An object that leaves out what is empty.
struct Object(Map<String, Value>);

impl Object {
    fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.into(), value.into());
    }

    fn put_text(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.put(key, value);
        }
    }

    fn put_list<T: Into<Value>>(&mut self, key: &str, values: impl IntoIterator<Item = T>) {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        if !values.is_empty() {
            self.put(key, values);
        }
    }
}

/// `2021-06-20T19:18:00`.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn image(id: &str) -> String {
    format!("https://sandbox.example/avatar/user/{id}.png")
}

/// `UserProto`.
pub(in crate::sandbox) fn user(company: &Company, row: &Resource, deleted: bool) -> Value {
    let (content, account) = (&row.content, &row.content.account);
    let id = user_id(&row.id);
    let office = company.office_of(content);
    let state = if deleted { UserState::Deleted } else { content.state() };
    let name = content.display_name();
    let mut user = Object(Map::new());
    user.put_list("admin_office_ids", account.admin_offices.iter().map(|id| &**id).filter(|_| !deleted));
    user.put("company_id", &*company.id);
    user.put("country", &*office.country);
    if !account.pending {
        user.put("date_active", time(row.created));
    }
    user.put("date_added", time(row.created));
    if !account.pending {
        user.put("date_first_login", time(row.created));
    }
    user.put("display_name", if deleted { format!("{name} (deactivated)") } else { name.clone() });
    user.put("do_not_disturb", deleted);
    user.put_list("emails", content.emails().filter(|_| !deleted));
    user.put_text("extension", account.extension.as_deref().filter(|_| !deleted));
    user.put_text("first_name", content.part_of_name("givenName"));
    user.put_list("forwarding_numbers", account.forwarding.iter().map(|number| &**number).filter(|_| !deleted));
    user.put_list("group_details", if deleted { Vec::new() } else { group_details(row) });
    user.put("id", &*id);
    user.put("image_url", image(&id));
    user.put("international_dialing_enabled", account.international && !deleted);
    user.put("is_admin", !deleted && (account.super_admin || !account.admin_offices.is_empty()));
    user.put("is_available", !deleted);
    user.put("is_on_duty", false);
    user.put("is_online", false);
    user.put("is_super_admin", account.super_admin && !deleted);
    user.put_text("job_title", content.title());
    user.put("language", "en");
    user.put_text("last_name", content.part_of_name("familyName"));
    user.put("license", account.license.as_str());
    user.put("muted", false);
    user.put("office_id", &*office.id);
    user.put("onboarding_completed", !account.pending);
    user.put_list("phone_numbers", account.numbers.iter().map(|number| &**number).filter(|_| !deleted));
    user.put("state", state.as_str());
    user.put("status_message", "");
    user.put("timezone", &*office.timezone);
    user.put("voicemail", json!({"is_default_voicemail": true, "name": name, "voicemail_notifications_enabled": true}));
    user.0.into()
}

/// `GroupDetailsProto` for each place; the skill is not in it.
fn group_details(row: &Resource) -> Vec<Value> {
    let account = &row.content.account;
    let details = |id: &Text, kind: GroupKind, role: Role| json!({"do_not_disturb": false, "group_id": &**id, "group_type": kind.as_str(), "role": role.as_str()});
    let offices = account.admin_offices.iter().map(|id| details(id, GroupKind::Office, Role::Admin));
    let is_office_admin = |place: &&Place| {
        place.kind == GroupKind::Office && place.role == Role::Admin && account.admin_offices.contains(&place.group)
    };
    let places = account.places.iter().filter(|place| !is_office_admin(place));
    offices.chain(places.map(|place| details(&place.group, place.kind, place.role))).collect()
}

/// `UserOrRoomProto`.
pub(super) fn user_or_room(company: &Company, row: &Resource) -> Value {
    let id = user_id(&row.id);
    let office = company.office_of(&row.content);
    let mut user = Object(Map::new());
    user.put("company_id", &*company.id);
    user.put("country", &*office.country);
    user.put("id", &*id);
    user.put("image_url", image(&id));
    user.put("is_on_duty", false);
    user.put("name", row.content.display_name());
    user.put("office_id", &*office.id);
    user.put_list("phone_numbers", row.content.account.numbers.iter().map(|number| &**number));
    user.put("state", row.content.state().as_str());
    user.0.into()
}

/// `CompanyProto`.
pub(super) fn company(company: &Company, store: &Store) -> Value {
    let admin = super_admin(store).map(|row| row.content.email().to_owned());
    let mut object = Object(Map::new());
    object.put("account_type", "enterprise");
    object.put_text("admin_email", admin.as_deref());
    object.put("country", &*company.country);
    object.put_text("domain", company.domains.first().map(String::as_str));
    object.put("id", &*company.id);
    object.put("name", &*company.name);
    object.put("office_count", company.offices.len().to_string());
    object.put("state", "active");
    object.0.into()
}

fn super_admin(store: &Store) -> Option<&Resource> {
    store.rows(ResourceKind::User).iter().find(|row| row.content.account.super_admin).map(AsRef::as_ref)
}

/// `OfficeProto`.
pub(super) fn office(office: &Office) -> Value {
    let mut object = Object(Map::new());
    object.put("availability_status", "open");
    object.put("country", &*office.country);
    object.put("first_action", "operators");
    object.put("id", &*office.id);
    object.put("is_primary_office", office.primary);
    object.put("name", &*office.name);
    object.put("no_operators_action", "voicemail");
    object.put("office_id", &*office.id);
    object.put("ring_seconds", "30");
    object.put("state", "active");
    object.put("timezone", &*office.timezone);
    put_hours(&mut object);
    object.0.into()
}

fn put_hours(object: &mut Object) {
    for day in WEEKDAYS {
        object.put(day, json!(["08:00", "18:00"]));
    }
}

/// `DepartmentProto` or `CallCenterProto`.
pub(super) fn group(company: &Company, group: &Group) -> Value {
    let office = company.office(&group.office).unwrap_or_else(|| company.primary());
    let mut object = Object(Map::new());
    object.put("availability_status", "open");
    object.put("country", &*office.country);
    object.put("first_action", "operators");
    object.put("hours_on", false);
    object.put("id", &*group.id);
    object.put("name", &*group.name);
    object.put("no_operators_action", "voicemail");
    object.put("office_id", &*office.id);
    object.put("ring_seconds", "30");
    object.put("state", "active");
    object.put("timezone", &*office.timezone);
    put_hours(&mut object);
    object.0.into()
}

/// All kinds of seats of the OpenAPI; the sandbox counts the first four.
const LINES: [(&str, Option<Line>); 10] = [
    ("additional_number_lines", Some(Line::AdditionalNumber)),
    ("contact_center_lines", Some(Line::ContactCenter)),
    ("sell_lines", Some(Line::Sell)),
    ("talk_lines", Some(Line::Talk)),
    ("fax_lines", None),
    ("room_lines", None),
    ("tollfree_additional_number_lines", None),
    ("tollfree_room_lines", None),
    ("tollfree_uberconference_lines", None),
    ("uberconference_lines", None),
];

/// `AvailableLicensesProto`: what is free.
pub(super) fn available(company: &Company, store: &Store, office: &Office) -> Value {
    lines(|line| company.bought(store, office, line).saturating_sub(company.used(store, office, line))).into()
}

fn lines(count: impl Fn(Line) -> u64) -> Map<String, Value> {
    LINES.iter().map(|(key, line)| ((*key).to_owned(), line.map_or(0, &count).to_string().into())).collect()
}

/// `PlanProto`: what was bought, used or not.
pub(super) fn plan(company: &Company, store: &Store, office: &Office) -> Value {
    let mut plan = lines(|line| company.bought(store, office, line));
    plan.insert("balance".into(), "0.0000".into());
    plan.insert("ppu_address".into(), json!({"country": &*office.country}));
    plan.into()
}

/// `ChannelProto`.
pub(super) fn channel(channel: &Channel) -> Value {
    json!({"id": &*channel.id, "name": &*channel.name})
}

/// `MembersProto`.
pub(super) fn member(row: &Resource) -> Value {
    json!({"id": &*user_id(&row.id), "name": row.content.display_name()})
}

/// `PolicyProto`.
pub(super) fn policy(company: &Company, store: &Store, policy: &Policy) -> Value {
    let owner = super_admin(store).map_or_else(|| company.id.clone(), |row| user_id(&row.id));
    let permissions: Vec<&str> = policy.permissions.iter().map(AsRef::as_ref).collect();
    json!({
        "company_id": &*company.id,
        "id": &*policy.id,
        "name": &*policy.name,
        "owner_id": &*owner,
        "permission_sets": permissions,
        "state": "active",
        "target_type": policy.target.as_str(),
    })
}

/// `PolicyAssignmentProto`: one person with all places where the policy applies.
pub(super) fn assignment(company: &Company, policy: &Policy, row: &Resource) -> Value {
    let own = row.content.account.policies.iter().filter(|assignment| assignment.policy == policy.id);
    let mut object = Object(Map::new());
    object.put_list("policy_targets", own.map(|assignment| target(&assignment.at, assignment.target)));
    object.put("user", user(company, row, false));
    object.0.into()
}

fn target(at: &str, target: PolicyTarget) -> Value {
    json!({"target_id": at, "target_type": target.as_str()})
}

/// `NumberProto`, of somebody or of nobody.
pub(super) fn number(company: &Company, number: &str, holder: Option<&Resource>) -> Value {
    let mut object = Object(Map::new());
    object.put_text("area_code", area_code(number));
    object.put("company_id", &*company.id);
    object.put("number", number);
    let office = holder.map_or_else(|| company.primary(), |row| company.office_of(&row.content));
    object.put("office_id", &*office.id);
    object.put("status", if holder.is_some() { "user" } else { "available" });
    if let Some(row) = holder {
        object.put("target_id", &*user_id(&row.id));
        object.put("target_type", "user");
    }
    object.put("type", "local");
    object.0.into()
}
