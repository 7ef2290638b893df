//! Where people come from: each source reads one [`crate::directory::Directory`].

pub mod entra;
pub mod files;
