//! The server: routes, batches, pages, tokens.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    body::Body,
    extract::State,
    http::{Request, Response, StatusCode, header},
};
use serde_json::{Value, json};

use super::{
    faults::{self, Answer, Fault},
    query::{self, Kind, Query, Refused, bad},
    store::{Object, Store},
};

/// The most users in a page that has their managers.
const WITH_MANAGER: usize = 100;

/// A running fake. It ends when it is dropped.
pub struct FakeGraph {
    address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
    _runtime: tokio::runtime::Runtime,
}

struct Inner {
    store: Store,
    tokens: Vec<String>,
    faults: Vec<Fault>,
    /// What next links begin with.
    base: String,
    /// Objects in a page at most, whatever is asked for.
    page: usize,
    requests: Vec<String>,
    parts: Vec<String>,
    units: u64,
}

impl FakeGraph {
    pub fn start(store: Store) -> Self {
        Self::start_on(store, 0)
    }

    /// On a port that others know already.
    pub fn start_on(mut store: Store, port: u16) -> Self {
        store.index();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", port))).unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Mutex::new(Inner {
            store,
            tokens: vec!["test-token".to_owned()],
            faults: Vec::new(),
            base: format!("http://{address}/v1.0"),
            page: 999,
            requests: Vec::new(),
            parts: Vec::new(),
            units: 0,
        }));
        let router = axum::Router::new().fallback(answer).with_state(inner.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { address, inner, _runtime: runtime }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// The base URL, version included.
    pub fn url(&self) -> String {
        format!("http://{}/v1.0", self.address)
    }

    /// Changes what it holds.
    pub fn change(&self, change: impl FnOnce(&mut Store)) {
        let mut inner = self.inner();
        change(&mut inner.store);
        inner.store.index();
    }

    pub fn fault(&self, fault: Fault) {
        self.inner().faults.push(fault);
    }

    pub fn no_faults(&self) {
        self.inner().faults.clear();
    }

    /// The tokens that it takes.
    pub fn tokens(&self, tokens: &[&str]) {
        self.inner().tokens = tokens.iter().map(|token| (*token).to_owned()).collect();
    }

    /// Objects in a page, whatever is asked for.
    pub fn pages_of(&self, page: usize) {
        self.inner().page = page;
    }

    /// What next links begin with.
    pub fn links_to(&self, base: &str) {
        base.clone_into(&mut self.inner().base);
    }

    /// HTTP requests since the last time, by method and address.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.inner().requests)
    }

    /// Parts of batches, and reads that came by themselves, since the last time.
    pub fn parts(&self) -> Vec<String> {
        std::mem::take(&mut self.inner().parts)
    }

    /// Resource units since the last time.
    pub fn units(&self) -> u64 {
        std::mem::take(&mut self.inner().units)
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer: status, body, `Retry-After`, resource units.
struct Said {
    status: u16,
    body: Value,
    retry_after: Option<String>,
    units: u64,
}

impl Said {
    fn ok(body: Value, units: u64) -> Self {
        Self { status: 200, body, retry_after: None, units }
    }

    fn refused((status, code, message): Refused) -> Self {
        let inner = json!({ "date": "2026-11-24T09:30:00", "request-id": super::guid(9, 7), "client-request-id": super::guid(9, 8) });
        let body = json!({ "error": { "code": code, "message": message, "innerError": inner } });
        Self { status, body, retry_after: None, units: 1 }
    }
}

async fn answer(State(inner): State<Arc<Mutex<Inner>>>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 8 << 20).await.unwrap();
    let address = head.uri.path_and_query().unwrap().as_str();
    let address = address.strip_prefix("/v1.0").unwrap_or(address).to_owned();
    let mut inner = lock(&inner);
    let line = format!("{} {address}", head.method);
    inner.requests.push(line.clone());
    let bearer = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_known = inner.tokens.iter().any(|token| bearer == format!("Bearer {token}"));
    if !is_known {
        let message = format!("Access token validation failure. {bearer}");
        return send(Said::refused((401, "InvalidAuthenticationToken", message)));
    }
    if let Some(answer) = faults::next(&mut inner.faults, &line) {
        match answer {
            Answer::Html(status) => return raw(status, "text/html", "<html><body>Gateway</body></html>".into()),
            Answer::Text(text) => return raw(200, "application/json", text.into()),
            Answer::Cut => return cut(),
            Answer::Status(status, code, after) => {
                let mut said = Said::refused((status, code, "Please retry again later.".to_owned()));
                said.retry_after = after;
                return send(said);
            }
            Answer::Nulls => {}
        }
    }
    if address == "/$batch" {
        return send(batch(&mut inner, &body));
    }
    send(part(&mut inner, head.method.as_str(), &address, true))
}

