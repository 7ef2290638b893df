//! The parts of Dialpad's admin REST API v2 that Dialform uses.
//!
//! Paths, methods, parameters and shapes are those of Dialpad's OpenAPI file;
//! behaviour follows its descriptions, the help centre, and where both are
//! silent the strict choice, which the tenant file can change. The people are
//! those of SCIM; their ids are not.

mod company;
mod fields;
mod groups;
mod members;
mod numbers;
mod odd;
mod pages;
mod policies;
mod refusal;
mod route;
pub(super) mod shapes;
mod users;
mod users_write;

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use jiff::{Timestamp, Unit};
use percent_encoding::percent_decode_str;
use serde_json::Value;

pub(crate) use self::refusal::Refusal;
use self::{
    fields::Fields,
    pages::{Pages, Query},
    refusal::answer,
    route::{Route, route},
};
use super::{
    company::Company,
    faults::Bend,
    scim::LARGEST_BODY,
    store::{Content, Resource, Store},
};

/// What the admin API answers with.
#[derive(Debug)]
pub(crate) struct Admin {
    company: Arc<Company>,
    pages: Pages,
}

/// A read under way.
struct Reading<'a> {
    store: &'a Store,
    path: &'a str,
    query: &'a Query,
    bend: &'a Bend,
}

/// A write under way.
struct Writing<'a> {
    store: &'a mut Store,
    body: &'a [u8],
    bend: &'a Bend,
}

/// `None` is a success without a body.
type Written = Result<Option<Value>, Refusal>;

impl Admin {
    pub(crate) fn new(company: Arc<Company>, page_limit: usize) -> Self {
        Self { company, pages: Pages::new(page_limit) }
    }

    /// Makes all cursors invalid that were given so far.
    pub(crate) fn expire_cursors(&self) {
        self.pages.expire();
    }

    /// Answers a request whose path starts with the base path; `rest` is what comes after it.
    pub(crate) fn answer(
        &self,
        store: &RwLock<Store>,
        request: &Request<Bytes>,
        rest: &str,
        bend: &Bend,
    ) -> Response<Bytes> {
        self.dispatch(store, request, rest, bend)
            .unwrap_or_else(|refusal| refusal.response(self.company.behaviour.errors))
    }

