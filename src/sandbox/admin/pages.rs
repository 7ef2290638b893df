//! Lists: pages of 100 behind a cursor, and the deliberate error for a larger `limit`.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::atomic::{AtomicU64, Ordering},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::sandbox::faults::Bend;

/// The most rows of a page (OpenAPI, `GET /users`).
const MOST: usize = 100;

/// How often a `limit` over 100 is refused: "20 % of the time". Here it is each fifth.
const REFUSED: u64 = 5;

/// The parameters of an address.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(query: Option<&str>) -> Self {
        let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.map(|(key, value)| (key.into_owned(), value.into_owned())).collect())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.text(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Refusal::bad(format!("`{name}` must be true or false"))),
        }
    }
}

/// What pages are made with.
#[derive(Debug)]
pub(super) struct Pages {
    most: usize,
    /// How many calls asked for more than 100.
    greedy: AtomicU64,
    /// Cursors of an earlier epoch are expired.
    epoch: AtomicU64,
}

impl Pages {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.clamp(1, MOST), greedy: AtomicU64::new(0), epoch: AtomicU64::new(1) }
    }

    /// Makes all cursors invalid that were given so far.
    pub(super) fn expire(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// One page of rows, which come in the order of their serials.
    pub(super) fn page<T>(
        &self,
        (path, query): (&str, &Query),
        rows: impl Iterator<Item = (u64, T)>,
        write: impl Fn(T) -> Value,
        bend: &Bend,
    ) -> Result<Value, Refusal> {
        let most = self.limit(query)?;
        let fingerprint = fingerprint(path, query);
        let asked = query.text("cursor").filter(|cursor| !cursor.is_empty());
        let after = asked.map_or(Ok(0), |cursor| self.after(cursor, fingerprint))?;
        let skipped = if bend.missing_page { most } else { 0 };
        let mut rows = rows.skip_while(|(serial, _)| *serial <= after).skip(skipped);
        let mut last = after;
        let items: Vec<Value> = rows
            .by_ref()
            .take(most)
            .map(|(serial, row)| {
                last = serial;
                write(row)
            })
            .collect();
        let mut page = Map::new();
        if rows.next().is_some() {
            let next = format!("{}.{fingerprint:x}.{last}", self.epoch.load(Ordering::Relaxed));
            let next = asked.filter(|_| bend.same_cursor).map_or_else(|| URL_SAFE_NO_PAD.encode(next), str::to_owned);
            page.insert("cursor".into(), next.into());
        }
        // Empty lists are left out, as the OpenAPI's examples do with `rooms`.
        if !items.is_empty() {
            page.insert("items".into(), items.into());
        }
        Ok(page.into())
    }

    fn limit(&self, query: &Query) -> Result<usize, Refusal> {
        let Some(limit) = query.text("limit") else { return Ok(self.most) };
        let limit: usize =
            limit.parse().ok().filter(|limit| *limit > 0).ok_or_else(|| Refusal::bad("invalid `limit`"))?;
        if limit > MOST && (self.greedy.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(REFUSED) {
            return Err(Refusal::bad("`limit` is deprecated and must not be greater than 100"));
        }
        Ok(limit.min(self.most))
    }

    /// After which serial a cursor goes on. One of another list, or of before
    /// the cursors expired, is as unknown as one that was never given.
    fn after(&self, cursor: &str, fingerprint: u64) -> Result<u64, Refusal> {
        let read = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
            let mut parts = text.split('.');
            let epoch: u64 = parts.next()?.parse().ok()?;
            let list = u64::from_str_radix(parts.next()?, 16).ok()?;
            let after = parts.next()?.parse().ok()?;
            (epoch == self.epoch.load(Ordering::Relaxed) && list == fingerprint && parts.next().is_none())
                .then_some(after)
        };
        read().ok_or_else(|| Refusal::bad("invalid cursor"))
    }
}

