//! Ordering and finding things by text, for a hundred thousand of them.

use std::{collections, hash::BuildHasher};

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

/// The texts that several items have, in order, each with the positions of those items.
///
/// Of the others only a hash is kept: hardly any text stands twice, and holding a hundred
/// thousand of them to see that takes more memory than what is planned for a person.
pub fn repeated<T>(items: &[T], text: impl Fn(&T) -> String) -> Vec<(String, Vec<usize>)> {
    let hasher = foldhash::fast::RandomState::default();
    let mut hashes: Vec<(u64, usize)> =
        items.iter().enumerate().map(|(at, item)| (hasher.hash_one(text(item)), at)).collect();
    hashes.sort_unstable();
    let mut found: collections::BTreeMap<String, Vec<usize>> = collections::BTreeMap::new();
    for alike in hashes.chunk_by(|left, right| left.0 == right.0).filter(|alike| alike.len() > 1) {
        for (_, at) in alike {
            found.entry(text(&items[*at])).or_default().push(*at);
        }
    }
    found.retain(|_, places| places.len() > 1);
    found.into_iter().collect()
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

        #[test]
        fn repeated_texts_are_those_that_stand_several_times(texts in proptest::collection::vec("[ab]{0,2}", 0..12)) {
            let places = |text: &String| (0..texts.len()).filter(|at| texts[*at] == *text).collect::<Vec<_>>();
            let mut expected: Vec<_> = texts.iter().map(|text| (text.clone(), places(text))).collect();
            expected.sort();
            expected.dedup();
            expected.retain(|(_, places)| places.len() > 1);
            prop_assert_eq!(repeated(&texts, String::clone), expected);
        }
    }
}
