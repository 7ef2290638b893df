//! Ordering and finding things by text, for a hundred thousand of them.

use std::collections;

/// A map by what we compare: any order, so nothing that people see may come from walking one.
pub type HashMap<K, V> = collections::HashMap<K, V, foldhash::fast::RandomState>;

/// A set of what we compare.
pub type HashSet<T> = collections::HashSet<T, foldhash::fast::RandomState>;

/// Sorts by a text, equal ones in the order they came in.
///
/// The first bytes are kept beside each item: comparing those touches no text
/// elsewhere in memory, which is what sorting many of them waits for.
pub fn sort_by_text<T>(items: &mut Vec<T>, text: impl Fn(&T) -> &str) {
    if items.is_sorted_by(|left, right| text(left) <= text(right)) {
        return;
    }
    let mut led: Vec<(u128, T)> = items.drain(..).map(|item| (lead(text(&item)), item)).collect();
    led.sort_by(|left, right| left.0.cmp(&right.0).then_with(|| text(&left.1).cmp(text(&right.1))));
    items.extend(led.into_iter().map(|(_, item)| item));
}

/// The first sixteen bytes as a number, ordered as the texts are as far as they go:
/// equal ones have to be compared whole.
pub fn lead(text: &str) -> u128 {
    let bytes = text.as_bytes();
    let mut first = [0; 16];
    let n = bytes.len().min(16);
    first[..n].copy_from_slice(&bytes[..n]);
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_order_of_the_texts_and_keeps_equal_ones_in_place(
            texts in proptest::collection::vec("(aaaaaaaaaaaaaaa)?[a-b\0é\u{10ffff}]{0,3}", 0..40),
        ) {
            let mut items: Vec<(usize, String)> = texts.into_iter().enumerate().collect();
            let mut expected = items.clone();
            expected.sort_by(|left, right| left.1.cmp(&right.1));
            sort_by_text(&mut items, |(_, text)| text);
            prop_assert_eq!(items, expected);
        }
    }
}
