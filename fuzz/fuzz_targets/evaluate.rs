//! Any expression ends with a value or an error on any person. The first line
//! of the input is the text of every attribute, the rest is the expression.

#![no_main]

use dialform::{
    expr::{Expression, Lookup, World},
    names::Value,
};
use libfuzzer_sys::fuzz_target;

/// A person whose every attribute is the same.
struct Same(Value);

impl Lookup for Same {
    fn get(&self, _name: &str) -> Option<&Value> {
        Some(&self.0)
    }
}

fuzz_target!(|input: &str| {
    let (attribute, text) = input.split_once('\n').unwrap_or(("", input));
    if let Ok(expression) = Expression::parse(text) {
        let world = World { now: jiff::Timestamp::UNIX_EPOCH, default_domain: Some("contoso.com".into()), taken: &|_| false, seed: 1 };
        let person = Same(Value::text(attribute));
        assert_eq!(expression.evaluate(&person, &world), expression.evaluate(&person, &world));
    }
});
