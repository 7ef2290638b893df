//! Offices, departments, contact centers, policies and channels as they are listed.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{
    people,
    value::{count_at, flag_at, id, id_at, is_gone, list_at, text_at},
};
use crate::{
    live::tenant::{
        Channel, Company, ContactCenter, Department, Office, Operator, Policy, PolicyAssignment, PolicyLevel,
    },
    names::{ApiId, License, Post, Text, fold},
};

/// The id and name of something that is there; a nameless one is called by its id.
fn named(json: &Json) -> Option<(ApiId, Text)> {
    if is_gone(json) {
        return None;
    }
    let id = id_at(json, "id").or_else(|| id_at(json, "office_id"))?;
    let name = text_at(json, "name").unwrap_or_else(|| id.text().clone());
    Some((id, name))
}

/// `CompanyProto`.
pub(super) fn company(json: &Json) -> Option<Company> {
    Some(Company { id: id_at(json, "id")?, name: text_at(json, "name") })
}

/// `OfficeProto`.
pub(super) fn office(json: &Json) -> Option<(ApiId, Office)> {
    let (id, name) = named(json)?;
    let country = text_at(json, "country");
    let is_primary = flag_at(json, "is_primary_office").unwrap_or(false);
    Some((id.clone(), Office { id, name, country, is_primary, free: None }))
}

/// `AvailableLicensesProto`: free seats by licence. What is not told is not known.
pub(super) fn seats(json: &Json) -> Option<BTreeMap<License, u64>> {
    json.as_object()?;
    let lines =
        [(License::Talk, "talk_lines"), (License::Agents, "sell_lines"), (License::Support, "contact_center_lines")];
    Some(lines.into_iter().filter_map(|(license, line)| Some((license, count_at(json, line)?))).collect())
}

/// `DepartmentProto`.
pub(super) fn department(json: &Json) -> Option<(ApiId, Department)> {
    let (id, name) = named_group(json)?;
    Some((id.clone(), Department { id, name, office: id_at(json, "office_id"), operators: None }))
}

/// `CallCenterProto`.
pub(super) fn contact_center(json: &Json) -> Option<(ApiId, ContactCenter)> {
    let (id, name) = named_group(json)?;
    Some((id.clone(), ContactCenter { id, name, office: id_at(json, "office_id"), operators: None }))
}

/// In a group `office_id` is the office and never the id of the group.
fn named_group(json: &Json) -> Option<(ApiId, Text)> {
    id_at(json, "id")?;
    named(json)
}

/// `OperatorCollection`: users with what they are there, as far as it is told. Rooms are nobody's grants.
pub(super) fn operators(json: &Json, group: &ApiId) -> Vec<Operator> {
    let mut operators: BTreeMap<ApiId, Option<Post>> = BTreeMap::new();
    for user in list_at(json, "users").iter().filter(|user| !is_gone(user)) {
        if let Some(id) = id_at(user, "id") {
            let post = people::roles(user).get(group).copied();
            let known = operators.entry(id).or_default();
            *known = known.or(post);
        }
    }
    operators.into_iter().map(|(user, post)| Operator { user, post, skill: None }).collect()
}

/// `OperatorSkillLevelProto`.
pub(super) fn skill(json: &Json) -> Option<u8> {
    count_at(json, "skill_level").and_then(|level| u8::try_from(level).ok()).filter(|level| *level <= 100)
}

/// `PolicyProto`.
pub(super) fn policy(json: &Json) -> Option<(ApiId, Policy)> {
    let (id, name) = named_group(json)?;
    let level = text_at(json, "target_type").and_then(|word| level(&word));
    Some((id.clone(), Policy { id, name, level, assignments: None }))
}

fn level(word: &str) -> Option<PolicyLevel> {
    match fold(word).as_str() {
        "company" => Some(PolicyLevel::Company),
        "office" => Some(PolicyLevel::Office),
        "callcenter" => Some(PolicyLevel::ContactCenter),
        _ => None,
    }
}

