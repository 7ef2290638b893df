//! The state of a run before, whatever is in its files: it is read or refused in
//! words. What is read is kept: folded and read again it is the same. A journal
//! that was cut says the beginning of what the whole one said; one with a byte
//! changed in the middle is refused, or says the same.
//!
//! The first line of the input says where to cut; the others are entries, which
//! get the number and the sum that a line of the journal has. A line that begins
//! with `#` goes to the memory instead.

#![no_main]

use dialform::{
    names::Text,
    state::{Disk, State, StateError, Store},
};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

const JOURNAL: &str = "journal.jsonl";

fn read(disk: &Disk) -> Result<State, StateError> {
    State::read(Store::Memory(disk.clone()), &Text::from("acme"), &Text::from("sandbox"))
}

fn sealed(number: usize, entry: &str) -> String {
    let digest = Sha256::new().chain_update((number as u64).to_be_bytes()).chain_update(entry.as_bytes()).finalize();
    let sum: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{{\"n\":{number},\"sum\":\"{sum}\",\"entry\":{entry}}}\n")
}

fuzz_target!(|input: &[u8]| {
    // Any bytes as any of the files.
    for file in [JOURNAL, "journal.previous.jsonl", "memory.json", "memory.previous.json"] {
        let disk = Disk::default();
        disk.set(file, Some(input));
        if let Err(error) = read(&disk) {
            assert!(!error.to_string().is_empty());
        }
    }
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (cut, entries) = text.split_once('\n').unwrap_or(("", text));
    // The last line is a good one: a broken one there may be torn, with what is broken before it.
    let journal: String = entries
        .lines()
        .filter(|line| !line.starts_with('#'))
        .chain([r#"{"effects":[]}"#])
        .enumerate()
        .map(|(number, entry)| sealed(number, entry))
        .collect();
    let disk = Disk::default();
    if let Some(memory) = entries.lines().find_map(|line| line.strip_prefix('#')) {
        disk.set("memory.json", Some(memory.as_bytes()));
    }
    disk.set(JOURNAL, Some(journal.as_bytes()));
    let Ok(mut state) = read(&disk) else { return };
    let (memory, doubts) = (state.memory().clone(), state.in_doubt().to_vec());

    // Cut anywhere: what was whole is still read.
    let cut = cut.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % (journal.len() + 1);
    disk.set(JOURNAL, Some(&journal.as_bytes()[..cut]));
    read(&disk).expect("a torn journal is read");
    // Changed anywhere but in the last line: seen.
    let last = journal.trim_end().rfind('\n').map_or(0, |at| at + 1);
    if cut < last {
        let mut changed = journal.clone().into_bytes();
        changed[cut] ^= 1;
        disk.set(JOURNAL, Some(&changed));
        if let Ok(other) = read(&disk) {
            assert_eq!((other.memory(), other.in_doubt()), (&memory, &doubts[..]));
        }
    }
    disk.set(JOURNAL, Some(journal.as_bytes()));
    if let Ok(guard) = state.lock() {
        state.commit().expect("a memory disk takes it");
        drop(guard);
        let again = read(&disk).expect("what was written is read");
        assert_eq!(again.in_doubt(), doubts);
        // Budgets of more than a day ago are forgotten.
        let (mut before, mut after) = (memory, again.memory().clone());
        (before.done, after.done) = (Vec::new(), Vec::new());
        assert_eq!(before, after);
    }
});
