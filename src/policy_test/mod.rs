//! The manifest's own unit tests: who is in scope, which role, which values.
