//! Listings: filter, order, page, and the attributes that were asked for
//! (RFC 7644 §3.4.2), from a query string or a `POST …/.search` body.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::{
    body::{self, get},
    check::{Check, SortBy, Subject},
    filter,
    refusal::{Refusal, ScimType, shortened},
    schema::{self, is_joined},
};
use crate::sandbox::{
    faults::Bend,
    store::{Resource, ResourceKind, Store},
};

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// How many resources are on a page when nothing is asked.
const USUAL_PAGE: i64 = 100;

/// What a listing is asked for.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pub(crate) filter: Option<String>,
    sort_by: Option<String>,
    descending: bool,
    start_index: Option<i64>,
    count: Option<i64>,
    pub(crate) choice: Choice,
}

/// Which attributes are sent. Paths that nothing has choose nothing.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    only: Vec<Path>,
    except: Vec<Path>,
}

/// `userName`, `name.givenName`, `URN`, `URN:department`; in lower case.
#[derive(Debug)]
struct Path {
    home: Option<String>,
    name: Option<String>,
    sub: Option<String>,
}

impl Query {
    /// Reads a query string.
    pub(crate) fn from_uri(query: Option<&str>) -> Result<Self, Refusal> {
        let mut read = Self::default();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = value.replace('+', " ");
            let value = percent_decode_str(&value).decode_utf8().map_err(|_| {
                Refusal::new(ScimType::InvalidValue, format!("the query's `{}` is not UTF-8", shortened(key)))
            })?;
            read.set(key, &Value::from(value.as_ref()))?;
        }
        Ok(read)
    }

    /// Reads a search request.
    pub(crate) fn from_body(body: &Value) -> Result<Self, Refusal> {
        let Value::Object(body) = body else {
            return Err(Refusal::new(ScimType::InvalidSyntax, "a search is a JSON object"));
        };
        let mut read = Self::default();
        for (key, value) in body.iter().filter(|(_, value)| !value.is_null()) {
            read.set(key, value)?;
        }
        Ok(read)
    }

    fn set(&mut self, key: &str, value: &Value) -> Result<(), Refusal> {
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        let text = || value.as_str().map(str::to_owned).ok_or_else(|| body::wrong_type(key, "text"));
        if is("filter") {
            self.filter = Some(text()?).filter(|filter| !filter.trim().is_empty());
        } else if is("sortBy") {
            self.sort_by = Some(text()?).filter(|path| !path.trim().is_empty());
        } else if is("sortOrder") {
            self.descending = match text()?.to_ascii_lowercase().as_str() {
                "" | "ascending" => false,
                "descending" => true,
                _ => return Err(body::wrong_type(key, "`ascending` or `descending`")),
            };
        } else if is("startIndex") {
            self.start_index = Some(whole_number(key, value)?);
        } else if is("count") {
            self.count = Some(whole_number(key, value)?);
        } else if is("attributes") {
            self.choice.only = paths(key, value)?;
        } else if is("excludedAttributes") {
            self.choice.except = paths(key, value)?;
        }
        Ok(())
    }
}

/// A whole number, however large: what does not fit is as good as the largest.
fn whole_number(key: &str, value: &Value) -> Result<i64, Refusal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(body::wrong_type(key, "a whole number"));
    }
    Ok(text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

fn paths(key: &str, value: &Value) -> Result<Vec<Path>, Refusal> {
    let texts: Vec<&str> = match value {
        Value::String(text) => text.split(',').collect(),
        Value::Array(list) => list
            .iter()
            .map(|path| path.as_str().ok_or_else(|| body::wrong_type(key, "a list of paths")))
            .collect::<Result<_, _>>()?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            return Err(body::wrong_type(key, "a list of paths"));
        }
    };
    Ok(texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).map(Path::read).collect())
}

