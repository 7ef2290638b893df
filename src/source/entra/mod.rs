//! People, groups and app role assignments from Microsoft Entra ID, through Microsoft Graph.
//!
//! `sign_in` gets a [`Token`]; `graph` sends batches with it and `fetch` follows their pages;
//! `wanted` says what a manifest needs; `application`, `groups`, `people` and `former` are the
//! steps of a reading, in this order. A reading is complete only when every page was read,
//! no part of any batch failed, and every group that matters was found.

mod application;
mod attributes;
mod cloud;
mod configuration;
mod fetch;
mod former;
mod graph;
mod groups;
mod item;
mod jobs;
mod names;
mod people;
mod read;
pub mod sign_in;
mod token;
mod trouble;
mod wanted;

pub use application::Found as Application;
pub use cloud::{graph_host, login_host};
pub use configuration::{Configuration, configuration};
pub use graph::{BATCH_VARIABLE, Graph, URL_VARIABLE};
pub use names::{attribute_names, group_names};
pub use read::{Read, read};
pub use token::{Claims, SignInFailure, Token};
pub use trouble::{Kind, Trouble};
pub use wanted::{Former, Wanted};
