//! Any bytes as answers of the admin API: the reading comes to its end, with the
//! parts that could be read, and says of the others why not. Read again it is the same.
//!
//! The input is split at `\n---\n`; each kind of address answers with a part of its
//! own, and from the second page on with one of the spare parts at the end.

#![no_main]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use dialform::{
    dialpad::{Reader, Wanted},
    http::{Ends, Failure},
    manifest::{ManagerDialect, MembersDialect, PatchDialect, ReadDialect, Scim},
};
use http::{Request, Response};
use libfuzzer_sys::fuzz_target;

/// What addresses end with, or have inside, in the order of the parts.
const KINDS: [&str; 12] = [
    "/company",
    "/available_licenses",
    "/skill",
    "/assignments",
    "/members",
    "/departments/",
    "/callcenters/",
    "/users",
    "/offices",
    "/departments",
    "/callcenters",
    "/accesscontrolpolicies",
];

/// So many requests are answered; whoever asks for more gets nothing.
const MOST: usize = 300;

fn service(input: &[u8]) -> Ends {
    let mut parts: Vec<Bytes> = Vec::new();
    let mut rest = input;
    while let Some(at) = rest.windows(5).position(|window| window == b"\n---\n") {
        parts.push(Bytes::copy_from_slice(&rest[..at]));
        rest = &rest[at + 5..];
    }
    parts.push(Bytes::copy_from_slice(rest));
    let asked: Arc<Mutex<(usize, HashMap<String, usize>)>> = Arc::default();
    Ends::new(tower::service_fn(move |request: Request<Bytes>| {
        let path = request.uri().path().to_owned();
        let kind = KINDS.iter().position(|kind| path.ends_with(kind) || (kind.ends_with('/') && path.contains(kind)));
        let kind = kind.unwrap_or(KINDS.len());
        let mut asked = asked.lock().expect("nothing panics while it is held");
        asked.0 += 1;
        let page = asked.1.entry(path).or_default();
        *page += 1;
        let part = if *page == 1 { kind } else { KINDS.len() + *page };
        let body = if asked.0 > MOST { Bytes::new() } else { parts.get(part).cloned().unwrap_or_default() };
        async move { Ok::<_, Failure>(Response::new(body)) }
    }))
}

fuzz_target!(|input: &[u8]| {
    let settings = Scim {
        rate: None,
        concurrency: 1,
        patch: PatchDialect::Rfc7644,
        members: MembersDialect::Filter,
        manager: ManagerDialect::Record,
        read: ReadDialect::List,
        page_size: 100,
        members_per_request: 1_000,
    };
    let read = || {
        let reader = Reader::in_process(service(input), service(input), &settings);
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime can be had");
        runtime.block_on(reader.tenant(&Wanted::everything(), &|_| {}))
    };
    match read() {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(tenant) => {
            assert!(tenant.unread.values().all(|why| !why.is_empty()));
            assert_eq!(read().map_err(|error| error.to_string()), Ok(tenant));
        }
    }
});
