//! Walks a plan: in order of dependency, concurrently, each request journaled.
//!
//! It decides nothing but to go on or to stop.
