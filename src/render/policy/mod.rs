//! What came of the manifest's own tests: text, JSON and JUnit.

mod json;
mod junit;
mod text;

pub use json::json;
pub use junit::junit;
pub use text::text;

use crate::{names::Value, policy_test::Difference};

/// Both sides of a difference as one line each, as JSON writes values; hostile
/// characters are still in them.
fn sides(difference: &Difference) -> (String, String) {
    let shown =
        |value: &Option<Value>| value.as_ref().map_or_else(|| "null".to_owned(), |value| value.to_json().to_string());
    let actual = match &difference.problem {
        Some(problem) => format!("({problem})"),
        None => shown(&difference.actual),
    };
    (format!("{}: {}", difference.what, shown(&difference.expected)), format!("{}: {actual}", difference.what))
}

#[cfg(test)]
mod tests;