/// Which list is asked for: its path and parameters, without those of the page.
fn fingerprint(path: &str, query: &Query) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    query
        .0
        .iter()
        .filter(|(key, _)| !["cursor", "limit"].contains(&key.as_str()))
        .for_each(|pair| pair.hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(
        pages: &Pages,
        path: &str,
        query: &str,
        rows: u64,
        bend: &Bend,
    ) -> Result<(Vec<u64>, Option<String>), Refusal> {
        let value = pages.page((path, &Query::read(Some(query))), (1..=rows).map(|n| (n, n)), Value::from, bend)?;
        let items = value["items"].as_array().map(|items| items.iter().filter_map(Value::as_u64).collect());
        Ok((items.unwrap_or_default(), value["cursor"].as_str().map(str::to_owned)))
    }

    #[test]
    fn the_last_page_has_no_cursor_and_an_empty_list_no_items() {
        let (pages, none) = (Pages::new(1_000), Bend::default());
        let (first, cursor) = page(&pages, "/users", "", 150, &none).unwrap();
        assert_eq!((first.len(), first[0]), (100, 1));
        let next = format!("cursor={}", cursor.unwrap());
        let (second, end) = page(&pages, "/users", &next, 150, &none).unwrap();
        assert_eq!((second.len(), second[0], end), (50, 101, None));
        // Exactly a page needs no second one.
        assert_eq!(page(&pages, "/users", "", 100, &none).unwrap().1, None);
        assert_eq!(
            pages.page(("/users", &Query::read(None)), std::iter::empty::<(u64, u64)>(), Value::from, &none).unwrap(),
            Value::Object(Map::new())
        );
    }

    #[test]
    fn a_cursor_of_another_list_or_time_is_refused() {
        let (pages, none) = (Pages::new(10), Bend::default());
        let cursor = page(&pages, "/users", "state=all", 30, &none).unwrap().1.unwrap();
        let next = format!("state=all&cursor={cursor}");
        assert_eq!(page(&pages, "/users", &next, 30, &none).unwrap().0[0], 11);
        for (path, query) in [
            ("/users", format!("cursor={cursor}")),
            ("/offices", next.clone()),
            ("/users", "cursor=nonsense!".to_owned()),
            ("/users", format!("state=all&cursor={cursor}x")),
        ] {
            let refusal = page(&pages, path, &query, 30, &none).unwrap_err();
            assert_eq!((refusal.status.as_u16(), refusal.message.as_str()), (400, "invalid cursor"), "{path}?{query}");
        }
        pages.expire();
        assert!(page(&pages, "/users", &next, 30, &none).is_err());
    }

    #[test]
    fn a_limit_over_a_hundred_gives_a_hundred_and_each_fifth_time_an_error() {
        let (pages, none) = (Pages::new(1_000), Bend::default());
        let greedy: Vec<_> =
            (0..10).map(|_| page(&pages, "/users", "limit=1000", 300, &none).map(|page| page.0.len()).ok()).collect();
        let five = [Some(100), Some(100), Some(100), Some(100), None];
        assert_eq!(greedy, [five, five].concat());
        assert!((0..10).all(|_| page(&pages, "/users", "limit=100", 300, &none).is_ok()));
        assert_eq!(page(&pages, "/users", "limit=7", 300, &none).unwrap().0.len(), 7);
        assert!(page(&pages, "/users", "limit=0", 300, &none).is_err());
    }

    #[test]
    fn faults_leave_a_page_out_or_give_the_same_cursor_again() {
        let pages = Pages::new(10);
        let missing = Bend { missing_page: true, ..Bend::default() };
        assert_eq!(page(&pages, "/users", "", 30, &missing).unwrap().0[0], 11);
        let same = Bend { same_cursor: true, ..Bend::default() };
        let cursor = page(&pages, "/users", "", 30, &same).unwrap().1.unwrap();
        assert_eq!(page(&pages, "/users", &format!("cursor={cursor}"), 30, &same).unwrap().1, Some(cursor));
    }
}
