//! Nanoseconds for one evaluation of typical mappings, and of a filter pattern.
//!
//! `cargo bench --bench expressions`. The bar is 1,000 ns for a typical mapping;
//! the last column is its share of that.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and fails loudly")]

use std::{hint::black_box, time::Instant};

use dialform::{
    expr::{Expression, Pattern, World},
    names::{Attributes, Value},
};

const BAR: f64 = 1_000.0;

const MAPPINGS: [(&str, &str); 9] = [
    ("not", "Not([IsSoftDeleted])"),
    ("coalesce", "Coalesce([mail], [userPrincipalName])"),
    ("switch", r#"Switch([country], "Other", "US", "Americas", "GB", "EMEA", "DE", "EMEA", "JP", "APAC")"#),
    ("iif", r#"IIF([country] = "DE", [department], [companyName])"#),
    ("join", r#"Join(" ", [givenName], [surname])"#),
    ("address", r#"Join("@", NormalizeDiacritics(StripSpaces(Join(".", [givenName], [surname]))), "contoso.com")"#),
    ("diacritics", "NormalizeDiacritics([displayName])"),
    ("replace text", r#"Replace([mail], "@contoso.com", , , "@contoso.net", , )"#),
    ("replace pattern", r#"Replace([telephoneNumber], , "[^0-9+]", , "", , )"#),
];

fn person() -> Attributes {
    let pairs = [
        ("IsSoftDeleted", Value::Boolean(false)),
        ("accountEnabled", Value::Boolean(true)),
        ("city", "Berlin".into()),
        ("companyName", "Contoso".into()),
        ("country", "DE".into()),
        ("department", "Engineering".into()),
        ("displayName", "Zoë Müller-García".into()),
        ("employeeId", "004211".into()),
        ("givenName", "Anna Lena".into()),
        ("jobTitle", "Engineer".into()),
        ("mail", "anna.smith@contoso.com".into()),
        ("objectId", "d05e47b1-3909-445a-ba5e-ca60cbc0e4b4".into()),
        ("surname", "Smith".into()),
        ("telephoneNumber", "+49 (30) 123-456".into()),
        ("userPrincipalName", "anna.smith@contoso.com".into()),
    ];
    pairs.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

/// The best of some rounds: what disturbs a machine only ever slows it down.
fn nanoseconds(mut once: impl FnMut()) -> f64 {
    let rounds = (0..7).map(|_| {
        let start = Instant::now();
        for _ in 0..100_000 {
            once();
        }
        start.elapsed().as_secs_f64() * 1e9 / 100_000.0
    });
    rounds.fold(f64::INFINITY, f64::min)
}

fn main() {
    let person = person();
    let world =
        World { now: "2027-01-31T09:00:00Z".parse().unwrap(), default_domain: None, taken: &|_| false, seed: 1 };
    println!("{:<18} {:>8} {:>8}", "evaluation", "ns", "of bar");
    for (name, text) in MAPPINGS {
        let expression = Expression::parse(text).unwrap();
        let ns = nanoseconds(|| {
            black_box(expression.evaluate(black_box(&person), &world)).unwrap();
        });
        println!("{name:<18} {ns:>8.0} {:>7.0}%", ns / BAR * 100.0);
    }
    let pattern = Pattern::new("^(GB|DE|FR)$").unwrap();
    let ns = nanoseconds(|| {
        black_box(pattern.is_match(black_box("DE"))).unwrap();
    });
    println!("{:<18} {ns:>8.0} {:>7.0}%", "pattern", ns / BAR * 100.0);
    let ns = nanoseconds(|| {
        black_box(Expression::parse(black_box(MAPPINGS[5].1))).unwrap();
    });
    println!("{:<18} {ns:>8.0}", "parse");
}
