//! SCIM 2.0 (RFC 7643, RFC 7644) as Dialpad would answer: from a request to
//! the store and back.
//!
//! Dialpad's own dialect is documented hardly at all. What is: the base path
//! `/scim`, a bearer token, the enterprise attributes that choose office and
//! licence, and that groups cannot be renamed (Microsoft's Dialpad tutorial).
//! The rest follows the RFCs; ETags and bulk are left out.

mod attributes;
mod body;
mod check;
mod elements;
mod filter;
mod listing;
mod patch;
mod refusal;
mod schema;

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use jiff::{Timestamp, Unit};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use self::{
    listing::{Choice, Query},
    refusal::{ScimType, json},
};
pub(crate) use self::{
    refusal::{MEDIA_TYPE, Refusal, shortened},
    schema::ENTERPRISE,
};
use super::{
    company::Company,
    faults::Bend,
    seats::Denied,
    store::{Content, Resource, ResourceKind, Store, StoreError},
};

/// The largest body that is read, in bytes.
pub(crate) const LARGEST_BODY: usize = 1024 * 1024;

/// What a change of a group's `displayName` does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GroupRename {
    /// It succeeds and changes nothing: "Dialpad does not support group renames"
    /// (Microsoft's Dialpad provisioning tutorial).
    #[default]
    Ignored,
    /// It is done.
    Honoured,
}

/// What the sandbox answers with.
pub(crate) struct Scim {
    pub(crate) store: RwLock<Store>,
    pub(crate) page_limit: usize,
    pub(crate) group_rename: GroupRename,
    pub(crate) company: Arc<Company>,
}

/// What a path names.
enum Address<'a> {
    Config,
    ResourceTypes(Option<&'a str>),
    Schemas(Option<&'a str>),
    Everything,
    SearchEverything,
    Collection(ResourceKind),
    Search(ResourceKind),
    One(ResourceKind, &'a str),
    NotSupported(&'static str),
}

impl Address<'_> {
    fn methods(&self) -> &'static [Method] {
        match self {
            Address::Config | Address::ResourceTypes(_) | Address::Schemas(_) | Address::Everything => &[Method::GET],
            Address::SearchEverything | Address::Search(_) => &[Method::POST],
            Address::Collection(_) => &[Method::GET, Method::POST],
            Address::One(..) => &[Method::GET, Method::PUT, Method::PATCH, Method::DELETE],
            Address::NotSupported(_) => &[],
        }
    }
}

fn address<'a>(segments: &[&'a str]) -> Option<Address<'a>> {
    let kind = |name: &str| [ResourceKind::User, ResourceKind::Group].into_iter().find(|kind| kind.endpoint() == name);
    match segments {
        [] => Some(Address::Everything),
        [".search"] => Some(Address::SearchEverything),
        ["ServiceProviderConfig"] => Some(Address::Config),
        ["ResourceTypes"] => Some(Address::ResourceTypes(None)),
        ["ResourceTypes", id] => Some(Address::ResourceTypes(Some(id))),
        ["Schemas"] => Some(Address::Schemas(None)),
        ["Schemas", id] => Some(Address::Schemas(Some(id))),
        ["Bulk"] => Some(Address::NotSupported("bulk requests are")),
        ["Me"] => Some(Address::NotSupported("`/Me` is")),
        [collection] => Some(Address::Collection(kind(collection)?)),
        [collection, ".search"] => Some(Address::Search(kind(collection)?)),
        [collection, id] => Some(Address::One(kind(collection)?, id)),
        _ => None,
    }
}

/// The base address as the client wrote it, for `meta.location`.
fn base(request: &Request<Bytes>) -> String {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().authority().map(http::uri::Authority::as_str).or(host).unwrap_or("localhost");
    let scheme = request.uri().scheme_str().unwrap_or("http");
    format!("{scheme}://{host}{}", super::BASE_PATH)
}

impl Scim {
    /// Answers a request whose path starts with the base path; `rest` is what comes after it.
    pub(crate) fn answer(&self, request: &Request<Bytes>, rest: &str, bend: &Bend) -> Response<Bytes> {
        self.dispatch(request, rest, bend).unwrap_or_else(|refusal| refusal.response())
    }

