//! One cycle after the other: reads, plans, carries out, and says what came of it.
//!
//! `apply` from the command line and a cycle of `run` go through the same two
//! steps, [`turn::plan`] and [`turn::carry_out`]; what is different is who asks.
//! Whatever fails is a failed cycle, never the end of the service.

pub mod board;
pub mod cycle;
pub mod heard;
mod keep;
mod last_good;
pub mod means;
mod once;
pub mod page;
pub mod quarantine;
pub mod records;
mod timing;
pub mod turn;

pub use board::Board;
pub use cycle::{Cycle, Ending, Failure, Trouble};
pub use keep::{Asked, Event, keep};
pub use means::{Gathered, Loaded, Means};
pub use quarantine::Quarantine;
