use serde::{Deserialize, Serialize};

/// Proof that a listing holds everything there is: every page was read, no
/// answer was an error, and the counts agree.
///
/// Only readers make one. Whatever removes something asks for this type, so a
/// bad read cannot become a removal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Complete<T>(T);

impl<T> Complete<T> {
    /// Attests that `items` is everything. For readers, after their checks.
    pub fn attest(items: T) -> Self {
        Self(items)
    }

    /// What was read.
    pub fn items(&self) -> &T {
        &self.0
    }

    /// What was read, without the proof.
    pub fn into_items(self) -> T {
        self.0
    }
}

/// What came of reading a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading<T> {
    /// Everything there is.
    Complete(Complete<T>),
    /// Some of it. Enough to compare what was seen, never to remove.
    Incomplete {
        /// What was read.
        items: T,
        /// Why it is not all, for people: "listing incomplete: 20 of 210".
        because: String,
    },
    /// The service or the source does not offer it, or it was not asked for.
    Absent {
        /// Why, for people.
        because: String,
    },
}

impl<T> Reading<T> {
    /// The items, with the proof, when the reading was complete.
    pub fn complete(&self) -> Option<&Complete<T>> {
        match self {
            Reading::Complete(complete) => Some(complete),
            Reading::Incomplete { .. } | Reading::Absent { .. } => None,
        }
    }

    /// The items, complete or not.
    pub fn items(&self) -> Option<&T> {
        match self {
            Reading::Complete(complete) => Some(complete.items()),
            Reading::Incomplete { items, .. } => Some(items),
            Reading::Absent { .. } => None,
        }
    }

    /// Why the reading is not complete, for people.
    pub fn because(&self) -> Option<&str> {
        match self {
            Reading::Complete(_) => None,
            Reading::Incomplete { because, .. } | Reading::Absent { because } => Some(because),
        }
    }
}
