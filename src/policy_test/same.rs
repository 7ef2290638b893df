//! When an expected value is the one that was mapped.

use crate::names::Value;

/// Compares as a person reads: booleans and numbers equal their texts, everything
/// else exactly, case included.
pub(super) fn same(expected: Option<&Value>, actual: Option<&Value>) -> bool {
    match (expected.filter(|value| !value.is_empty()), actual.filter(|value| !value.is_empty())) {
        (None, None) => true,
        (Some(expected), Some(actual)) => equal(expected, actual),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn equal(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Boolean(flag), Value::Text(text)) | (Value::Text(text), Value::Boolean(flag)) => {
            text.eq_ignore_ascii_case(if *flag { "true" } else { "false" })
        }
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::List(one), other) | (other, Value::List(one)) => matches!(one.as_slice(), [one] if equal(one, other)),
        _ => expected == actual || expected.to_string() == actual.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_same_as_a_person_reads_them() {
        let list = |items: &[&str]| Value::List(items.iter().map(|item| Value::text(*item)).collect());
        for (expected, actual, is_same) in [
            (Some(true.into()), Some("True".into()), true),
            (Some("false".into()), Some(false.into()), true),
            (Some(true.into()), Some("yes".into()), false),
            (Some(Value::Integer(7)), Some("7".into()), true),
            (Some("007".into()), Some(Value::Integer(7)), false),
            (Some("Ana".into()), Some("ana".into()), false),
            (Some("".into()), None, true),
            (None, Some("x".into()), false),
            (Some(list(&["a", "b"])), Some(list(&["a", "b"])), true),
            (Some(list(&["a", "b"])), Some(list(&["b", "a"])), false),
            (Some(list(&["a"])), Some("a".into()), true),
        ] {
            assert_eq!(same(expected.as_ref(), actual.as_ref()), is_same, "{expected:?} {actual:?}");
        }
    }
}
