//! What a listing of accounts shows: paging, filters that find, `externalId`.

use serde_json::Value as Json;

use super::{Asked, Examination, entries, filter};
use crate::{
    dialpad::scim::{listing::Page, member},
    names::AttrPath,
};

impl Examination<'_> {
    /// Looks at the first accounts: how many pages all of them take.
    pub(super) async fn users(&mut self) -> Option<u64> {
        let size = self.settings.page_size;
        let first = match self.page(&format!("/Users?startIndex=1&count={size}")).await {
            Asked::Page(page) => page,
            Asked::Refused(_, message) => {
                let remedy = "without a listing nothing can be planned; see what the key may do";
                self.error("users", format!("accounts cannot be listed: {message}"), remedy);
                return None;
            }
            Asked::Unanswered(failure) => {
                self.error(
                    "users",
                    format!("accounts cannot be listed: {failure}"),
                    "try again with a smaller `page_size`",
                );
                return None;
            }
        };
        let seen = entries(&first) as u64;
        let Some(total) = first.total else {
            self.warning("users", format!("the listing does not say how many accounts there are; {seen} came"), "");
            return Some(1);
        };
        self.good("users", format!("there are {total} accounts, {seen} on the first page of {size} asked for"));
        if seen > u64::from(size) {
            self.warning("paging", "more accounts came than were asked for: `count` is ignored", "");
        }
        if seen > 1 {
            self.second(&first).await;
        }
        self.find_one(&first).await;
        self.external_ids(&first);
        if seen == 0 && total > 0 {
            let remedy = "no plan can be made from this; ask the service's operator";
            self.error("users", format!("the listing claims {total} accounts and shows none"), remedy);
        }
        Some(if seen == 0 { 1 } else { total.div_ceil(seen) })
    }

    /// Whether a page can begin anywhere.
    async fn second(&mut self, first: &Page) {
        let Asked::Page(second) = self.page("/Users?startIndex=2&count=1").await else {
            self.warning("paging", "a page that begins in the middle is refused", "listings may be incomplete");
            return;
        };
        let id = |page: &Page, at: usize| page.resources.get(at).and_then(|json| member(json, "id").cloned());
        let (wanted, came) = (id(first, 1), id(&second, 0));
        if came.is_some() && came == id(first, 0) {
            self.warning(
                "paging",
                "pages are ignored: the second begins like the first",
                "if all accounts are on it, this does no harm; otherwise every plan is made from an incomplete reading",
            );
        } else if came == wanted && entries(&second) == 1 {
            self.good("paging", "pages are as they were asked for");
        } else {
            let message = "the order of the listing is not stable, or pages are not as they were asked for";
            self.warning("paging", message, "plans notice when something is missing and then remove nothing");
        }
    }

    /// Whether a filter finds an account that is there, and also in another case.
    async fn find_one(&mut self, first: &Page) {
        let name = first.resources.iter().find_map(|json| member(json, "userName").and_then(Json::as_str));
        let Some(name) = name.map(str::to_owned) else { return };
        let path = AttrPath::core("userName");
        let finds =
            async |examination: &mut Self, name: &str| match examination.page(&filter("/Users", &path, name)).await {
                Asked::Page(page) => entries(&page) > 0,
                Asked::Refused(..) | Asked::Unanswered(_) => false,
            };
        if !finds(self, &name).await {
            let remedy = "keep `read: list`";
            self.warning("filter", "a filter does not find an account that is in the listing", remedy);
            return;
        }
        let other: String =
            if name.chars().any(char::is_lowercase) { name.to_uppercase() } else { name.to_lowercase() };
        if finds(self, &other).await {
            self.good("filter", "a filter finds an account, also in another case");
        } else {
            self.note("filter", "a filter finds an account only in the case that is stored", "");
        }
    }

    fn external_ids(&mut self, first: &Page) {
        let all = entries(first);
        let with = first.resources.iter().filter(|json| member(json, "externalId").is_some_and(|id| id != "")).count();
        if all == 0 {
            return;
        }
        if with == 0 {
            self.note(
                "external_id",
                format!("none of the first {all} accounts has an `externalId`"),
                "if the service does not keep it, ownership rests on links alone: keep `state` between runs",
            );
        } else {
            self.good("external_id", format!("{with} of the first {all} accounts have an `externalId`"));
        }
    }
}