    fn dispatch(&self, request: &Request<Bytes>, rest: &str, bend: &Bend) -> Result<Response<Bytes>, Refusal> {
        let decoded: Vec<_> = rest
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy())
            .collect();
        let segments: Vec<&str> = decoded.iter().map(AsRef::as_ref).collect();
        let address = address(&segments).ok_or_else(|| {
            Refusal::status(StatusCode::NOT_FOUND, format!("there is nothing at `{}`", shortened(rest)))
        })?;
        if let Address::NotSupported(what) = address {
            return Err(Refusal::status(StatusCode::NOT_IMPLEMENTED, format!("{what} not supported")));
        }
        if !address.methods().contains(request.method()) {
            return Ok(not_allowed(request.method(), address.methods()));
        }
        let base = base(request);
        let query = Query::from_uri(request.uri().query())?;
        match address {
            Address::Config => Ok(json(StatusCode::OK, &schema::service_provider_config(&base, self.page_limit))),
            Address::ResourceTypes(id) => fixed(schema::resource_types(&base), id, &query),
            Address::Schemas(id) => fixed(schema::schemas(&base), id, &query),
            Address::Everything => self.list(&BOTH, &query, &base, bend),
            Address::SearchEverything => self.list(&BOTH, &Query::from_body(&read_body(request)?)?, &base, bend),
            Address::Search(kind) => self.list(&[kind], &Query::from_body(&read_body(request)?)?, &base, bend),
            Address::Collection(kind) if *request.method() == Method::GET => self.list(&[kind], &query, &base, bend),
            Address::Collection(kind) => self.create(kind, &read_body(request)?, &query.choice, &base, bend),
            Address::One(kind, id) => match *request.method() {
                Method::GET => {
                    let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
                    let resource = known(&store, kind, id)?.clone();
                    drop(store);
                    Ok(json(StatusCode::OK, &query.choice.write(&resource, &base)))
                }
                Method::DELETE => self.delete(kind, id),
                _ => self.change(request, kind, id, &query.choice, &base, bend),
            },
            Address::NotSupported(_) => Err(Refusal::status(StatusCode::NOT_IMPLEMENTED, "not supported")),
        }
    }

    fn list(&self, kinds: &[ResourceKind], query: &Query, base: &str, bend: &Bend) -> Result<Response<Bytes>, Refusal> {
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        let page = listing::page(&store, kinds, query, self.page_limit, bend)?;
        // Writing the page needs only the rows, not the store.
        drop(store);
        Ok(json(StatusCode::OK, &page.write(query, base)))
    }

    fn create(
        &self,
        kind: ResourceKind,
        body: &Value,
        choice: &Choice,
        base: &str,
        bend: &Bend,
    ) -> Result<Response<Bytes>, Refusal> {
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        let mut content = body::read(kind, body, &store)?;
        keep_out(&mut content, &Content::default(), kind, &bend.not_stored);
        self.settle(&mut store, kind, None, &mut content)?;
        let resource = store.insert(kind, None, content, now()).map_err(refused)?;
        drop(store);
        Ok(with_location(json(StatusCode::CREATED, &choice.write(&resource, base)), &resource, base))
    }

    /// PUT and PATCH. Users come back whole; groups, which may be long, only after PUT.
    fn change(
        &self,
        request: &Request<Bytes>,
        kind: ResourceKind,
        id: &str,
        choice: &Choice,
        base: &str,
        bend: &Bend,
    ) -> Result<Response<Bytes>, Refusal> {
        let body = read_body(request)?;
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        let before = known(&store, kind, id)?.clone();
        let patches = *request.method() == Method::PATCH;
        let mut content = if patches {
            patch::apply(kind, &before.content, &body, &store)?
        } else {
            body::read(kind, &body, &store)?
        };
        if content.members.contains_key(&before.id) {
            return Err(Refusal::new(ScimType::InvalidValue, "a group cannot be a member of itself"));
        }
        if kind == ResourceKind::Group && self.group_rename == GroupRename::Ignored {
            keep_out(&mut content, &before.content, kind, &["displayName".to_owned()]);
        }
        keep_out(&mut content, &before.content, kind, &bend.not_stored);
        content.account = before.content.account.clone();
        self.settle(&mut store, kind, Some(&before), &mut content)?;
        let resource = store.update(&before, content, now()).map_err(refused)?;
        drop(store);
        if patches && kind == ResourceKind::Group && choice.is_everything() {
            return Ok(no_content());
        }
        Ok(with_location(json(StatusCode::OK, &choice.write(&resource, base)), &resource, base))
    }

    /// What Dialpad makes of a person whom SCIM writes. The name is looked at
    /// first: nothing may be bought or numbered for somebody who is refused.
    fn settle(
        &self,
        store: &mut Store,
        kind: ResourceKind,
        before: Option<&Resource>,
        content: &mut Content,
    ) -> Result<(), Refusal> {
        match kind {
            ResourceKind::Group => Ok(()),
            ResourceKind::User => {
                store.check_name(kind, before.map(|before| &before.id), content).map_err(refused)?;
                self.company.settle(store, before.map(|before| &before.content), content).map_err(denied)
            }
        }
    }

    fn delete(&self, kind: ResourceKind, id: &str) -> Result<Response<Bytes>, Refusal> {
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        let numbers = store.get(kind, id).map(|gone| gone.content.account.numbers.clone()).unwrap_or_default();
        let there = store.remove(kind, id, now()).map_err(refused)?;
        self.company.give_back(&mut store, &numbers).map_err(refused)?;
        if there { Ok(no_content()) } else { Err(not_found(kind, id)) }
    }

    /// Puts a resource in as a test or an example wants it, with its own `id` if
    /// it has one. Members may be given by `userName` as well as by id.
    pub(crate) fn load(&self, resource: &Value) -> Result<String, Refusal> {
        let object = resource.as_object();
        let has = |key: &str| object.is_some_and(|object| body::get(object, key).is_some());
        let kind = if has("userName") { ResourceKind::User } else { ResourceKind::Group };
        let id = object.and_then(|object| body::get(object, "id")).and_then(Value::as_str).map(Into::into);
        let mut resource = resource.clone();
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(members) = resource.get_mut("members").and_then(Value::as_array_mut) {
            for member in members {
                let name = member.get("value").and_then(Value::as_str).unwrap_or_default();
                if store.kind_of(name).is_none()
                    && let Some(user) = store.named(ResourceKind::User, name)
                {
                    member["value"] = user.id.as_ref().into();
                }
            }
        }
        let mut content = body::read(kind, &resource, &store)?;
        self.settle(&mut store, kind, None, &mut content)?;
        store.insert(kind, id, content, now()).map(|resource| resource.id.to_string()).map_err(refused)
    }

    /// All resources of a kind, as they are sent.
    pub(crate) fn all(&self, kind: ResourceKind) -> Vec<Value> {
        let rows = self.store.read().unwrap_or_else(PoisonError::into_inner).rows(kind).to_vec();
        rows.iter().map(|row| Choice::default().write(row, super::BASE_PATH)).collect()
    }
}