fn send(said: Said) -> Response<Body> {
    let mut response = raw(said.status, "application/json", said.body.to_string().into());
    let headers = response.headers_mut();
    headers.insert("request-id", super::guid(9, 1).parse().unwrap());
    headers.insert("x-ms-resource-unit", said.units.to_string().parse().unwrap());
    if let Some(after) = said.retry_after {
        headers.insert(header::RETRY_AFTER, after.parse().unwrap());
    }
    response
}

fn raw(status: u16, kind: &str, body: Body) -> Response<Body> {
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .header(header::CONTENT_TYPE, kind)
        .body(body)
        .unwrap()
}

fn cut() -> Response<Body> {
    let (mut sender, body) = http_body_util::channel::Channel::<bytes::Bytes, std::io::Error>::new(1);
    tokio::spawn(async move {
        let _ = sender.send_data(bytes::Bytes::from_static(b"{\"responses\":[")).await;
        sender.abort(std::io::Error::other("cut"));
    });
    raw(200, "application/json", Body::new(body))
}

fn batch(inner: &mut Inner, body: &[u8]) -> Said {
    let Ok(json) = serde_json::from_slice::<Value>(body) else { return Said::refused(bad("Invalid batch payload.")) };
    let requests = json["requests"].as_array().cloned().unwrap_or_default();
    if requests.is_empty() || requests.len() > 20 {
        return Said::refused(bad("Number of batch request steps must be between 1 and 20."));
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut responses = Vec::new();
    for request in &requests {
        let (id, method) = (request["id"].as_str().unwrap(), request["method"].as_str().unwrap());
        if !seen.insert(id.to_owned()) {
            return Said::refused(bad("Request Id has to be unique in a batch."));
        }
        let said = part(inner, method, request["url"].as_str().unwrap(), false);
        let mut headers = json!({ "Content-Type": "application/json", "x-ms-resource-unit": said.units.to_string() });
        if let Some(after) = said.retry_after {
            headers["Retry-After"] = after.into();
        }
        responses.push(json!({ "id": id, "status": said.status, "headers": headers, "body": said.body }));
    }
    // In any order.
    responses.reverse();
    let middle = inner.requests.len() % responses.len();
    responses.rotate_left(middle);
    Said::ok(json!({ "responses": responses }), 0)
}

fn part(inner: &mut Inner, method: &str, address: &str, alone: bool) -> Said {
    let line = format!("{method} {address}");
    inner.parts.push(line.clone());
    let fault = if alone { None } else { faults::next(&mut inner.faults, &line) };
    let mut said = match &fault {
        Some(Answer::Status(status, code, after)) => {
            let mut said = Said::refused((*status, code, "Please retry again later.".to_owned()));
            said.retry_after.clone_from(after);
            return said;
        }
        // What is no JSON comes as text in base64.
        Some(Answer::Html(status)) => Said { status: *status, body: json!("PGh0bWw+"), retry_after: None, units: 1 },
        Some(Answer::Text(text)) => Said::ok(serde_json::from_str(text).unwrap(), 1),
        Some(Answer::Cut | Answer::Nulls) | None => read(inner, method, address).unwrap_or_else(Said::refused),
    };
    if matches!(fault, Some(Answer::Nulls)) {
        for item in said.body["value"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            for (name, value) in item.iter_mut().filter(|(name, _)| !["id", "@odata.type"].contains(&name.as_str())) {
                *value = if name.ends_with('s') && value.is_array() { json!([]) } else { Value::Null };
            }
        }
    }
    inner.units += said.units;
    said
}

fn not_found(id: &str) -> Refused {
    let message =
        format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
    (404, "Request_ResourceNotFound", message)
}

/// A read.
fn read(inner: &Inner, method: &str, address: &str) -> Result<Said, Refused> {
    if method != "GET" {
        return Err((405, "Request_BadRequest", "Specified HTTP method is not allowed.".to_owned()));
    }
    let (path, text) = address.split_once('?').unwrap_or((address, ""));
    let query = Query::parse(text);
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    let steps: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let store = &inner.store;
    match steps.as_slice() {
        ["organization"] => {
            let items = store.organization.iter().filter_map(|one| one.as_object()).cloned().collect();
            listed(inner, address, &query, Kind::Organization, items, 1)
        }
        ["servicePrincipals"] => listed(inner, address, &query, Kind::Application, store.applications.clone(), 1),
        ["users"] => users(inner, address, &query),
        ["users", id] => one(&query, Kind::User, store.users.iter().find(|user| user["id"] == *id), id),
        ["groups"] => listed(inner, address, &query, Kind::Group, store.groups.clone(), 1),
        ["groups", id, "members"] => members(inner, address, &query, id),
        ["directory", "deletedItems", "microsoft.graph.user"] => {
            listed(inner, address, &query, Kind::User, store.deleted.clone(), 1)
        }
        [key] | [key, "appRoleAssignedTo"] if key.starts_with("servicePrincipals(appId='") => {
            let app = key.trim_start_matches("servicePrincipals(appId='").trim_end_matches("')");
            let found = store.applications.iter().find(|one| one["appId"] == app);
            application(inner, address, &query, found, app, steps.len() == 2)
        }
        [key, "synchronization", "jobs"] if key.starts_with("servicePrincipals(appId='") && store.jobs_by_key => {
            let app = key.trim_start_matches("servicePrincipals(appId='").trim_end_matches("')");
            let found = store.applications.iter().find(|one| one["appId"] == app);
            jobs(inner, found.ok_or_else(|| not_found(app))?)
        }
        ["servicePrincipals", id, "synchronization", rest @ ..] => {
            let found = store.applications.iter().find(|one| one["id"] == *id).ok_or_else(|| not_found(id))?;
            match rest {
                ["jobs"] => jobs(inner, found),
                ["jobs", job, "schema"] => schema(inner, &query, found, job),
                _ => Err(not_found(id)),
            }
        }
        ["servicePrincipals", id] | ["servicePrincipals", id, "appRoleAssignedTo"] => {
            let found = store.applications.iter().find(|one| one["id"] == *id);
            application(inner, address, &query, found, id, steps.len() == 3)
        }
        _ => Err((404, "BadRequest", format!("Resource not found for the segment '{path}'."))),
    }
}

fn one(query: &Query, kind: Kind, found: Option<&Object>, id: &str) -> Result<Said, Refused> {
    let names = query.select(kind)?;
    let found = found.ok_or_else(|| not_found(id))?;
    Ok(Said::ok(Value::Object(query::project(found, &names)), 1))
}

fn application(
    inner: &Inner,
    address: &str,
    query: &Query,
    found: Option<&Object>,
    id: &str,
    assigned: bool,
) -> Result<Said, Refused> {
    if !assigned {
        return one(query, Kind::Application, found, id);
    }
    let id = found.ok_or_else(|| not_found(id))?["id"].as_str().unwrap();
    let all = inner.store.assigned.get(id).cloned().unwrap_or_default();
    let top = query.top(inner.page)?;
    Ok(Said::ok(page(inner, address, query, &all, top)?, 1))
}

fn jobs(inner: &Inner, application: &Object) -> Result<Said, Refused> {
    let id = application["id"].as_str().unwrap();
    // Where provisioning was never set up, there is no such thing.
    let jobs = inner.store.jobs.get(id).ok_or_else(|| not_found(id))?;
    Ok(Said::ok(json!({ "@odata.context": format!("{}/$metadata#x", inner.base), "value": jobs }), 1))
}

/// The schema of a job; its `directories` are a navigation property.
fn schema(inner: &Inner, query: &Query, application: &Object, job: &str) -> Result<Said, Refused> {
    let jobs = inner.store.jobs.get(application["id"].as_str().unwrap());
    let has = jobs.is_some_and(|jobs| jobs.iter().any(|one| one["id"] == job));
    let mut schema = inner.store.schemas.get(job).filter(|_| has).cloned().ok_or_else(|| not_found(job))?;
    if inner.store.directories_apart && query.get("$expand") != Some("directories") {
        schema.as_object_mut().unwrap().remove("directories");
    }
    Ok(Said::ok(schema, 1))
}

fn users(inner: &Inner, address: &str, query: &Query) -> Result<Said, Refused> {
    let store = &inner.store;
    let Some(expand) = query.get("$expand") else {
        let names = query.select(Kind::User)?;
        let found = users_of(store, query)?.into_iter();
        let all: Vec<Value> = found.map(|user| Value::Object(query::project(user, &names))).collect();
        let top = query.top(inner.page)?;
        return Ok(Said::ok(page(inner, address, query, &all, top)?, 1));
    };
    if expand != "manager($select=id)" {
        return Err(bad("Invalid $expand."));
    }
    let names = query.select(Kind::User)?;
    let found = users_of(store, query)?;
    let all: Vec<Value> = found
        .into_iter()
        .map(|user| {
            let mut one = query::project(user, &names);
            let manager = store.managers.get(user["id"].as_str().unwrap()).and_then(|id| store.any(id));
            if let Some((kind, manager)) = manager {
                let kind = if kind.is_empty() { manager["@odata.type"].as_str().unwrap() } else { kind };
                one.insert("manager".into(), json!({ "@odata.type": kind, "id": manager["id"] }));
            }
            Value::Object(one)
        })
        .collect();
    let top = query.top(inner.page.min(WITH_MANAGER))?;
    Ok(Said::ok(page(inner, address, query, &all, top)?, 2))
}

/// The users that a filter keeps; by id they are looked up.
fn users_of<'s>(store: &'s Store, query: &Query) -> Result<Vec<&'s Object>, Refused> {
    let Some(text) = query.get("$filter") else { return Ok(store.users.iter().collect()) };
    let keep = query::filter(text)?;
    match text.strip_prefix("id in (") {
        Some(ids) => Ok(ids.split('\'').filter_map(|id| store.user_by_id(id)).collect()),
        None => Ok(store.users.iter().filter(|user| keep(user)).collect()),
    }
}

