//! People, groups and app role assignments from Microsoft Entra ID, through Microsoft Graph.
//!
//! `sign_in` gets a [`Token`].

mod cloud;
pub mod sign_in;
mod token;

pub use cloud::{graph_host, login_host};
pub use token::{Claims, SignInFailure, Token};