const BOTH: [ResourceKind; 2] = [ResourceKind::User, ResourceKind::Group];

/// Now, to the millisecond.
fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Millisecond).unwrap_or(now)
}

fn known<'a>(store: &'a Store, kind: ResourceKind, id: &str) -> Result<&'a Arc<Resource>, Refusal> {
    store.get(kind, id).ok_or_else(|| not_found(kind, id))
}

fn not_found(kind: ResourceKind, id: &str) -> Refusal {
    Refusal::status(StatusCode::NOT_FOUND, format!("there is no {} `{}`", kind.name(), shortened(id)))
}

fn refused(error: StoreError) -> Refusal {
    match error {
        StoreError::NameTaken { .. } | StoreError::IdTaken(_) => Refusal::new(ScimType::Uniqueness, error.to_string()),
        StoreError::Disk(error) => Refusal::status(StatusCode::INTERNAL_SERVER_ERROR, format!("failed to {error}")),
    }
}

fn denied(denied: Denied) -> Refusal {
    match denied {
        Denied::Seat | Denied::Domain => Refusal::new(ScimType::InvalidValue, denied.to_string()),
        Denied::Store(error) => refused(error),
    }
}

/// Puts the named attributes back to what they were.
fn keep_out(content: &mut Content, before: &Content, kind: ResourceKind, names: &[String]) {
    for name in names {
        if body::is_members(kind, name) {
            content.members.clone_from(&before.members);
            continue;
        }
        let key = content.attributes.keys().chain(before.attributes.keys()).find(|key| key.eq_ignore_ascii_case(name));
        let Some(key) = key.cloned() else { continue };
        // The name cannot be kept out of a new resource.
        match before.attributes.get(&key) {
            Some(value) => {
                content.attributes.insert(key, value.clone());
            }
            None if key != kind.naming_attribute() => {
                content.attributes.shift_remove(&key);
            }
            None => {}
        }
    }
}

