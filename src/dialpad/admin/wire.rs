//! A request to the admin API as it is written: method, path and body by the
//! messages of Dialpad's OpenAPI file, a function of the request and the person's id alone.

use http::Method;
use serde_json::{Map, Value as Json, json};

use super::super::scim::escaped;
use crate::{
    http::Repeat,
    names::{ApiId, Post},
    plan::{AdminRequest, OperatorsOf, PolicyTarget, UserField},
};

/// A request as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Written {
    pub(super) method: Method,
    /// Below `/api/v2`, escaped.
    pub(super) path: String,
    pub(super) body: Json,
    pub(super) repeat: Repeat,
}

/// Writes a request about the person with this id.
pub(super) fn write(request: &AdminRequest, user: &ApiId) -> Written {
    let (method, path, body) = match request {
        AdminRequest::PatchUser { fields, .. } => (Method::PATCH, path(&["users", user.as_str()]), update(fields)),
        AdminRequest::MoveOffice { office, .. } => {
            (Method::PATCH, path(&["users", user.as_str(), "move_office"]), json!({"office_id": id(office)}))
        }
        AdminRequest::AddOperator { group, post, skill, license, keep_paid_numbers, .. } => {
            let mut body = Map::new();
            operator(&mut body, group, user);
            body.insert("role".into(), post.as_str().into());
            if let OperatorsOf::ContactCenter(_) = group {
                let license = license.as_ref().map(|license| Json::from(license.as_str()));
                let optional = [
                    ("skill_level", skill.map(Json::from)),
                    ("license_type", license),
                    ("keep_paid_numbers", keep_paid_numbers.map(Json::from)),
                ];
                body.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
            }
            (Method::POST, operators(group), Json::Object(body))
        }
        AdminRequest::RemoveOperator { group, .. } => {
            let mut body = Map::new();
            operator(&mut body, group, user);
            (Method::DELETE, operators(group), Json::Object(body))
        }
        AdminRequest::SetSkill { contact_center, skill, .. } => {
            let path = path(&["callcenters", contact_center.as_str(), "operators", user.as_str(), "skill"]);
            (Method::PATCH, path, json!({"skill_level": skill}))
        }
        AdminRequest::AssignPolicy { policy, at, .. } => {
            (Method::POST, path(&["accesscontrolpolicies", policy.as_str(), "assign"]), assignment(user, at.as_ref()))
        }
        AdminRequest::UnassignPolicy { policy, at, .. } => {
            (Method::POST, path(&["accesscontrolpolicies", policy.as_str(), "unassign"]), assignment(user, at.as_ref()))
        }
        AdminRequest::AddChannelMember { channel, .. } => {
            (Method::POST, members(channel), json!({"user_id": id(user)}))
        }
        AdminRequest::RemoveChannelMember { channel, .. } => {
            (Method::DELETE, members(channel), json!({"user_id": id(user)}))
        }
    };
    let repeat = match request {
        // A second move would take the number that the first one gave.
        AdminRequest::MoveOffice { .. } => Repeat::IfUnprocessed,
        AdminRequest::PatchUser { .. }
        | AdminRequest::AddOperator { .. }
        | AdminRequest::RemoveOperator { .. }
        | AdminRequest::SetSkill { .. }
        | AdminRequest::AssignPolicy { .. }
        | AdminRequest::UnassignPolicy { .. }
        | AdminRequest::AddChannelMember { .. }
        | AdminRequest::RemoveChannelMember { .. } => Repeat::Harmless,
    };
    Written { method, path, body, repeat }
}

/// An id in a body: int64 in the OpenAPI file, so a number where it is one.
fn id(id: &ApiId) -> Json {
    let text = id.as_str();
    // `007` and `+7` are texts: as numbers they would be others.
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => Json::from(number),
        Ok(_) | Err(_) => Json::from(text),
    }
}

fn path(segments: &[&str]) -> String {
    segments.iter().map(|segment| format!("/{}", escaped(segment))).collect()
}

fn members(channel: &ApiId) -> String {
    path(&["channels", channel.as_str(), "members"])
}

fn operators(group: &OperatorsOf) -> String {
    match group {
        OperatorsOf::Department(id) => path(&["departments", id.as_str(), "operators"]),
        OperatorsOf::ContactCenter(id) => path(&["callcenters", id.as_str(), "operators"]),
    }
}

