//! Whatever the network, the service and kill signals do to an apply: one more
//! run gives the state that a run without faults gives; nothing is lost, nothing
//! is done twice, and what was said to be done is done.
//!
//! `DIALFORM_EVERY=1` tries each fault at each request and each cut, rather than
//! a third of them; `DIALFORM_SEEDS` and `DIALFORM_SEED` choose the random ones.

use std::{env, time::Duration};

use crate::simulation::{Snapshot, World};

/// Every fault of the sandbox, without its turn.
const FAULTS: [&str; 24] = [
    "status=500",
    "status=503;retry-after=1",
    "status=503;retry-after=1;after",
    "status=503;body=html",
    "status=502;body=empty",
    "status=504;after",
    "status=500;after",
    "status=400",
    "status=409",
    "status=404",
    "status=412",
    "throttle=2",
    "reset",
    "lost",
    "latency=90s",
    "slow=90s",
    "truncated",
    "wrong-json",
    "wrong-shape",
    "missing-page",
    "not-stored=title",
    "status=204",
    "status=200;body=html",
    "status=200;body=html;after",
];

/// The end that a run without faults comes to, and how many requests it takes.
async fn undisturbed() -> (Snapshot, u64, u64) {
    let world = World::medium();
    let round = world.settle("undisturbed").await;
    let writes = round.plan.requests();
    assert_eq!(writes, 15, "4 creates, 3 updates, disable, enable, delete, a group, 3 times members in, once out");
    (world.snapshot(), round.requests, writes)
}

#[tokio::test(start_paused = true)]
async fn every_refusal_at_every_request_is_mended_by_one_more_run() {
    each_at_every_request(&FAULTS[..11]).await;
}

#[tokio::test(start_paused = true)]
async fn every_other_fault_at_every_request_is_mended_by_one_more_run() {
    each_at_every_request(&FAULTS[11..]).await;
}

/// A service where a create that is repeated makes a duplicate.
#[tokio::test(start_paused = true)]
async fn every_fault_where_names_are_not_unique_makes_nothing_twice() {
    each_at_every_request_of(&FAULTS, World::medium_with_duplicates).await;
}

async fn each_at_every_request(faults: &[&str]) {
    each_at_every_request_of(faults, World::medium).await;
}

async fn each_at_every_request_of(faults: &[&str], world: fn() -> World) {
    let (expected, requests, _) = undisturbed().await;
    for (offset, fault) in faults.iter().enumerate() {
        for at in (1 + offset as u64 % thin(3)..=requests).step_by(thin(3) as usize) {
            let context = format!("{fault};request={at}");
            let world = world();
            world.faults([&*context]);
            if let Ok(round) = world.apply().await {
                world.believe(&round, &context).await;
            }
            world.settle(&context).await;
            assert_eq!(world.snapshot(), expected, "{context}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_apply_cut_at_any_moment_is_finished_by_the_next() {
    let (expected, requests, writes) = undisturbed().await;
    // Answers take time before and after they take effect, so that cuts fall on both sides.
    for power in [false, true] {
        for step in (u64::from(power)..120).step_by(thin(5) as usize) {
            let context = format!("cut after {} ms, power loss: {power}", step * 5);
            let world = World::medium();
            world.faults(["slow=15ms"]);
            tokio::select! {
                _ = world.apply() => {}
                () = tokio::time::sleep(Duration::from_millis(step * 5)) => {}
            }
            let before = world.sandbox.requests();
            if power {
                world.disk.lose_power(usize::try_from(step).unwrap() * 7 % 200);
            }
            let in_doubt = world.state().in_doubt().len() as u64;
            let round = world.settle(&context).await;
            assert_eq!(world.snapshot(), expected, "{context}");
            assert!(in_doubt <= 3, "{context}: no more in doubt than was under way, not {in_doubt}");
            // What was left, what reading takes, and what was under way.
            let (left, reads) = (writes - before.writes().min(writes), requests - writes);
            let sent = round.requests;
            assert!(sent <= left + reads + in_doubt + 3, "{context}: {sent} for {left} left, {reads} reads");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn random_sequences_of_faults_cuts_and_power_loss_lose_nothing() {
    let (expected, requests, _) = undisturbed().await;
    let seeds: u64 = env::var("DIALFORM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let first: u64 = env::var("DIALFORM_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    for seed in first..first + seeds {
        let mut dice = Dice(seed);
        let mut world = World::medium();
        world.concurrency = 1 + u32::try_from(dice.roll(8)).unwrap();
        let context = format!("DIALFORM_SEED={seed} DIALFORM_SEEDS=1");
        for _ in 0..=dice.roll(3) {
            let faults: Vec<String> = (0..=dice.roll(4))
                .map(|_| {
                    let fault = FAULTS[usize::try_from(dice.roll(FAULTS.len() as u64)).unwrap()];
                    format!("{fault};request={}", 1 + dice.roll(requests + 5))
                })
                .collect();
            world.faults(faults.iter().map(String::as_str));
            let cut = (dice.roll(2) == 0).then(|| Duration::from_millis(dice.roll(900)));
            tokio::select! {
                _ = world.apply() => {}
                () = tokio::time::sleep(cut.unwrap_or(Duration::from_hours(9))) => {}
            }
            if dice.roll(3) == 0 {
                world.disk.lose_power(usize::try_from(dice.roll(400)).unwrap());
            }
        }
        world.settle(&context).await;
        assert_eq!(world.snapshot(), expected, "{context}");
    }
}

/// Only one of so many, unless all are asked for.
fn thin(one_of: u64) -> u64 {
    if env::var_os("DIALFORM_EVERY").is_some() { 1 } else { one_of }
}

/// A generator of numbers that a seed determines (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }
}
