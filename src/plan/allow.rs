//! `--allow REASON=N` and `--allow REASON=PERSON`: what a person lets through.

use std::{fmt, str::FromStr};

use super::Reason;
use crate::names::{Folded, Text, near_miss};

/// Something that is let through although a guard would hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Which guard.
    pub reason: Reason,
    /// How much of it.
    pub extent: Extent,
    text: Text,
}

/// How much is let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// At most this many.
    Count(u64),
    /// One person or group, by name, without case.
    Subject(Folded),
}

/// Why a text is not an allowance.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AllowanceError(String);

impl FromStr for Allowance {
    type Err = AllowanceError;

    fn from_str(text: &str) -> Result<Self, AllowanceError> {
        let Some((name, extent)) = text.split_once('=').filter(|(_, extent)| !extent.trim().is_empty()) else {
            return Err(AllowanceError(format!("expected REASON=N or REASON=PERSON, not `{text}`")));
        };
        let name = name.trim();
        let Some(reason) = Reason::ALL.into_iter().find(|reason| reason.name() == name) else {
            let names = Reason::ALL.into_iter().filter(|reason| reason.can_be_allowed()).map(Reason::name);
            return Err(AllowanceError(match near_miss(name, names.clone()) {
                Some(near) => format!("`{name}` is not a reason; did you mean `{near}`?"),
                None => format!("`{name}` is not a reason; they are {}", names.collect::<Vec<_>>().join(", ")),
            }));
        };
        if !reason.can_be_allowed() {
            return Err(AllowanceError(format!("`{name}` cannot be let through; mend its cause instead")));
        }
        let extent = match extent.trim().parse() {
            Ok(count) => Extent::Count(count),
            Err(_) => Extent::Subject(Folded::new(extent)),
        };
        Ok(Self { reason, extent, text: text.into() })
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What was let through, asked by guards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowed<'a>(pub &'a [Allowance]);

impl Allowed<'_> {
    /// Whether one of `names` is let through by name.
    pub fn names<'n>(&self, reason: Reason, mut names: impl Iterator<Item = &'n str>) -> bool {
        let subjects = self.of(reason).filter_map(|allowance| match &allowance.extent {
            Extent::Subject(subject) => Some(subject),
            Extent::Count(_) => None,
        });
        let subjects: Vec<&Folded> = subjects.collect();
        !subjects.is_empty() && names.any(|name| subjects.contains(&&Folded::new(name)))
    }

    /// The counts that were given for a reason.
    pub fn counts(&self, reason: Reason) -> impl Iterator<Item = u64> {
        self.of(reason).filter_map(|allowance| match allowance.extent {
            Extent::Count(count) => Some(count),
            Extent::Subject(_) => None,
        })
    }

    /// Whether anything was given for a reason.
    pub fn any(&self, reason: Reason) -> bool {
        self.of(reason).next().is_some()
    }

    fn of(&self, reason: Reason) -> impl Iterator<Item = &Allowance> {
        self.0.iter().filter(move |allowance| allowance.reason == reason)
    }
}
