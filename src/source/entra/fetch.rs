//! Collections and single objects: pages followed, refusals told apart.

use std::collections::HashSet;

use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    graph::{Body, Graph, Reply},
    trouble::{Kind, Trouble},
};

/// The most pages of one collection: 999 objects in each.
const MAX_PAGES: usize = 10_000;

/// How often a collection is begun anew because its next page was no longer known.
const MAX_RESTARTS: usize = 2;

/// A read, with what it is for.
#[derive(Clone, Debug)]
pub(super) struct Want {
    /// Path and query below the base address.
    pub path: String,
    /// For people: `the members of group SG-Sales`.
    pub what: String,
    /// The permission that it needs.
    pub permission: &'static str,
    pub shape: Shape,
    /// Whether the reading is as good without it: it is [`Got::Refused`] then.
    pub optional: bool,
}

/// What is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One object.
    One,
    /// A collection, all pages of it.
    Many,
    /// A collection of people, which progress counts.
    People,
}

/// What came of a read.
#[derive(Debug)]
pub(super) enum Got {
    /// There is no such thing (404).
    NotFound,
    /// The object.
    One(Box<RawValue>),
    /// Every item of the collection.
    Many(Vec<Box<RawValue>>),
    /// It cannot be read, and need not be.
    Refused(Trouble),
}

impl Got {
    /// The items of a collection.
    pub fn items(self) -> Option<Vec<Box<RawValue>>> {
        match self {
            Got::Many(items) => Some(items),
            Got::NotFound | Got::One(_) | Got::Refused(_) => None,
        }
    }
}

impl Want {
    pub fn new(shape: Shape, path: String, what: impl Into<String>, permission: &'static str) -> Self {
        Self { path, what: what.into(), permission, shape, optional: false }
    }

    /// The same, without which the reading is as good.
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }
}

/// A read under way.
struct Open {
    at: usize,
    /// The page that is read now.
    path: String,
    seen: HashSet<String>,
    items: Vec<Box<RawValue>>,
    restarts: usize,
}

/// Reads everything that is wanted, in as few requests as there can be; in the order of the wants.
///
/// # Errors
/// When one of them cannot be read that is not optional: a part of a reading is worth nothing.
/// A 404 is no error.
pub(super) async fn fetch(graph: &Graph, wants: &[Want], seen: &(dyn Fn(u64) + Sync)) -> Result<Vec<Got>, Trouble> {
    let mut got: Vec<Option<Got>> = wants.iter().map(|_| None).collect();
    let begin = |(at, want): (usize, &Want)| Open {
        at,
        path: want.path.clone(),
        seen: HashSet::new(),
        items: Vec::new(),
        restarts: 0,
    };
    let mut open: Vec<Open> = wants.iter().enumerate().map(begin).collect();
    while !open.is_empty() {
        let paths: Vec<String> = open.iter().map(|open| open.path.clone()).collect();
        let replies = graph.ask(&paths).await?;
        let mut next = Vec::new();
        for (mut read, reply) in open.into_iter().zip(replies) {
            let want = &wants[read.at];
            match take(graph, want, &mut read, reply, seen).await {
                Ok(Some(done)) => got[read.at] = Some(done),
                Ok(None) => next.push(read),
                Err(trouble) if want.optional => got[read.at] = Some(Got::Refused(trouble)),
                Err(trouble) => return Err(trouble),
            }
        }
        open = next;
    }
    Ok(got.into_iter().flatten().collect())
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Box<RawValue>>,
    #[serde(rename = "@odata.nextLink", default)]
    next: Option<String>,
}

/// Takes an answer; `None` when there are more pages.
async fn take(
    graph: &Graph,
    want: &Want,
    read: &mut Open,
    reply: Reply,
    seen: &(dyn Fn(u64) + Sync),
) -> Result<Option<Got>, Trouble> {
    let Want { what, shape, .. } = want;
    if reply.status == StatusCode::NOT_FOUND {
        return Ok(Some(Got::NotFound));
    }
    if !reply.status.is_success() {
        let refusal = Refusal::of(graph, &reply).await;
        if refusal.is_expired_page() && read.restarts < MAX_RESTARTS && !read.items.is_empty() {
            *read = Open {
                at: read.at,
                path: want.path.clone(),
                seen: HashSet::new(),
                items: Vec::new(),
                restarts: read.restarts + 1,
            };
            return Ok(None);
        }
        return Err(refusal.trouble(want));
    }
    let body = match reply.body {
        Body::Json(body) => body,
        Body::Other(nature) => {
            return Err(Trouble::unusable(what, &format!("Graph answered {} with {nature}", reply.status.as_u16())));
        }
    };
    if *shape == Shape::One {
        return Ok(Some(Got::One(body)));
    }
    let Ok(Page { value, next }) = serde_json::from_str::<Page>(body.get()) else {
        return Err(Trouble::unusable(what, "the answer is no page of a collection: it has no list `value`"));
    };
    if *shape == Shape::People {
        seen(value.len() as u64);
    }
    read.items.extend(value);
    let Some(next) = next else { return Ok(Some(Got::Many(std::mem::take(&mut read.items)))) };
    let Some(path) = below(graph.base(), &next) else {
        return Err(Trouble::unusable(what, "its next page lies at another address, to which no token is sent"));
    };
    if path == want.path || !read.seen.insert(path.clone()) {
        return Err(Trouble::unusable(what, "its next page is one that was read before, so there is no end to it"));
    }
    if read.seen.len() > MAX_PAGES {
        return Err(Trouble::unusable(what, &format!("it has more than {MAX_PAGES} pages")));
    }
    read.path = path;
    Ok(None)
}