fn read_body(request: &Request<Bytes>) -> Result<Value, Refusal> {
    if request.body().len() > LARGEST_BODY {
        let detail = format!("the body has {} bytes; {LARGEST_BODY} at most are read", request.body().len());
        return Err(Refusal::status(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if ![MEDIA_TYPE, "application/json"].iter().any(|known| essence.eq_ignore_ascii_case(known)) {
        let detail = format!("send `{MEDIA_TYPE}`, not `{}`", shortened(media_type));
        return Err(Refusal::status(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    // A byte-order mark is not JSON (RFC 8259 §8.1); serde_json also bounds the depth.
    serde_json::from_slice(request.body())
        .map_err(|error| Refusal::new(ScimType::InvalidSyntax, format!("the body is not JSON: {error}")))
}

/// The answer about a fixed set. Filtering it is forbidden (RFC 7644 §4).
fn fixed(resources: Vec<Value>, id: Option<&str>, query: &Query) -> Result<Response<Bytes>, Refusal> {
    if query.filter.is_some() {
        return Err(Refusal::status(StatusCode::FORBIDDEN, "this cannot be filtered"));
    }
    let body = match id {
        None => listing::whole(&resources),
        Some(id) => listing::one_of(resources, id)
            .ok_or_else(|| Refusal::status(StatusCode::NOT_FOUND, format!("there is no `{}`", shortened(id))))?,
    };
    Ok(json(StatusCode::OK, &body))
}

fn not_allowed(method: &Method, allowed: &[Method]) -> Response<Bytes> {
    let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let detail = format!("{} is not allowed here; {allowed} is", shortened(method.as_str()));
    let mut response = Refusal::status(StatusCode::METHOD_NOT_ALLOWED, detail).response();
    if let Ok(allowed) = allowed.parse() {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

fn no_content() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn with_location(mut response: Response<Bytes>, resource: &Resource, base: &str) -> Response<Bytes> {
    if let Ok(location) = format!("{base}/{}/{}", resource.kind.endpoint(), resource.id).parse() {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scim(group_rename: GroupRename) -> Scim {
        let (store, company) = (RwLock::new(Store::in_memory()), Arc::new(Company::default()));
        Scim { store, page_limit: 100, group_rename, company }
    }

    fn raw(scim: &Scim, method: &str, path: &str, media_type: &str, body: impl Into<Bytes>) -> Response<Bytes> {
        let request = Request::builder().method(method).uri(format!("http://sandbox.test/scim{path}"));
        let request = if media_type.is_empty() { request } else { request.header("content-type", media_type) };
        let request = request.body(body.into()).unwrap();
        let rest = request.uri().path().strip_prefix("/scim").unwrap();
        scim.answer(&request, rest, &Bend::default())
    }

    /// Status and body; a null body when there is none.
    fn ask(scim: &Scim, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let response = raw(scim, method, path, MEDIA_TYPE, body.to_string());
        let body = response.body();
        let json = if body.is_empty() { Value::Null } else { serde_json::from_slice(body).unwrap() };
        (response.status().as_u16(), json)
    }

    fn make(scim: &Scim, collection: &str, body: &Value) -> String {
        let (status, made) = ask(scim, "POST", collection, body);
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    fn error(status: u16, scim_type: Option<&str>, (got, body): (u16, Value), what: &str) {
        assert_eq!((got, body.get("scimType").and_then(Value::as_str)), (status, scim_type), "{what}: {body}");
        assert_eq!(body["status"], status.to_string());
        assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    }

    fn patch(operations: &Value) -> Value {
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
    }

    #[test]
    fn a_user_reads_back_with_all_that_was_stored_and_where_it_is() {
        let scim = scim(GroupRename::Ignored);
        let sent = json!({
            "schemas": [schema::USER, ENTERPRISE], "externalId": "e-1", "userName": "ada@example.com",
            "active": true, "name": {"givenName": "Ada", "familyName": "Lovelace"},
            "emails": [{"value": "ada@example.com", "type": "work", "primary": true}],
            "phoneNumbers": [{"value": "+14155550100", "type": "work"}],
            (ENTERPRISE): {"officeName": "London", "licenseType": "Dialpad_Support", "manager": {"value": "1"}},
        });
        let response = raw(&scim, "POST", "/Users", "application/json; charset=utf-8", sent.to_string());
        let made: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(response.headers()["location"], made["meta"]["location"].as_str().unwrap());
        assert_eq!(
            made["meta"]["location"],
            format!("http://sandbox.test/scim/Users/{}", made["id"].as_str().unwrap())
        );
        assert_eq!(made["meta"]["resourceType"], "User");
        for (key, value) in sent.as_object().unwrap() {
            assert_eq!(&made[key], value, "{key}");
        }
        let id = made["id"].as_str().unwrap();
        assert_eq!(ask(&scim, "GET", &format!("/Users/{id}"), &Value::Null), (200, made));
    }

    #[test]
    fn user_names_are_unique_without_case_and_external_ids_are_not() {
        let scim = scim(GroupRename::Ignored);
        make(&scim, "/Users", &json!({"userName": "ada@example.com", "externalId": "1"}));
        let bob = make(&scim, "/Users", &json!({"userName": "bob@example.com", "externalId": "1"}));
        let taken = json!({"userName": "ADA@example.com"});
        error(409, Some("uniqueness"), ask(&scim, "POST", "/Users", &taken), "POST");
        error(409, Some("uniqueness"), ask(&scim, "PUT", &format!("/Users/{bob}"), &taken), "PUT");
        let rename = patch(&json!([{"op": "replace", "path": "userName", "value": "Ada@Example.com"}]));
        error(409, Some("uniqueness"), ask(&scim, "PATCH", &format!("/Users/{bob}"), &rename), "PATCH");
        let own = patch(&json!([{"op": "replace", "path": "userName", "value": "BOB@example.com"}]));
        assert_eq!(ask(&scim, "PATCH", &format!("/Users/{bob}"), &own).1["userName"], "BOB@example.com");
    }

    #[test]
    fn put_clears_what_is_left_out_and_patch_is_all_or_nothing() {
        let scim = scim(GroupRename::Ignored);
        let id = make(&scim, "/Users", &json!({"userName": "a@example.com", "title": "T", "active": false}));
        let path = format!("/Users/{id}");
        let good_then_bad = json!([
            {"op": "replace", "path": "title", "value": "New"},
            {"op": "replace", "path": "shoeSize", "value": 3},
        ]);
        error(400, Some("invalidPath"), ask(&scim, "PATCH", &path, &patch(&good_then_bad)), "PATCH");
        assert_eq!(ask(&scim, "GET", &path, &Value::Null).1["title"], "T");
        let (status, put) = ask(&scim, "PUT", &path, &json!({"userName": "a@example.com", "id": "other"}));
        assert_eq!((status, put.get("title"), put.get("active"), put["id"].as_str()), (200, None, None, Some(&*id)));
    }

    #[test]
    fn suspended_users_are_still_listed_and_a_patch_of_nothing_is_no_change() {
        let scim = scim(GroupRename::Ignored);
        let id = make(&scim, "/Users", &json!({"userName": "a@example.com", "active": true}));
        let suspend = patch(&json!([{"op": "Replace", "path": "active", "value": "False"}]));
        let (status, suspended) = ask(&scim, "PATCH", &format!("/Users/{id}"), &suspend);
        assert_eq!((status, &suspended["active"]), (200, &json!(false)));
        let listed = ask(&scim, "GET", "/Users?filter=active+eq+False", &Value::Null).1;
        assert_eq!((&listed["totalResults"], &listed["Resources"][0]), (&json!(1), &suspended));
        assert_eq!(ask(&scim, "PATCH", &format!("/Users/{id}"), &suspend), (200, suspended));
    }

    #[test]
    fn a_group_rename_is_ignored_as_dialpad_does_or_honoured_if_told() {
        for (rename, expected) in [(GroupRename::Ignored, "Sales"), (GroupRename::Honoured, "Support")] {
            let scim = scim(rename);
            let id = make(&scim, "/Groups", &json!({"displayName": "Sales", "externalId": "1"}));
            let path = format!("/Groups/{id}");
            let before = ask(&scim, "GET", &path, &Value::Null).1;
            let change = patch(&json!([{"op": "replace", "path": "displayName", "value": "Support"}]));
            assert_eq!(ask(&scim, "PATCH", &path, &change), (204, Value::Null));
            let after = ask(&scim, "GET", &path, &Value::Null).1;
            assert_eq!(after["displayName"], expected);
            assert_eq!(after == before, rename == GroupRename::Ignored);
            let (status, put) = ask(&scim, "PUT", &path, &json!({"displayName": "Support", "externalId": "2"}));
            assert_eq!((status, &put["displayName"], &put["externalId"]), (200, &json!(expected), &json!("2")));
        }
    }

    #[test]
    fn groups_have_unique_names_known_members_and_lose_deleted_ones() {
        let scim = scim(GroupRename::Ignored);
        let ada = make(&scim, "/Users", &json!({"userName": "ada@example.com"}));
        let sales = make(&scim, "/Groups", &json!({"displayName": "Sales", "members": [{"value": ada}]}));
        let all = make(&scim, "/Groups", &json!({"displayName": "All", "members": [{"value": sales}, {"value": ada}]}));
        error(409, Some("uniqueness"), ask(&scim, "POST", "/Groups", &json!({"displayName": "SALES"})), "name");
        let unknown = json!({"displayName": "X", "members": [{"value": "9"}]});
        error(400, Some("invalidValue"), ask(&scim, "POST", "/Groups", &unknown), "unknown member");
        let itself = json!({"displayName": "All", "members": [{"value": all}]});
        error(400, Some("invalidValue"), ask(&scim, "PUT", &format!("/Groups/{all}"), &itself), "itself");
        let members = |id: &str| ask(&scim, "GET", &format!("/Groups/{id}"), &Value::Null).1.get("members").cloned();
        let types: Vec<_> =
            members(&all).unwrap().as_array().unwrap().iter().map(|member| member["type"].clone()).collect();
        assert_eq!(types, ["Group", "User"]);
        assert_eq!(ask(&scim, "DELETE", &format!("/Users/{ada}"), &Value::Null), (204, Value::Null));
        error(404, None, ask(&scim, "DELETE", &format!("/Users/{ada}"), &Value::Null), "again");
        error(404, None, ask(&scim, "GET", &format!("/Users/{ada}"), &Value::Null), "gone");
        assert_eq!(members(&sales), None);
        assert_eq!(members(&all).unwrap().as_array().unwrap().len(), 1);
        let emptied = ask(&scim, "PUT", &format!("/Groups/{all}"), &json!({"displayName": "All"})).1;
        assert_eq!(emptied.get("members"), None);
    }

    #[test]
    fn searches_take_their_question_in_the_body() {
        let scim = scim(GroupRename::Ignored);
        make(&scim, "/Users", &json!({"userName": "ada@example.com"}));
        make(&scim, "/Groups", &json!({"displayName": "Sales"}));
        let question = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "filter": "userName sw \"ada\"", "attributes": ["userName"], "startIndex": 1, "count": 10,
        });
        let found = ask(&scim, "POST", "/Users/.search", &question);
        assert_eq!((found.0, &found.1["Resources"][0]["userName"]), (200, &json!("ada@example.com")));
        let everywhere = ask(&scim, "POST", "/.search", &question).1;
        assert_eq!(everywhere["totalResults"], 1);
        assert_eq!(ask(&scim, "POST", "/.search", &json!({})).1["totalResults"], 2);
        error(400, Some("invalidFilter"), ask(&scim, "POST", "/Groups/.search", &question), "of groups");
        let nothing = json!({"filter": "shoeSize pr"});
        error(400, Some("invalidFilter"), ask(&scim, "POST", "/.search", &nothing), "of nothing");
    }

    #[test]
    fn what_is_not_there_or_not_allowed_is_said_by_status() {
        let scim = scim(GroupRename::Ignored);
        let id = make(&scim, "/Users", &json!({"userName": "a@example.com"}));
        for (method, path, status) in [
            ("GET", "/Nothing", 404),
            ("GET", "/Users/1/2/3", 404),
            ("GET", "/Users/%ff%00", 404),
            ("GET", "/Schemas/urn:nothing", 404),
            ("GET", "/ResourceTypes/Nothing", 404),
            ("PATCH", "/Groups/77", 404),
            ("PUT", "/Users", 405),
            ("DELETE", "/Schemas", 405),
            ("POST", "/ServiceProviderConfig", 405),
            ("GET", "/Users/.search", 405),
            ("POST", &format!("/Users/{id}"), 405),
            ("POST", "/Bulk", 501),
            ("GET", "/Me", 501),
            ("GET", "/Schemas?filter=id+pr", 403),
        ] {
            error(status, None, ask(&scim, method, path, &patch(&json!([]))), &format!("{method} {path}"));
        }
        let response = raw(&scim, "PUT", "/Users", MEDIA_TYPE, "");
        assert_eq!(response.headers()["allow"], "GET, POST");
        assert_eq!(ask(&scim, "GET", &format!("/Users/{id}/"), &Value::Null).0, 200);
        assert_eq!(ask(&scim, "GET", "/Users/", &Value::Null).0, 200);
    }

    #[test]
    fn bad_bodies_are_refused_and_never_more_than_that() {
        let scim = scim(GroupRename::Ignored);
        let status = |media_type: &str, body: Vec<u8>| raw(&scim, "POST", "/Users", media_type, body).status().as_u16();
        let good = br#"{"userName":"a@example.com"}"#.to_vec();
        assert_eq!(status("", good.clone()), 415);
        assert_eq!(status("text/plain", good.clone()), 415);
        assert_eq!(status("application/jsonx", good.clone()), 415);
        for body in [
            Vec::new(),
            b"null".to_vec(),
            b"[]".to_vec(),
            b"{".to_vec(),
            good[..10].to_vec(),
            b"{\"userName\":\"\xff@example.com\"}".to_vec(),
            format!("{}{}", "[".repeat(200_000), "]".repeat(200_000)).into_bytes(),
            format!("{{\"userName\":\"a@example.com\",\"urn:x\":{}1{}}}", "{\"a\":".repeat(5_000), "}".repeat(5_000))
                .into_bytes(),
            b"{\"userName\":1e999}".to_vec(),
            b"\xef\xbb\xbf{}".to_vec(),
        ] {
            assert_eq!(
                status(MEDIA_TYPE, body.clone()),
                400,
                "{}",
                String::from_utf8_lossy(&body[..body.len().min(40)])
            );
        }
        let mut large = good;
        large.resize(LARGEST_BODY + 1, b' ');
        assert_eq!(status(MEDIA_TYPE, large.clone()), 413);
        large.truncate(LARGEST_BODY);
        assert_eq!(status("APPLICATION/SCIM+JSON", large), 201);
        assert_eq!(scim.all(ResourceKind::User).len(), 1);
    }

    #[test]
    fn seeds_keep_their_ids_and_name_members_by_user_name() {
        let scim = scim(GroupRename::Ignored);
        assert_eq!(scim.load(&json!({"id": "77", "userName": "a@example.com"})).unwrap(), "77");
        scim.load(&json!({"displayName": "Sales", "members": [{"value": "A@example.com"}]})).unwrap();
        assert_eq!(scim.all(ResourceKind::Group)[0]["members"][0]["value"], "77");
        assert_eq!(make(&scim, "/Users", &json!({"userName": "b@example.com"})).len(), 16);
        assert!(scim.load(&json!({"id": "77", "userName": "c@example.com"})).is_err());
        assert!(scim.load(&json!(3)).is_err());
    }
}