/// `PolicyAssignmentProto`: one for each place. In the company there is no place.
pub(super) fn assignments(json: &Json) -> Option<(ApiId, Vec<PolicyAssignment>)> {
    let user = list_at(json, "user").first().filter(|user| !is_gone(user))?;
    let user = id_at(user, "id").or_else(|| id(user))?;
    let mut assignments: Vec<PolicyAssignment> = list_at(json, "policy_targets")
        .iter()
        .map(|target| {
            let is_company =
                text_at(target, "target_type").is_some_and(|word| level(&word) == Some(PolicyLevel::Company));
            PolicyAssignment { user: user.clone(), at: id_at(target, "target_id").filter(|_| !is_company) }
        })
        .collect();
    if assignments.is_empty() {
        assignments.push(PolicyAssignment { user: user.clone(), at: None });
    }
    // Somebody may come in several entries, one for each place, so the place is in the key.
    let places = assignments.iter().filter_map(|one| one.at.as_ref()).map(ApiId::as_str).collect::<Vec<_>>().join(" ");
    Some((ApiId::new(format!("{user} {places}")), assignments))
}

/// `ChannelProto`.
pub(super) fn channel(json: &Json) -> Option<(ApiId, Channel)> {
    let (id, name) = named_group(json)?;
    Some((id.clone(), Channel { id, name, members: None }))
}

/// `MembersProto`, the member of a channel.
pub(super) fn channel_member(json: &Json) -> Option<(ApiId, ApiId)> {
    let id = id_at(json, "id")?;
    Some((id.clone(), id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn seats_are_numbers_or_text_and_what_is_not_told_is_not_known() {
        // The example of the OpenAPI file.
        let told = json!({
            "additional_number_lines": "0", "contact_center_lines": "0", "fax_lines": "1", "room_lines": "5",
            "sell_lines": "0", "talk_lines": "4", "uberconference_lines": "0",
        });
        let all = BTreeMap::from([(License::Talk, 4), (License::Agents, 0), (License::Support, 0)]);
        assert_eq!(seats(&told), Some(all));
        let odd = json!({"talk_lines": 3, "sell_lines": null, "contact_center_lines": "-1"});
        assert_eq!(seats(&odd), Some(BTreeMap::from([(License::Talk, 3), (License::Support, 0)])));
        assert_eq!(seats(&json!([])), None);
    }

    #[test]
    fn operators_without_roles_are_operators_all_the_same() {
        let told = json!({"rooms": [{"id": "1127"}], "users": [
            {"id": "2", "group_details": [{"group_id": "130", "group_type": "department", "role": "admin"}]},
            {"id": 3, "group_details": null}, {"id": null}, null, {"id": "4", "state": "deleted"}, {"id": "3"},
        ]});
        let operators = operators(&told, &"130".into());
        let of = |user: &str, post| Operator { user: user.into(), post, skill: None };
        assert_eq!(operators, [of("2", Some(Post::Admin)), of("3", None)]);
        assert!(super::operators(&json!({"users": null}), &"130".into()).is_empty());
        assert!(super::operators(&json!({}), &"130".into()).is_empty());
    }

    #[test]
    fn a_skill_is_a_level_up_to_a_hundred() {
        assert_eq!(skill(&json!({"skill_level": "50"})), Some(50));
        assert_eq!(skill(&json!({"skill_level": 100})), Some(100));
        for odd in [json!({"skill_level": 900}), json!({"skill_level": null}), json!({}), json!("50")] {
            assert_eq!(skill(&odd), None, "{odd}");
        }
    }

    #[test]
    fn an_assignment_has_a_place_unless_it_is_the_company() {
        let at = |json| assignments(&json).map(|(_, all)| all.into_iter().map(|one| one.at).collect::<Vec<_>>());
        let user = json!({"id": "2", "state": "active"});
        let target =
            |kind: Json, id: Json| json!({"user": user, "policy_targets": [{"target_type": kind, "target_id": id}]});
        assert_eq!(at(target(json!("office"), json!(124))), Some(vec![Some("124".into())]));
        assert_eq!(at(target(json!(null), json!("124"))), Some(vec![Some("124".into())]));
        assert_eq!(at(target(json!("company"), json!("123"))), Some(vec![None]));
        assert_eq!(at(json!({"user": user, "policy_targets": null})), Some(vec![None]));
        assert_eq!(at(json!({"user": null})), None);
    }

    #[test]
    fn an_office_may_tell_its_id_under_either_name() {
        assert_eq!(
            office(&json!({"office_id": 124, "name": null})).map(|(id, office)| (id, office.name)),
            Some(("124".into(), "124".into()))
        );
        assert_eq!(department(&json!({"office_id": 124, "name": "Support"})), None);
        assert_eq!(office(&json!({"id": "1", "state": "deleted"})), None);
    }
}
