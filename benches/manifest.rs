//! Milliseconds to check a manifest of 1,000 lines: in memory, and as a command.
//!
//! `cargo bench --bench manifest`. The bar is 50 ms for the command.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and fails loudly")]

use std::{fmt::Write, fs, hint::black_box, process::Command, time::Instant};

use dialform::manifest::{self, Disk, raw, trust::AllowedHosts, yaml};

const BAR: f64 = 50.0;

fn main() {
    let text = thousand_lines();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dialform.yaml");
    fs::write(&file, &text).unwrap();
    println!("{} lines{:>22} {:>8}", text.lines().count(), "ms", "of bar");
    measure("check, the command", || {
        let status = Command::new(env!("CARGO_BIN_EXE_dialform")).args(["check", "-q", "-m"]).arg(&file).status();
        assert!(status.unwrap().success());
    });
    measure("--help, the command", || {
        let output = Command::new(env!("CARGO_BIN_EXE_dialform")).arg("--help").output();
        assert!(output.unwrap().status.success());
    });
    // The first reading also makes the schema, as every command does.
    let start = Instant::now();
    black_box(raw::validator());
    println!("{:<24} {:>8.2}", "the schema, once", start.elapsed().as_secs_f64() * 1e3);
    measure("read, all stages", || {
        let mut disk = Disk { read: &mut |_| Ok(text.clone()), list: &mut |_, _| Ok(Vec::new()) };
        let read = manifest::read("dialform.yaml", &mut disk, &AllowedHosts::default());
        assert!(read.manifest.is_some(), "{:?}", read.problems);
    });
    let name = "dialform.yaml".into();
    measure("the YAML alone", || {
        black_box(yaml::read(&name, &text).unwrap());
    });
}

/// The best of some rounds: what disturbs a machine only ever slows it down.
fn measure(name: &str, once: impl Fn()) {
    let rounds = (0..20).map(|_| {
        let start = Instant::now();
        once();
        start.elapsed().as_secs_f64() * 1e3
    });
    let ms = rounds.fold(f64::INFINITY, f64::min);
    println!("{name:<24} {ms:>8.2} {:>7.0}%", ms / BAR * 100.0);
}

/// Assignments for the most part, as in a company of many teams, with filters and mappings.
fn thousand_lines() -> String {
    let mut text = String::from(
        "version: 1\nname: acme\nsource: { files: { people: people.csv } }\ntarget: { sandbox: {} }\n\
         roles:\n  supervisor: {}\n  member: {}\nfilters:\n  users:\n    - name: Staff\n      where:\n        \
         - { attribute: country, operator: regex_match, value: '^(GB|DE|FR)$' }\nmappings:\n  users:\n    \
         attributes:\n      userName: { attribute: userPrincipalName }\n      active: { expression: \
         'Not([IsSoftDeleted])' }\n",
    );
    for i in 0..60 {
        writeln!(
            text,
            "      urn:example:params:scim:schemas:extension:acme:2.0:User:field{i}:\n        \
             {{ expression: 'IIF([extensionAttribute{}] = \"{i}\", Join(\" \", [givenName], [surname]), [mail])' }}",
            i % 15 + 1
        )
        .unwrap();
    }
    text.push_str("assignments:\n");
    while text.lines().count() < 1_000 {
        let i = text.len();
        writeln!(text, "  - {{ group: SG-Team-{i}, role: member, from: 2027-01-01, until: 2027-12-31 }}").unwrap();
    }
    text
}