fn listed(
    inner: &Inner,
    address: &str,
    query: &Query,
    kind: Kind,
    objects: Vec<Object>,
    units: u64,
) -> Result<Said, Refused> {
    let names = query.select(kind)?;
    let keep = query.get("$filter").map(query::filter).transpose()?;
    let found = objects.iter().filter(|object| keep.as_ref().is_none_or(|keep| keep(object)));
    let all: Vec<Value> = found.map(|object| Value::Object(query::project(object, &names))).collect();
    let top = query.top(inner.page)?;
    let cost = if query.get("$select").is_some() { units - 1 } else { units };
    Ok(Said::ok(page(inner, address, query, &all, top)?, cost.max(1)))
}

fn members(inner: &Inner, address: &str, query: &Query, id: &str) -> Result<Said, Refused> {
    let store = &inner.store;
    let names = query.select(Kind::User)?;
    if !store.groups.iter().any(|group| group["id"] == id) {
        return Err(not_found(id));
    }
    let ids = store.members.get(id).cloned().unwrap_or_default();
    let all: Vec<Value> = ids
        .iter()
        .filter_map(|id| store.any(id))
        .map(|(kind, object)| {
            let of_kind = |name: &&String| kind == "#microsoft.graph.user" || object.contains_key(*name);
            let names: Vec<String> = names.iter().filter(of_kind).cloned().collect();
            let kind = if kind.is_empty() { object["@odata.type"].clone() } else { kind.into() };
            let mut one = Object::new();
            one.insert("@odata.type".into(), kind);
            one.extend(query::project(object, &names));
            Value::Object(one)
        })
        .collect();
    let top = query.top(inner.page)?;
    Ok(Said::ok(page(inner, address, query, &all, top)?, 2))
}

