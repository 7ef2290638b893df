//! What is kept between runs: links, journal and lock.
//!
//! Losing it does no harm: what it alone knew is held back and said by the next plan.