/// Departments take rooms too and ask for the kind; contact centers take people alone.
fn operator(body: &mut Map<String, Json>, group: &OperatorsOf, user: &ApiId) {
    match group {
        OperatorsOf::Department(_) => {
            body.insert("operator_id".into(), id(user));
            body.insert("operator_type".into(), "user".into());
        }
        OperatorsOf::ContactCenter(_) => {
            body.insert("user_id".into(), id(user));
        }
    }
}

/// `AssignmentPolicyMessage`. Without a target it is the company's, and that is said.
fn assignment(user: &ApiId, at: Option<&PolicyTarget>) -> Json {
    let kind = match at {
        None => return json!({"user_id": id(user), "target_type": "company"}),
        Some(PolicyTarget::Office(_)) => "office",
        Some(PolicyTarget::ContactCenter(_)) => "callcenter",
    };
    json!({"user_id": id(user), "target_type": kind, "target_id": at.map(|at| id(at.id()))})
}

/// `UpdateUserMessage` with the fields that change.
fn update(fields: &[UserField]) -> Json {
    let of = |field: &UserField| match field {
        UserField::License(license) => ("license", Json::from(license.as_str())),
        UserField::KeepPaidNumbers(keep) => ("keep_paid_numbers", Json::from(*keep)),
        UserField::Office(office) => ("office_id", id(office)),
        UserField::AdminOffices(offices) => ("admin_office_ids", offices.iter().map(id).collect()),
        UserField::CompanyAdmin(admin) => ("is_super_admin", Json::from(*admin)),
        UserField::JobTitle(title) => ("job_title", Json::from(&**title)),
        UserField::Extension(extension) => ("extension", Json::from(&**extension)),
        UserField::ForwardingNumbers(numbers) => {
            ("forwarding_numbers", numbers.iter().map(|number| Json::from(&**number)).collect())
        }
        UserField::InternationalDialing(enabled) => ("international_dialing_enabled", Json::from(*enabled)),
    };
    Json::Object(fields.iter().map(of).map(|(name, value)| (name.to_owned(), value)).collect())
}

/// What people are called in paths and messages: the place, with its article.
pub(super) fn place(group: &OperatorsOf) -> &'static str {
    match group {
        OperatorsOf::Department(_) => "the department",
        OperatorsOf::ContactCenter(_) => "the contact center",
    }
}