/// A page, with the absolute address of the next.
fn page(inner: &Inner, address: &str, query: &Query, all: &[Value], top: usize) -> Result<Value, Refused> {
    let expired = || (400, "Directory_ExpiredPageToken", "The specified page token value has expired.".to_owned());
    let from = match query.get("$skiptoken") {
        None => 0,
        Some(token) => token.strip_prefix("RFNwdA").and_then(|n| n.parse().ok()).ok_or_else(expired)?,
    };
    let to = all.len().min(from + top);
    let mut page = json!({ "@odata.context": format!("{}/$metadata#x", inner.base), "value": all.get(from..to).unwrap_or_default() });
    if to < all.len() {
        let (path, rest) = address.split_once('?').unwrap_or((address, ""));
        // In Graph's own spelling, not in that of whoever asked: a proxy may have escaped it.
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let path = decoded(path);
        let rest = rest.split('&').filter_map(|part| part.split_once('=')).map(|(key, value)| (decoded(key), value));
        let rest: Vec<String> =
            rest.filter(|(key, _)| key != "$skiptoken").map(|(key, value)| format!("{key}={value}")).collect();
        page["@odata.nextLink"] = format!("{}{path}?{}&$skiptoken=RFNwdA{to}", inner.base, rest.join("&")).into();
    }
    Ok(page)
}
