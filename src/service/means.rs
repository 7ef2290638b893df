//! What a cycle is done with. The command line and the simulation each bring their own.

use std::{path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;

use super::{
    board::Board,
    cycle::{Cycle, Failure},
};
use crate::{
    dialpad::Writer,
    directory::Directory,
    manifest::Manifest,
    memory::Memory,
    state::{Clock, State, StateError},
};

/// A manifest that was read and is good.
#[derive(Debug)]
pub struct Loaded {
    /// The manifest.
    pub manifest: Manifest,
    /// Its files.
    pub files: Vec<PathBuf>,
    /// What is allowed but probably not meant, as text.
    pub warnings: Option<String>,
}

/// The people and groups.
#[derive(Debug)]
pub struct Gathered {
    /// Them.
    pub directory: Directory,
    /// What is doubtful about them, as text.
    pub warnings: Option<String>,
}

/// Reads the manifest, or says all that is wrong with it.
pub type Load = dyn Fn() -> Result<Loaded, String> + Send + Sync;

/// Reads the people and groups; tells the board how far it is.
pub type Gather =
    dyn for<'a> Fn(&'a Manifest, &'a Memory, &'a Board) -> BoxFuture<'a, Result<Gathered, Failure>> + Send + Sync;

/// Opens the client, or says why there is none.
pub type Connect = dyn Fn(&Manifest) -> Result<Writer, String> + Send + Sync;

/// Opens what is kept between runs.
pub type Open = dyn Fn(&Manifest) -> Result<State, StateError> + Send + Sync;

/// Is told of each cycle when it is over; it has its own patience and cannot fail a cycle.
pub type Tell = dyn Fn(Arc<Manifest>, Arc<Cycle>) -> BoxFuture<'static, ()> + Send + Sync;

/// What cycles are done with.
pub struct Means {
    /// Reads the manifest.
    pub load: Box<Load>,
    /// Reads the source.
    pub gather: Box<Gather>,
    /// Reaches Dialpad.
    pub connect: Box<Connect>,
    /// Opens the state.
    pub open: Box<Open>,
    /// Tells others.
    pub tell: Box<Tell>,
    /// What time it is.
    pub clock: Clock,
    /// For the jitter.
    pub seed: u64,
}