/// `an operator`, for messages.
pub(super) fn as_post(post: Post) -> &'static str {
    match post {
        Post::Operator => "an operator",
        Post::Supervisor => "a supervisor",
        Post::Admin => "an admin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{names::License, plan::ApiUser};

    const USER: &str = "5835806903417907";

    fn user() -> ApiUser {
        ApiUser::Live(USER.into())
    }

    /// `PATCH /users/1 {…}`, as it is sent.
    fn sent(request: &AdminRequest) -> (String, Json) {
        let Written { method, path, body, .. } = write(request, &USER.into());
        (format!("{method} {path}"), body)
    }

    /// The bodies by `UpdateUserMessage`, `MoveOfficeMessage` of the OpenAPI file.
    #[test]
    fn a_persons_record_changes_by_the_names_of_the_openapi_file() {
        let fields = vec![
            UserField::License(License::Support),
            UserField::KeepPaidNumbers(false),
            UserField::Office("4449170667665453".into()),
            UserField::AdminOffices(vec!["124".into(), "of-text".into(), "007".into()]),
            UserField::CompanyAdmin(true),
            UserField::JobTitle("Junior Accountant".into()),
            UserField::Extension("12345".into()),
            UserField::ForwardingNumbers(vec!["+442074865800".into(), "+815058098764".into()]),
            UserField::InternationalDialing(false),
        ];
        let (line, body) = sent(&AdminRequest::PatchUser { user: user(), fields });
        assert_eq!(line, "PATCH /users/5835806903417907");
        assert_eq!(
            body,
            json!({
                "license": "lite_support_agents", "keep_paid_numbers": false, "office_id": 4_449_170_667_665_453_u64,
                "admin_office_ids": [124, "of-text", "007"], "is_super_admin": true, "job_title": "Junior Accountant",
                "extension": "12345", "forwarding_numbers": ["+442074865800", "+815058098764"],
                "international_dialing_enabled": false,
            })
        );
        let (line, body) = sent(&AdminRequest::MoveOffice { user: user(), office: "124".into() });
        assert_eq!(line, "PATCH /users/5835806903417907/move_office");
        assert_eq!(body, json!({"office_id": 124}));
    }

    /// By `AddOperatorMessage` and `RemoveOperatorMessage`: `operator_id` and `operator_type` are required.
    #[test]
    fn departments_ask_for_the_kind_of_an_operator() {
        let group = OperatorsOf::Department("130".into());
        let add = AdminRequest::AddOperator {
            group: group.clone(),
            user: user(),
            post: Post::Admin,
            skill: None,
            license: None,
            keep_paid_numbers: None,
        };
        let operator = json!({"operator_id": 5_835_806_903_417_907_u64, "operator_type": "user", "role": "admin"});
        assert_eq!(sent(&add), ("POST /departments/130/operators".to_owned(), operator));
        let operator = json!({"operator_id": 5_835_806_903_417_907_u64, "operator_type": "user"});
        let remove = AdminRequest::RemoveOperator { group, user: user() };
        assert_eq!(sent(&remove), ("DELETE /departments/130/operators".to_owned(), operator));
    }

    /// By `AddCallCenterOperatorMessage`, `RemoveCallCenterOperatorMessage` and `UpdateOperatorSkillLevelMessage`.
    #[test]
    fn contact_centers_take_people_with_skill_and_licence() {
        let group = OperatorsOf::ContactCenter("1000".into());
        let add = |post, skill, license, keep_paid_numbers| {
            let group = group.clone();
            sent(&AdminRequest::AddOperator { group, user: user(), post, skill, license, keep_paid_numbers })
        };
        let id = 5_835_806_903_417_907_u64;
        let line = "POST /callcenters/1000/operators".to_owned();
        let full = json!({"user_id": id, "role": "supervisor", "skill_level": 50, "license_type": "agents", "keep_paid_numbers": true});
        assert_eq!(add(Post::Supervisor, Some(50), Some(License::Agents), Some(true)), (line.clone(), full));
        assert_eq!(add(Post::Operator, None, None, None), (line, json!({"user_id": id, "role": "operator"})));
        let remove = AdminRequest::RemoveOperator { group, user: user() };
        assert_eq!(sent(&remove), ("DELETE /callcenters/1000/operators".to_owned(), json!({"user_id": id})));
        let skill = AdminRequest::SetSkill { contact_center: "1000".into(), user: user(), skill: 70 };
        let line = "PATCH /callcenters/1000/operators/5835806903417907/skill".to_owned();
        assert_eq!(sent(&skill), (line, json!({"skill_level": 70})));
    }

    /// By `AssignmentPolicyMessage`, `UnassignmentPolicyMessage`, `AddChannelMemberMessage` and `RemoveChannelMemberMessage`.
    #[test]
    fn policies_name_their_target_and_channels_the_person() {
        let id = 5_835_806_903_417_907_u64;
        let (policy, channel) = (ApiId::from("77"), ApiId::from("88"));
        let assign = |at| sent(&AdminRequest::AssignPolicy { policy: policy.clone(), user: user(), at });
        let line = "POST /accesscontrolpolicies/77/assign".to_owned();
        assert_eq!(assign(None), (line.clone(), json!({"user_id": id, "target_type": "company"})));
        let office = json!({"user_id": id, "target_type": "office", "target_id": 124});
        assert_eq!(assign(Some(PolicyTarget::Office("124".into()))), (line, office));
        let at = Some(PolicyTarget::ContactCenter("1000".into()));
        let unassign = AdminRequest::UnassignPolicy { policy, user: user(), at };
        let center = json!({"user_id": id, "target_type": "callcenter", "target_id": 1000});
        assert_eq!(sent(&unassign), ("POST /accesscontrolpolicies/77/unassign".to_owned(), center));
        let add = AdminRequest::AddChannelMember { channel: channel.clone(), user: user() };
        assert_eq!(sent(&add), ("POST /channels/88/members".to_owned(), json!({"user_id": id})));
        let remove = AdminRequest::RemoveChannelMember { channel, user: user() };
        assert_eq!(sent(&remove), ("DELETE /channels/88/members".to_owned(), json!({"user_id": id})));
    }

    #[test]
    fn an_id_cannot_lead_elsewhere() {
        let request = AdminRequest::AddChannelMember { channel: "1/../../company?x".into(), user: user() };
        assert_eq!(sent(&request).0, "POST /channels/1%2F..%2F..%2Fcompany%3Fx/members");
    }
}
