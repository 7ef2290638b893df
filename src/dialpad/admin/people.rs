//! A person's record: `UserProto` of the OpenAPI file.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::value::{flag_at, id, id_at, is_gone, list_at, text_at, texts_at};
use crate::{
    live::tenant::{Member, MemberState},
    names::{ApiId, License, Post, fold},
};

/// Reads a record; `None` for one without an id, and for one that is deleted or cancelled.
pub(super) fn member(json: &Json) -> Option<Member> {
    if is_gone(json) {
        return None;
    }
    Some(Member {
        id: id_at(json, "id")?,
        emails: texts_at(json, "emails"),
        state: state(json),
        office: id_at(json, "office_id"),
        license: text_at(json, "license").map(|word| License::read(&fold(&word))),
        numbers: texts_at(json, "phone_numbers"),
        company_admin: flag_at(json, "is_super_admin").unwrap_or(false),
        admin_offices: list_at(json, "admin_office_ids").iter().filter_map(id).collect(),
        roles: roles(json),
        job_title: text_at(json, "job_title"),
        extension: text_at(json, "extension"),
        forwarding_numbers: texts_at(json, "forwarding_numbers"),
        international_dialing: flag_at(json, "international_dialing_enabled"),
    })
}

/// Whether the person can work. Somebody of whom nothing is told can: SCIM tells better.
fn state(json: &Json) -> MemberState {
    let Some(word) = text_at(json, "state") else { return MemberState::Active };
    match fold(&word).as_str() {
        "active" => MemberState::Active,
        "pending" => MemberState::Pending,
        "suspended" => MemberState::Suspended,
        _ => MemberState::Other(word),
    }
}

/// What somebody is in which group: `group_details`. Of a group that is listed twice
/// the first counts; roles that nobody knows are left out.
pub(super) fn roles(json: &Json) -> BTreeMap<ApiId, Post> {
    let mut roles = BTreeMap::new();
    for group in list_at(json, "group_details") {
        let kind = text_at(group, "group_type");
        let is_operated = kind.is_none_or(|kind| ["callcenter", "department"].contains(&fold(&kind).as_str()));
        if let (true, Some(id), Some(post)) =
            (is_operated, id_at(group, "group_id"), text_at(group, "role").and_then(|word| post(&word)))
        {
            roles.entry(id).or_insert(post);
        }
    }
    roles
}

fn post(word: &str) -> Option<Post> {
    [Post::Operator, Post::Supervisor, Post::Admin].into_iter().find(|post| post.as_str() == fold(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_with_nothing_but_an_id_is_a_record() {
        let member = member(&json!({"id": 7, "emails": null, "state": null, "license": null, "group_details": null}));
        let member = member.unwrap();
        assert_eq!((member.id, member.state, member.license), ("7".into(), MemberState::Active, None));
        assert!(member.emails.is_empty() && member.roles.is_empty() && !member.company_admin);
    }

    #[test]
    fn whoever_is_deleted_or_has_no_id_is_left_out() {
        for json in [
            json!({}),
            json!({"id": null}),
            json!(null),
            json!([]),
            json!({"id": "1", "state": "deleted"}),
            json!({"id": "1", "state": "cancelled"}),
        ] {
            assert_eq!(member(&json), None, "{json}");
        }
    }

    #[test]
    fn what_nobody_knows_is_kept_or_left_out_but_never_an_error() {
        let member = member(&json!({
            "id": "5835806903417907", "state": "hibernating", "license": "something_new",
            "admin_office_ids": ["124", 125, null, {}], "is_super_admin": "true",
            "group_details": [
                {"group_id": 130, "group_type": "department", "role": "admin"},
                {"group_id": "131", "group_type": "callcenter", "role": "overlord"},
                {"group_id": "132", "group_type": "callcenter", "role": null},
                {"group_id": "124", "group_type": "office", "role": "admin"},
                {"group_id": "133", "role": "supervisor"},
                {"group_id": "130", "group_type": "department", "role": "operator"},
                "not even an object",
            ],
        }));
        let member = member.unwrap();
        assert_eq!(member.state, MemberState::Other("hibernating".into()));
        assert_eq!(member.license, Some(License::Other("something_new".into())));
        assert_eq!(member.admin_offices, [ApiId::from("124"), "125".into()]);
        assert!(member.company_admin);
        assert_eq!(member.roles, BTreeMap::from([("130".into(), Post::Admin), ("133".into(), Post::Supervisor)]));
    }
}