    fn dispatch(
        &self,
        store: &RwLock<Store>,
        request: &Request<Bytes>,
        rest: &str,
        bend: &Bend,
    ) -> Result<Response<Bytes>, Refusal> {
        let decoded: Vec<_> =
            rest.trim_matches('/').split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy()).collect();
        let segments: Vec<&str> = decoded.iter().map(AsRef::as_ref).collect();
        let route = route(&segments).ok_or_else(|| Refusal::missing("path", rest))?;
        if !route.methods().contains(request.method()) {
            return Ok(self.not_allowed(request.method(), route.methods()));
        }
        if let Some(id) = route.integers().into_iter().find(|id| id.parse::<i64>().is_err()) {
            return Err(Refusal::bad(format!("`{}` is not an id", id.chars().take(80).collect::<String>())));
        }
        if route.needs_company_admin() && !self.company.behaviour.company_admin_key {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "this API requires a company admin API key"));
        }
        if request.body().len() > LARGEST_BODY {
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"));
        }
        let mut body = if *request.method() == Method::GET {
            let query = Query::read(request.uri().query());
            let store = store.read().unwrap_or_else(PoisonError::into_inner);
            Some(self.read(route, &Reading { store: &store, path: rest, query: &query, bend })?)
        } else {
            let mut store = store.write().unwrap_or_else(PoisonError::into_inner);
            let writing = Writing { store: &mut store, body: request.body(), bend };
            self.write(route, request.method(), writing)?
        };
        if let Some(body) = &mut body {
            bend.odd(body);
        }
        Ok(answer(StatusCode::OK, body.as_ref()))
    }

    fn read(&self, route: Route<'_>, reading: &Reading<'_>) -> Result<Value, Refusal> {
        let store = reading.store;
        match route {
            Route::Company => Ok(shapes::company(&self.company, store)),
            Route::Users => self.users(reading),
            Route::User(id) => self.user(store, id),
            Route::Offices => self.offices(reading),
            Route::PrimaryOffice => Ok(shapes::office(self.company.primary())),
            Route::Office(id) => Ok(shapes::office(self.office(id)?)),
            Route::AvailableLicenses(id) => Ok(shapes::available(&self.company, store, self.office(id)?)),
            Route::Plan(id) => Ok(shapes::plan(&self.company, store, self.office(id)?)),
            Route::GroupsOfOffice(kind, id) => {
                let office = self.office(id)?.id.clone();
                self.groups(kind, Some(&office), reading)
            }
            Route::Groups(kind) => {
                let office = reading.query.text("office_id").map(|id| self.office(id)).transpose()?;
                self.groups(kind, office.map(|office| &*office.id), reading)
            }
            Route::Group(kind, id) => Ok(shapes::group(&self.company, self.group(kind, id)?)),
            Route::Operators(kind, id) => self.operators(store, kind, id),
            Route::Skill { center, user } => self.skill(store, center, user),
            Route::Channels => self.channels(reading),
            Route::Channel(id) => Ok(shapes::channel(self.channel(id)?)),
            Route::Members(id) => self.members(reading, id),
            Route::Policies => self.policies(reading),
            Route::Policy(id) => Ok(shapes::policy(&self.company, store, self.policy(id)?)),
            Route::Assignments(id) => self.assignments(reading, id),
            Route::Numbers => self.numbers(reading),
            Route::MoveOffice(_)
            | Route::AssignNumber(_)
            | Route::UnassignNumber(_)
            | Route::Assign(_)
            | Route::Unassign(_) => Err(Refusal::missing("path", reading.path)),
        }
    }

    fn write(&self, route: Route<'_>, method: &Method, mut writing: Writing<'_>) -> Written {
        let deletes = *method == Method::DELETE;
        match route {
            Route::Users => self.create_user(&mut writing).map(Some),
            Route::User(id) if deletes => self.delete_user(writing.store, id).map(Some),
            Route::User(id) => self.update_user(&mut writing, id).map(Some),
            Route::MoveOffice(id) => self.move_office(&mut writing, id).map(Some),
            Route::AssignNumber(id) => self.assign_number(&mut writing, id).map(Some),
            Route::UnassignNumber(id) => self.unassign_number(&mut writing, id).map(Some),
            Route::Operators(kind, id) if deletes => self.remove_operator(&mut writing, kind, id).map(Some),
            Route::Operators(kind, id) => self.add_operator(&mut writing, kind, id).map(Some),
            Route::Skill { center, user } => self.set_skill(&mut writing, center, user).map(Some),
            Route::Members(id) if deletes => self.remove_member(&mut writing, id),
            Route::Members(id) => self.add_member(&mut writing, id).map(Some),
            Route::Assign(id) => self.assign(&mut writing, id).map(Some),
            Route::Unassign(id) => self.unassign(&mut writing, id).map(Some),
            Route::Company
            | Route::Offices
            | Route::PrimaryOffice
            | Route::Office(_)
            | Route::AvailableLicenses(_)
            | Route::Plan(_)
            | Route::GroupsOfOffice(..)
            | Route::Groups(_)
            | Route::Group(..)
            | Route::Channels
            | Route::Channel(_)
            | Route::Policies
            | Route::Policy(_)
            | Route::Assignments(_)
            | Route::Numbers => Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "not allowed")),
        }
    }

    fn not_allowed(&self, method: &Method, allowed: &[Method]) -> Response<Bytes> {
        let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let message =
            format!("{} is not allowed here; {allowed} is", method.as_str().chars().take(20).collect::<String>());
        let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message);
        let mut response = refusal.response(self.company.behaviour.errors);
        if let Ok(allowed) = allowed.parse() {
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        response
    }

    /// Somebody who is there and not deleted.
    fn person(&self, store: &Store, id: &str) -> Result<Arc<Resource>, Refusal> {
        store.user(id).cloned().ok_or_else(|| Refusal::missing("user", id))
    }

    /// Writes a changed person, after the names and the seats were found to be free.
    fn save(&self, store: &mut Store, before: &Arc<Resource>, mut after: Content) -> Result<Arc<Resource>, Refusal> {
        store.check_name(before.kind, Some(&before.id), &after)?;
        self.company.seat(store, Some(&before.content), &after)?;
        if self.company.declared {
            after.show_numbers();
        }
        Ok(store.update(before, after, now())?)
    }
}

impl Writing<'_> {
    fn fields(&self, known: &[&str], required: &[&str]) -> Result<Fields, Refusal> {
        Fields::read(self.body, known, required, &self.bend.not_stored)
    }
}

/// Now, to the second, as the API's times are.
fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Second).unwrap_or(now)
}
