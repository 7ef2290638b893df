//! The provisioning log: one JSON line for each evaluated object and run.
