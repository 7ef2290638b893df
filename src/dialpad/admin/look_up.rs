//! Looking somebody up whom SCIM has just created: by e-mail, the only join.

use std::time::Duration;

use super::{
    super::scim::{Trouble, escaped},
    Api, pages, people,
};
use crate::{
    live::tenant::Member,
    names::{Text, eq_fold},
};

/// How long is waited between tries: a record need not be there at once.
const WAITS: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Why there is no record to work with.
#[derive(Debug)]
pub(super) enum NoRecord {
    /// It is not there, or not alone.
    Unclear(String),
    /// It could not be asked for.
    Unasked(Trouble),
}

/// The record with this address, and how many requests that took.
pub(super) async fn by_email(api: &Api, email: &Text) -> (u64, Result<Member, NoRecord>) {
    let mut asked = 0;
    let mut waits = WAITS.into_iter();
    loop {
        asked += 1;
        let found = match with_email(api, email).await {
            Ok(found) => found,
            Err(trouble) => return (asked, Err(NoRecord::Unasked(trouble))),
        };
        match (found.as_slice(), waits.next()) {
            ([one], _) => return (asked, Ok(one.clone())),
            ([], Some(wait)) => tokio::time::sleep(wait).await,
            ([], None) => {
                let seconds: u64 = WAITS.iter().map(Duration::as_secs).sum();
                let message = format!(
                    "the account was created, and after {seconds} s nobody in the admin API has its address {email}"
                );
                return (asked, Err(NoRecord::Unclear(message)));
            }
            (several, _) => {
                let ids: Vec<&str> = several.iter().map(|one| one.id.as_str()).collect();
                let message =
                    format!("{} records in the admin API have the address {email}: {}", ids.len(), ids.join(", "));
                return (asked, Err(NoRecord::Unclear(message)));
            }
        }
    }
}

/// Whoever has this address, primary or not. A service that ignores the filter lists everybody.
async fn with_email(api: &Api, email: &Text) -> Result<Vec<Member>, Trouble> {
    let path = format!("/users?state=all&email={}", escaped(email));
    let read = |json: &_| people::member(json).map(|member| (member.id.clone(), member));
    let mut found = pages::list(api, &path, "a person by address", read, &|_| {}).await?;
    found.retain(|member| member.emails.iter().any(|own| eq_fold(own.trim(), email.trim())));
    Ok(found)
}
