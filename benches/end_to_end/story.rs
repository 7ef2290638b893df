//! What the program does: read, plan, apply with a journal on the disk, and nothing left to do.

use std::time::Instant;

use dialform::{
    apply::{self, Stopping},
    dialpad::{self, End, Want, Writer},
    directory::{Directory, Person},
    live::Live,
    manifest::{self, Disk, Manifest, Scim, trust::AllowedHosts},
    names::{Attributes, Complete, Reading, Secret, Value},
    plan::{self, Inputs, Options, Plan, Request, outcome::Outcome},
    state::{State, Store},
};
use http::Method;
use tempfile::TempDir;

use super::{
    AT_ONCE, Took,
    load::Message,
    server::{Server, TOKEN},
};

const MANIFEST: &str = r#"
version: 1
name: acme
source: { files: { people: people.csv } }
target: { sandbox: {} }
scope: everyone
mappings:
  users:
    attributes:
      userName: { attribute: userPrincipalName }
      externalId: { attribute: objectId }
      active: { expression: 'Not([IsSoftDeleted])' }
      displayName: { expression: 'Join(" ", [givenName], [surname])' }
      name.givenName: { attribute: givenName }
      name.familyName: { attribute: surname }
      title: { attribute: jobTitle }
      emails[type eq "work"].value: { attribute: userPrincipalName }
  groups: { enabled: false }
safety: { creates: { max: 1000000 }, updates: { max: 1000000 } }
"#;

/// A company that gets its accounts.
pub struct Story {
    manifest: Manifest,
    settings: Scim,
    writer: Writer,
    people: usize,
    /// Where the state lies: on the disk, as it does for people.
    folder: TempDir,
}

/// What one apply cost.
pub struct Applied {
    /// Reading and planning, when everything is there.
    pub read: Took,
    /// Carrying the plan out.
    pub apply: Took,
    /// What it sent, for the generator.
    pub bodies: Vec<Message>,
}

impl Story {
    pub fn begin(server: &Server, people: usize) -> Self {
        let mut disk = Disk { read: &mut |_| Ok(MANIFEST.to_owned()), list: &mut |_, _| Ok(Vec::new()) };
        let read = manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default());
        let Some((manifest, _)) = read.manifest else { panic!("{:?}", read.problems) };
        let settings = Scim { rate: None, concurrency: AT_ONCE, ..manifest.target.scim().clone() };
        let token = Some(Secret::parse(TOKEN).unwrap());
        let end = End::Socket { url: server.url.as_str().into(), token, plain_http: false };
        let writer = Writer::connect(end, &settings).unwrap();
        Self { manifest, settings, writer, people, folder: tempfile::tempdir().unwrap() }
    }

    /// Gives everybody this title, and sees that nothing is left to do.
    pub async fn apply(&mut self, title: &str) -> Applied {
        let directory = directory(self.people, title);
        let mut state = self.state();
        let plan = self.plan(&directory, &state).await.0;
        assert_eq!((plan.changes.len(), plan.held.len()), (self.people, 0), "{:?}", plan.held.first());
        let bodies = plan.changes.iter().flat_map(|change| &change.requests).map(|request| message(&plan, request));
        let bodies = bodies.collect();
        let guard = state.lock().unwrap();
        let options = apply::Options { concurrency: AT_ONCE, page_size: self.settings.page_size, ..Default::default() };
        let start = Instant::now();
        let outcome: Outcome =
            apply::run(&plan, &self.writer, &mut state, &guard, &options, &Stopping::never(), &|_| {}).await;
        let apply = Took { requests: outcome.requests, time: start.elapsed() };
        assert_eq!((outcome.failed(), outcome.skipped(), outcome.retries), (0, 0, 0), "{:?}", outcome.stopped);
        drop(guard);
        // One for each change, and no more: their answers say what was stored.
        assert_eq!(outcome.requests, self.people as u64);
        let (after, read) = self.plan(&directory, &self.state()).await;
        assert!(after.is_empty(), "{:?}", after.changes.first());
        Applied { read, apply, bodies }
    }

    fn state(&self) -> State {
        let store = Store::Folder(self.folder.path().to_owned());
        State::read(store, &self.manifest.name, &"bench".into()).unwrap()
    }

    async fn plan(&self, directory: &Directory, state: &State) -> (Plan, Took) {
        let start = Instant::now();
        let live: Live = self.writer.reader().live(&Want::default(), &|_| {}).await.unwrap();
        let now = "2027-01-31T09:00:00Z".parse().unwrap();
        let inputs = Inputs { manifest: &self.manifest, directory, live: &live, memory: state.memory(), now };
        let plan = plan::between(&inputs, &Options::default());
        (plan, Took { requests: live.service.requests, time: start.elapsed() })
    }
}

fn message(plan: &Plan, request: &Request) -> Message {
    let method = match request {
        Request::CreateUser { .. } => Method::POST,
        Request::PatchUser { .. } => Method::PATCH,
        other => panic!("not of this plan: {other:?}"),
    };
    let body = dialpad::body(request, plan.made_from.dialect, &|of| match of {
        plan::Ref::Live(id) => Some(id.clone()),
        plan::Ref::Created(_) => None,
    });
    Message { method, path: "/Users".to_owned(), body: body.unwrap() }
}

fn directory(people: usize, title: &str) -> Directory {
    let person = |n: usize| {
        let name = format!("given.family{n}@contoso.example");
        let id = format!("{n:08x}-3909-445a-ba5e-{n:012x}");
        let attributes: Attributes = [
            ("givenName".into(), Value::from("Given")),
            ("jobTitle".into(), title.into()),
            ("objectId".into(), id.as_str().into()),
            ("surname".into(), format!("Family{n}").into()),
            ("userPrincipalName".into(), name.into()),
        ]
        .into_iter()
        .collect();
        Person { id: id.as_str().into(), attributes, soft_deleted: false, manager: None, place: None }
    };
    let people = Reading::Complete(Complete::attest((0..people).map(person).collect()));
    Directory::new(people, Reading::Complete(Complete::attest(Vec::new())))
}
