//! Tells people what came of a run: mail, Slack, Teams, a program of theirs, a heartbeat.
//!
//! What is told is decided by a pure function ([`decide`]) of what happened, what was
//! told before and the time; what was told is kept with the state, so that neither a
//! service nor a row of CI runs repeats itself. A notification that cannot be sent
//! never fails a run, and delays it by [`PATIENCE`] at most.

mod decide;
mod event;
mod mail;
mod notice;
mod receiver;
mod show;
mod sign;
mod tell;
mod webhook;

pub use decide::{Decision, MOST_A_DAY, Topic, Why, decide};
pub use event::{Event, Quarantine, Standing, Standings, What};
pub use mail::{Server, ServerError, Tls};
pub use notice::{Notice, Part, Tone};
pub use receiver::{Receiver, Receivers, Secrets};
pub use show::{html, json, slack, teams, text};
pub use sign::{SignError, Signer};
pub use tell::{Outcome, Report, tell, test};
pub use webhook::Hook;

/// How long one receiver may take. All are told at once.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
