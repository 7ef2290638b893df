//! Any text is an expression or a list of errors that point into it; an
//! expression printed and parsed again is the same.

#![no_main]

use dialform::expr::Expression;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match Expression::parse(text) {
    Ok(expression) => {
        let again = Expression::parse(&expression.to_string());
        assert_eq!(Ok(expression), again);
    }
    Err(errors) => {
        assert!(!errors.is_empty());
        assert!(errors.iter().all(|error| text.get(error.offset..error.offset + error.length).is_some()));
    }
});