impl Path {
    fn read(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let core = [schema::USER, schema::GROUP].map(str::to_ascii_lowercase);
        if text == schema::ENTERPRISE.to_ascii_lowercase() {
            return Self { home: Some(text), name: None, sub: None };
        }
        let (home, rest) = match text.rsplit_once(':') {
            Some((home, rest)) if core.iter().any(|core| core == home) => (None, rest),
            Some((home, rest)) => (Some(home.to_owned()), rest),
            None => (None, text.as_str()),
        };
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub.to_owned())),
            None => (rest, None),
        };
        Self { home, name: Some(name.to_owned()), sub }
    }

    /// Whether the path names the top-level key, as a whole or in part.
    fn within(&self, key: &str) -> bool {
        match (&self.home, &self.name) {
            (Some(home), None) => home.eq_ignore_ascii_case(key),
            // `urn:acme:2.0:User` is read as attribute `User` of `urn:acme:2.0`; both readings are tried.
            (Some(home), Some(name)) => {
                home.eq_ignore_ascii_case(key) || (self.sub.is_none() && is_joined(key, home, name))
            }
            (None, Some(name)) => name.eq_ignore_ascii_case(key),
            (None, None) => false,
        }
    }

    /// The path inside the value of the key; empty when it names the whole value.
    fn inner(&self, key: &str) -> Vec<&str> {
        match (&self.home, &self.name) {
            (Some(home), Some(name)) if home.eq_ignore_ascii_case(key) => {
                std::iter::once(name.as_str()).chain(self.sub.as_deref()).collect()
            }
            (Some(_), _) | (None, None) => Vec::new(),
            (None, Some(_)) => self.sub.as_deref().into_iter().collect(),
        }
    }
}

impl Choice {
    /// Whether nothing was chosen: the whole resource is sent.
    pub(crate) fn is_everything(&self) -> bool {
        self.only.is_empty() && self.except.is_empty()
    }

    /// The resource as it is sent to somebody who asked for these attributes.
    /// `id` and `schemas` are always there (RFC 7643 §3.1, §7).
    pub(crate) fn write(&self, resource: &Resource, base: &str) -> Value {
        let named = |list: &[Path], key: &str| list.iter().any(|path| path.within(key));
        let with_members = if self.only.is_empty() {
            !self.except.iter().any(|path| path.within("members") && path.sub.is_none())
        } else {
            named(&self.only, "members")
        };
        let mut json = body::write(resource, base, with_members);
        let always = |key: &str| key == "id" || key == "schemas";
        if !self.only.is_empty() {
            json.retain(|key, value| {
                if always(key) {
                    return true;
                }
                let inner: Vec<Vec<&str>> =
                    self.only.iter().filter(|path| path.within(key)).map(|path| path.inner(key)).collect();
                if inner.is_empty() {
                    return false;
                }
                inner.iter().any(Vec::is_empty) || {
                    keep_only(value, &inner);
                    !body::is_empty(value)
                }
            });
        } else if !self.except.is_empty() {
            json.retain(|key, value| {
                always(key)
                    || self.except.iter().filter(|path| path.within(key)).all(|path| {
                        let inner = path.inner(key);
                        !inner.is_empty() && {
                            drop_inner(value, &inner);
                            !body::is_empty(value)
                        }
                    })
            });
        }
        Value::Object(json)
    }
}