/// The path of a link below the base address; `None` when it lies elsewhere.
fn below(base: &str, link: &str) -> Option<String> {
    let rest = link.strip_prefix(base).or_else(|| {
        // Scheme and host are compared without case.
        let head = link.get(..base.len())?;
        head.eq_ignore_ascii_case(base).then(|| &link[base.len()..])
    })?;
    let safe = rest.starts_with('/') && !rest.contains("/../") && !rest.contains(|c: char| c.is_control() || c == ' ');
    safe.then(|| rest.to_owned())
}

/// What Graph says when it refuses.
struct Refusal {
    status: StatusCode,
    code: String,
    message: String,
    request_id: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorSaid,
}

#[derive(Deserialize)]
struct ErrorSaid {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default, alias = "innererror", rename = "innerError")]
    inner: Option<serde_json::Value>,
}

impl Refusal {
    async fn of(graph: &Graph, reply: &Reply) -> Self {
        let (mut code, mut message, mut request_id) = (String::new(), String::new(), reply.request_id.clone());
        match &reply.body {
            Body::Json(body) => {
                if let Ok(ErrorBody { error }) = serde_json::from_str(body.get()) {
                    let inner = error.inner.as_ref().and_then(|inner| inner.get("request-id")?.as_str());
                    request_id = request_id.or_else(|| inner.map(str::to_owned));
                    code = graph.shown(&error.code.unwrap_or_default()).await;
                    message = graph.shown(&error.message.unwrap_or_default()).await;
                }
            }
            Body::Other(nature) => message = (*nature).to_owned(),
        }
        let request_id = request_id.filter(|id| id.len() <= 64 && id.chars().all(|c| c.is_ascii_graphic()));
        Self { status: reply.status, code, message, request_id }
    }

    /// Whether the page is not known any more; codes are compared without case.
    fn is_expired_page(&self) -> bool {
        let code = self.code.to_ascii_lowercase();
        self.status.is_client_error() && (code.contains("expiredpagetoken") || code.contains("invalidpagetoken"))
    }

    fn said(&self) -> String {
        let mut said = format!("Graph answered {}", self.status.as_u16());
        let parts: Vec<&str> =
            [self.code.as_str(), self.message.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
        if !parts.is_empty() {
            said.push_str(&format!(" ({})", parts.join(": ")));
        }
        if let Some(id) = &self.request_id {
            said.push_str(&format!(", request-id {id}"));
        }
        said
    }

    fn trouble(&self, want: &Want) -> Trouble {
        let said = self.said();
        match self.status.as_u16() {
            401 => Trouble::new(
                Kind::SignIn,
                format!("read {}: the token was refused: {said}", want.what),
                "sign in again; is the token for this cloud's Microsoft Graph?",
            ),
            403 => Trouble::permission(&want.what, want.permission, &said),
            408 | 424 | 429 | 500 | 502 | 503 | 504 | 509 => Trouble::new(
                Kind::Unreachable,
                format!("read {}: {said}, and did so until the time was up", want.what),
                "try again later",
            ),
            _ => Trouble::unusable(&want.what, &said),
        }
    }
}

/// Text as it stands in a path or query of ours: everything escaped that could mean something else.
pub(super) fn escaped(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'\'').remove(b'@');
    utf8_percent_encode(text, KEPT).to_string()
}

/// A text as a literal of a filter: quotes doubled (OData 4.01, 5.1.1.14.1), then escaped.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", escaped(&text.replace('\'', "''")))
}

/// `$filter=id in ('a','b')`, escaped.
pub(super) fn is_in(property: &str, values: &[impl AsRef<str>]) -> String {
    let values: Vec<String> = values.iter().map(|value| literal(value.as_ref())).collect();
    format!("$filter={property}%20in%20({})", values.join(","))
}

/// The most values of an `in` ("Use the $filter query parameter", known limits).
pub(super) const IN_A_FILTER: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_page_lies_below_the_same_address() {
        let base = "https://graph.microsoft.com/v1.0";
        let ok = |link| below(base, link);
        assert_eq!(ok("https://graph.microsoft.com/v1.0/users?$skiptoken=x").unwrap(), "/users?$skiptoken=x");
        assert_eq!(ok("HTTPS://Graph.Microsoft.com/v1.0/users").unwrap(), "/users");
        for link in [
            "https://evil.example/v1.0/users",
            "https://graph.microsoft.com.evil.example/v1.0/users",
            "https://graph.microsoft.com/v1.0.evil/users",
            "https://graph.microsoft.com/v1.0@evil.example/users",
            "http://graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.com/beta/users",
            "https://graph.microsoft.com/v1.0/../beta/users",
            "/users",
            "",
            "https://graph.microsoft.com/v1.0/users\r\nX: y",
        ] {
            assert_eq!(ok(link), None, "{link}");
        }
    }

    #[test]
    fn a_literal_of_a_filter_is_escaped() {
        assert_eq!(literal("O'Brien & Söhne"), "'O''Brien%20%26%20S%C3%B6hne'");
        assert_eq!(literal("a_b.c#EXT#@x.example"), "'a_b.c%23EXT%23@x.example'");
        assert_eq!(is_in("id", &["a", "b"]), "$filter=id%20in%20('a','b')");
    }
}
