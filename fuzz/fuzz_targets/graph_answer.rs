//! Any bytes as answers of Microsoft Graph: the reading comes to its end, whole or
//! with a sentence about what is wrong. Read again it is the same.
//!
//! The input is split at `\n---\n`; each kind of address answers with a part of its
//! own. A part that begins with a digit is `STATUS BODY`.

#![no_main]

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use dialform::{
    http::{Ends, Failure},
    manifest::{self, Disk, Manifest, Source, trust::AllowedHosts},
    names::SourceId,
    source::entra::{self, Former, Graph, Wanted, sign_in::SignIn},
};
use http::{Request, Response};
use libfuzzer_sys::fuzz_target;
use serde_json::Value as Json;

const MANIFEST: &str = "version: 1
name: acme
source:
  entra:
    tenant: 5c90b973-6c7b-559c-8bd4-b912934b9d3d
    application: a42d5f8f-7ef3-51ac-99a7-4f7ed2a57db7
    auth: token
target:
  sandbox: {}
roles:
  staff: {}
assignments:
  - { group: Dialpad Users, role: staff }
  - { user: abeo.lind@example.com, role: staff }
mappings:
  users:
    attributes:
      userName: { attribute: userPrincipalName }
      title: { attribute: jobTitle }
      manager: { attribute: manager }
";

/// What addresses have inside, in the order of the parts.
const KINDS: [&str; 10] = [
    "/organization",
    "/appRoleAssignedTo",
    "/synchronization",
    "/servicePrincipals",
    "/manager",
    "/members",
    "/transitiveMembers",
    "/deletedItems",
    "/groups",
    "/users",
];

/// So many batches are answered; whoever asks for more gets nothing.
const MOST: usize = 60;

fn service(input: &str) -> Ends {
    let parts: Vec<String> = input.split("\n---\n").map(str::to_owned).collect();
    let asked: Arc<Mutex<usize>> = Arc::default();
    Ends::new(tower::service_fn(move |request: Request<Bytes>| {
        let mut asked = asked.lock().expect("nothing panics while it is held");
        *asked += 1;
        let batch: Json = serde_json::from_slice(request.body()).unwrap_or_default();
        let mut responses = String::new();
        for one in batch["requests"].as_array().into_iter().flatten().filter(|_| *asked <= MOST) {
            let (id, url) = (&one["id"], one["url"].as_str().unwrap_or_default());
            let kind = KINDS.iter().position(|kind| url.contains(kind)).unwrap_or(KINDS.len());
            let part = parts.get(kind).map_or("", String::as_str);
            let (status, body) = match part.split_once(' ') {
                Some((status, body)) if status.parse::<u16>().is_ok() => (status, body),
                Some(_) | None => ("200", part),
            };
            let comma = if responses.is_empty() { "" } else { "," };
            let _ = write!(responses, "{comma}{{\"id\":{id},\"status\":{status},\"body\":{body}}}");
        }
        let body = format!("{{\"responses\":[{responses}]}}");
        async move { Ok::<_, Failure>(Response::new(Bytes::from(body))) }
    }))
}

fn manifest() -> Manifest {
    let mut disk = Disk { read: &mut |_| Ok(MANIFEST.to_owned()), list: &mut |_, _| Ok(Vec::new()) };
    let read = manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default());
    let problems = read.problems;
    read.manifest.unwrap_or_else(|| panic!("the manifest is good: {problems:?}")).0
}

fuzz_target!(|input: &str| {
    let manifest = manifest();
    let Source::Entra(entra) = &manifest.source else { return };
    let token = |name: &str| (name == "GRAPH_ACCESS_TOKEN").then(|| "test-token".to_owned());
    let former = || [Former { id: SourceId::from("00000000-0000-4000-8000-00000000000f"), disabled: false }];
    let wanted = Wanted::of(&[&manifest], former(), false);
    let read = || {
        let sign_in = SignIn::choose(entra, &token).expect("a token is given");
        let graph = Graph::in_process(service(input), "https://graph.example/v1.0", sign_in);
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime can be had");
        runtime.block_on(entra::read(&graph, entra, &wanted, &|_| {}))
    };
    match (read(), read()) {
        (Ok(one), Ok(two)) => assert_eq!((one.directory, one.warnings), (two.directory, two.warnings)),
        (Err(one), Err(two)) => {
            assert!(!one.message.is_empty());
            assert_eq!(one.message, two.message);
        }
        (one, two) => panic!("read twice it is not the same: {one:?} {two:?}"),
    }
});