fn keep_only(value: &mut Value, paths: &[Vec<&str>]) {
    match value {
        Value::Array(list) => {
            list.iter_mut().for_each(|value| keep_only(value, paths));
            list.retain(|value| !body::is_empty(value));
        }
        Value::Object(object) => object.retain(|key, value| {
            let inner: Vec<Vec<&str>> = paths
                .iter()
                .filter(|path| path.first().is_some_and(|first| first.eq_ignore_ascii_case(key)))
                .map(|path| path[1..].to_vec())
                .collect();
            if !inner.is_empty() && inner.iter().all(|path| !path.is_empty()) {
                keep_only(value, &inner);
            }
            !inner.is_empty()
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn drop_inner(value: &mut Value, path: &[&str]) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| drop_inner(value, path)),
        Value::Object(object) => object.retain(|key, value| match path {
            [last] => !last.eq_ignore_ascii_case(key),
            [first, rest @ ..] if first.eq_ignore_ascii_case(key) => {
                drop_inner(value, rest);
                true
            }
            _ => true,
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// One page of a listing, before it is written out.
pub(crate) struct Page {
    rows: Vec<Arc<Resource>>,
    total: u64,
    start: usize,
}

/// The page of some kinds of resources that a query asks for.
pub(crate) fn page(
    store: &Store,
    kinds: &[ResourceKind],
    query: &Query,
    page_limit: usize,
    bend: &Bend,
) -> Result<Page, Refusal> {
    let matched = matching(store, kinds, query)?;
    let rows = matched.as_slice();
    let start = usize::try_from(query.start_index.unwrap_or(1).max(1)).unwrap_or(usize::MAX);
    let count = usize::try_from(query.count.unwrap_or(USUAL_PAGE).max(0)).unwrap_or(usize::MAX).min(page_limit);
    let first = if bend.missing_page { start.saturating_add(count) } else { start };
    let from = (first - 1).min(rows.len());
    let to = from.saturating_add(count).min(rows.len());
    Ok(Page { rows: rows[from..to].to_vec(), total: bend.total.unwrap_or(rows.len() as u64), start })
}

impl Page {
    /// The page as it is sent.
    pub(crate) fn write(&self, query: &Query, base: &str) -> Value {
        let resources: Vec<Value> = self.rows.iter().map(|row| query.choice.write(row, base)).collect();
        // `json!` would copy the resources once more.
        let mut json = Map::new();
        json.insert("schemas".into(), vec![LIST].into());
        json.insert("totalResults".into(), self.total.into());
        json.insert("startIndex".into(), self.start.into());
        json.insert("itemsPerPage".into(), resources.len().into());
        json.insert("Resources".into(), resources.into());
        Value::Object(json)
    }
}

/// The resources that a listing is cut from.
enum Matched<'a> {
    /// All of a kind, so that a page costs no more than its own length.
    All(&'a [Arc<Resource>]),
    Some(Vec<Arc<Resource>>),
}

impl Matched<'_> {
    fn as_slice(&self) -> &[Arc<Resource>] {
        match self {
            Matched::All(rows) => rows,
            Matched::Some(rows) => rows,
        }
    }
}

fn matching<'a>(store: &'a Store, kinds: &[ResourceKind], query: &Query) -> Result<Matched<'a>, Refusal> {
    if let (None, None, [kind]) = (&query.filter, &query.sort_by, kinds) {
        return Ok(Matched::All(store.rows(*kind)));
    }
    let parsed = query.filter.as_deref().map(filter::syntax).transpose()?;
    let mut refused = Vec::new();
    let mut rows = Vec::new();
    for kind in kinds {
        let sort = query.sort_by.as_deref().map(|text| SortBy::parse(*kind, text)).transpose();
        let check = parsed.as_ref().map(|filter| filter::ready(*kind, filter)).transpose();
        match check.and_then(|check| Ok((check, sort?))) {
            Ok((check, sort)) => {
                let mut found = passing(store, *kind, check.as_ref());
                if let Some(sort) = sort {
                    found = sorted(found, &sort, query.descending);
                }
                rows.append(&mut found);
            }
            // A search over everything may ask for what only one kind has.
            Err(refusal) => refused.push(refusal),
        }
    }
    if refused.len() == kinds.len()
        && let Some(first) = refused.into_iter().next()
    {
        return Err(first);
    }
    Ok(Matched::Some(rows))
}

fn passing(store: &Store, kind: ResourceKind, check: Option<&Check>) -> Vec<Arc<Resource>> {
    let Some(check) = check else { return store.rows(kind).to_vec() };
    let passes = |row: &&Arc<Resource>| check.passes(Subject::Resource(row));
    match check.only_name(kind) {
        Some(name) if store.is_unique() => store.named(kind, name).filter(passes).into_iter().cloned().collect(),
        Some(_) | None => store.rows(kind).iter().filter(passes).cloned().collect(),
    }
}

fn sorted(rows: Vec<Arc<Resource>>, sort: &SortBy, descending: bool) -> Vec<Arc<Resource>> {
    let mut keyed: Vec<_> = rows.into_iter().map(|row| (sort.key(&row), row)).collect();
    keyed.sort_by(|(left, _), (right, _)| match (left, right) {
        (Some(left), Some(right)) if descending => right.cmp(left),
        (Some(left), Some(right)) => left.cmp(right),
        // Those without a value come last when ascending, first when descending.
        (None, Some(_)) if descending => std::cmp::Ordering::Less,
        (Some(_), None) if descending => std::cmp::Ordering::Greater,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, None) => std::cmp::Ordering::Equal,
    });
    keyed.into_iter().map(|(_, row)| row).collect()
}

/// The listing of a fixed set, such as `/Schemas`.
pub(crate) fn whole(resources: &[Value]) -> Value {
    json!({
        "schemas": [LIST],
        "totalResults": resources.len(),
        "startIndex": 1,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

/// The member of a fixed set with this id.
pub(crate) fn one_of(resources: Vec<Value>, id: &str) -> Option<Value> {
    resources
        .into_iter()
        .find(|resource| resource.as_object().and_then(|object| get(object, "id")).and_then(Value::as_str) == Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(users: usize) -> Store {
        let mut store = Store::in_memory();
        for n in 0..users {
            let user = json!({"userName": format!("u{n}@example.com"), "title": format!("T{}", n % 3)});
            let content = body::read(ResourceKind::User, &user, &store).unwrap();
            store.insert(ResourceKind::User, Some(n.to_string().into()), content, jiff::Timestamp::UNIX_EPOCH).unwrap();
        }
        store
    }

    /// totalResults, startIndex, and the ids on the page.
    fn asked(store: &Store, query: &str, bend: &Bend) -> (u64, usize, Vec<String>) {
        let query = Query::from_uri(Some(query)).unwrap();
        let page = page(store, &[ResourceKind::User], &query, 5, bend).unwrap();
        let json = page.write(&query, "/scim");
        assert_eq!(json["itemsPerPage"], json!(page.rows.len()));
        (page.total, page.start, page.rows.iter().map(|row| row.id.to_string()).collect())
    }

    fn ids(query: &str) -> Vec<String> {
        asked(&store(12), query, &Bend::default()).2
    }

    #[test]
    fn pages_are_cut_as_the_rfc_says_whatever_the_numbers() {
        assert_eq!(
            asked(&store(12), "", &Bend::default()),
            (12, 1, ["0", "1", "2", "3", "4"].map(String::from).into())
        );
        assert_eq!(ids("startIndex=6&count=2"), ["5", "6"]);
        assert_eq!(ids("startIndex=12"), ["11"]);
        assert_eq!(ids("startIndex=13"), [""; 0]);
        assert_eq!(ids("startIndex=0&count=1"), ["0"]);
        assert_eq!(ids("startIndex=-7&count=1"), ["0"]);
        assert_eq!(ids("count=0"), [""; 0]);
        assert_eq!(ids("count=-1"), [""; 0]);
        assert_eq!(ids("count=100000").len(), 5);
        assert_eq!(ids("count=99999999999999999999999").len(), 5);
        assert_eq!(ids("startIndex=99999999999999999999999"), [""; 0]);
        assert_eq!(ids("startIndex=18446744073709551615&count=18446744073709551615"), [""; 0]);
        for wrong in ["count=ten", "startIndex=1.5", "startIndex=", "count=0x10"] {
            assert_eq!(Query::from_uri(Some(wrong)).unwrap_err().scim_type, Some(ScimType::InvalidValue), "{wrong}");
        }
    }

    #[test]
    fn a_page_has_a_hundred_when_nothing_is_asked_and_more_if_more_are_allowed() {
        let store = store(150);
        let on_page = |query: &str| {
            page(&store, &[ResourceKind::User], &Query::from_uri(Some(query)).unwrap(), 1_000, &Bend::default())
                .unwrap()
                .rows
                .len()
        };
        assert_eq!((on_page(""), on_page("count=120"), on_page("count=5000")), (100, 120, 150));
    }

    #[test]
    fn a_missing_page_and_a_wrong_total_are_told_as_if_they_were_right() {
        let missing = Bend { missing_page: true, ..Bend::default() };
        let (total, start, page) = asked(&store(12), "startIndex=1&count=5", &missing);
        assert_eq!((total, start, page), (12, 1, ["5", "6", "7", "8", "9"].map(String::from).into()));
        assert_eq!(asked(&store(12), "startIndex=11&count=5", &missing).2, [""; 0]);
        let lying = Bend { total: Some(3), ..Bend::default() };
        assert_eq!(asked(&store(12), "", &lying).0, 3);
    }

    #[test]
    fn filters_sorting_and_paging_come_together() {
        assert_eq!(ids("filter=title%20eq%20%22t1%22"), ["1", "4", "7", "10"]);
        assert_eq!(ids("filter=title+eq+%22t1%22&startIndex=2&count=2"), ["4", "7"]);
        assert_eq!(ids("filter=userName+eq+%22U7@EXAMPLE.com%22"), ["7"]);
        assert_eq!(ids("filter=userName+eq+%22u7@example.com%22+and+title+eq+%22T2%22"), [""; 0]);
        assert_eq!(ids("sortBy=title&sortOrder=descending"), ["2", "5", "8", "11", "1"]);
        assert_eq!(ids("sortBy=userName&count=4"), ["0", "10", "11", "1"]);
        let wrong = page(
            &store(1),
            &[ResourceKind::User],
            &Query::from_uri(Some("sortBy=shoeSize")).unwrap(),
            5,
            &Bend::default(),
        );
        assert_eq!(wrong.err().unwrap().scim_type, Some(ScimType::InvalidPath));
    }

    #[test]
    fn those_without_a_value_come_last_and_with_descending_first() {
        let mut store = store(2);
        let content = body::read(ResourceKind::User, &json!({"userName": "z@example.com"}), &store).unwrap();
        store.insert(ResourceKind::User, Some("z".into()), content, jiff::Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(asked(&store, "sortBy=title", &Bend::default()).2, ["0", "1", "z"]);
        assert_eq!(asked(&store, "sortBy=title&sortOrder=descending", &Bend::default()).2, ["z", "1", "0"]);
    }

    fn chosen(query: &str) -> Value {
        let mut store = Store::in_memory();
        let user = json!({
            "userName": "a@example.com", "name": {"givenName": "A", "familyName": "B"},
            "emails": [{"value": "a@example.com", "type": "work"}],
            (schema::ENTERPRISE): {"department": "S", "division": "D"},
            "urn:acme:2.0:User": {"shoe": 43},
        });
        let content = body::read(ResourceKind::User, &user, &store).unwrap();
        let row = store.insert(ResourceKind::User, Some("1".into()), content, jiff::Timestamp::UNIX_EPOCH).unwrap();
        let mut json = Query::from_uri(Some(query)).unwrap().choice.write(&row, "/scim");
        let schemas = json.as_object_mut().unwrap().shift_remove("schemas").unwrap();
        assert_eq!(schemas, json!([schema::USER, schema::ENTERPRISE, "urn:acme:2.0:User"]));
        json
    }

    #[test]
    fn attributes_choose_what_is_sent_and_the_id_always_is() {
        assert_eq!(chosen("attributes=USERNAME"), json!({"id": "1", "userName": "a@example.com"}));
        assert_eq!(chosen("attributes=nothing"), json!({"id": "1"}));
        assert_eq!(
            chosen("attributes=name.givenName,emails.value"),
            json!({"id": "1", "name": {"givenName": "A"}, "emails": [{"value": "a@example.com"}]})
        );
        let department = format!("attributes={}:department", schema::ENTERPRISE);
        assert_eq!(chosen(&department), json!({"id": "1", (schema::ENTERPRISE): {"department": "S"}}));
        let extension = format!("attributes={}", schema::ENTERPRISE);
        assert_eq!(chosen(&extension), json!({"id": "1", (schema::ENTERPRISE): {"department": "S", "division": "D"}}));
        assert_eq!(chosen("attributes=urn:acme:2.0:User"), json!({"id": "1", "urn:acme:2.0:User": {"shoe": 43}}));
    }

    #[test]
    fn excluded_attributes_leave_the_rest() {
        let less =
            format!("excludedAttributes=name,emails.type,id,meta,{}:department,urn:acme:2.0:User", schema::ENTERPRISE);
        assert_eq!(
            chosen(&less),
            json!({
                "id": "1", "userName": "a@example.com", "emails": [{"value": "a@example.com"}],
                (schema::ENTERPRISE): {"division": "D"},
            })
        );
    }
}
