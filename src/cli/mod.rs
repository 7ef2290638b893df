//! The commands, one file each: clap types and one short function per command.

pub mod sandbox;
