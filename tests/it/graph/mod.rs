//! A Microsoft Graph of our own on loopback: state in memory, real filters, pages and
//! batches, and a script of faults. Facts are those of the documented API; the people are invented.

mod faults;
mod query;
mod serve;
mod store;

pub use faults::{Answer, Fault};
pub use serve::FakeGraph;
pub use store::{APPLICATION, Object, Store, TENANT, group, guid, user};
