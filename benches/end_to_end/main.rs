//! Requests and wall time of the whole way, read, plan and apply, against a server in a
//! process of its own, and how near that comes to a load generator that sends the same
//! requests with the same HTTP library, without a plan and without a journal.
//!
//! `cargo bench --bench end_to_end [-- sandbox|scimmy|scim2-server [PEOPLE]]`. The bar is 70%
//! of what the generator gets. The servers that others wrote are started by the scripts in
//! `../shared/servers` beside the project, or where `DIALFORM_SHARED` says; without them the
//! sandbox is all there is to measure. Everything stays on loopback.

#![expect(clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and fails loudly")]

mod load;
mod server;
mod story;

use std::time::Duration;

use load::Generator;
use server::{Kind, Server};
use story::Story;

/// Changes under way at once, as the manifest's default has it.
const AT_ONCE: u32 = 8;

/// What disturbs a machine only ever slows it down: the best of these counts.
const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if arguments.first().is_some_and(|first| first == server::SERVE) {
        return runtime.block_on(server::serve_sandbox());
    }
    let only = arguments.first().map(String::as_str);
    let people = arguments.get(1).map(|people| people.parse().unwrap());
    println!(
        "{:<14} {:<10} {:>8} {:>9} {:>11} {:>11} {:>9}",
        "server", "", "requests", "seconds", "requests/s", "generator/s", "of it"
    );
    for kind in Kind::ALL.into_iter().filter(|kind| only.is_none_or(|only| only == kind.name())) {
        match kind.is_missing() {
            Some(why) => println!("{:<14} skipped: {why}", kind.name()),
            None => runtime.block_on(measure(kind, people.unwrap_or(kind.people()))),
        }
    }
}

/// What one round took.
#[derive(Clone, Copy)]
struct Took {
    requests: u64,
    time: Duration,
}

impl Took {
    fn rate(self) -> f64 {
        self.requests as f64 / self.time.as_secs_f64()
    }

    fn best(rounds: &[Took]) -> Took {
        *rounds.iter().min_by_key(|took| took.time).unwrap()
    }
}

/// Everybody is created, then everybody's title changes; once by us and once by the generator,
/// each time on a server that begins empty.
async fn measure(kind: Kind, people: usize) {
    let (mut reads, mut ours, mut theirs) = (Vec::new(), [Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..ROUNDS {
        let server = Server::start(kind).await;
        let mut story = Story::begin(&server, people);
        let created = story.apply("Engineer").await;
        let updated = story.apply("Senior Engineer").await;
        reads.push(updated.read);
        ours[0].push(created.apply);
        ours[1].push(updated.apply);
        drop(server);
        let server = Server::start(kind).await;
        let generator = Generator::new(&server);
        let (took, answers) = generator.send(&created.bodies).await;
        theirs[0].push(took);
        theirs[1].push(generator.send(&load::patches(&updated.bodies, &answers)).await.0);
    }
    let read = Took::best(&reads);
    row(kind, "read, plan", read, None);
    row(kind, "create", Took::best(&ours[0]), Some(Took::best(&theirs[0])));
    row(kind, "update", Took::best(&ours[1]), Some(Took::best(&theirs[1])));
}

fn row(kind: Kind, what: &str, ours: Took, theirs: Option<Took>) {
    let (requests, seconds, rate) = (ours.requests, ours.time.as_secs_f64(), ours.rate());
    print!("{:<14} {what:<10} {requests:>8} {seconds:>9.2} {rate:>11.0}", kind.name());
    match theirs {
        Some(theirs) => println!(" {:>11.0} {:>8.0}%", theirs.rate(), rate / theirs.rate() * 100.0),
        None => println!(),
    }
}
