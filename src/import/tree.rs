//! The tree of an expression in a schema (`parameters`), as text again.
//!
//! A schema holds each expression twice: as text and as a tree. The text is what
//! the administrator wrote; the tree is only held against it, and used where
//! there is no text. How some parameters are keyed in real exports is not
//! documented, so a tree that cannot be understood says nothing.

use super::{at::At, json::Json};
use crate::expr::{self, Expression, Function, Parameter};

/// Microsoft Graph's keys of `Replace`, with the names of the reference.
const KEYS: [(&str, &str); 5] = [
    ("find", "oldValue"),
    ("regularExpression", "regexPattern"),
    ("regularExpressionGroupName", "regexGroupName"),
    ("replacement", "replacementValue"),
    ("replacementPropertyName", "replacementAttributeName"),
];

/// What stands without quotes.
const BARE: [&str; 4] = ["vbTextCompare", "vbBinaryCompare", "IgnoreAttributeFlow", "IgnoreObjectFlow"];

/// The expression that a tree stands for, if it can be understood.
pub(super) fn expression(source: &At) -> Option<Expression> {
    Expression::parse(&printed(source, false)?).ok()
}

/// Whether text and tree say the same; `None` where the tree cannot be understood.
/// A parameter that is left out in the text may be an empty text in the tree.
pub(super) fn agrees(text: &Expression, source: &At) -> Option<bool> {
    if source.list("parameters").is_empty() {
        return None;
    }
    let same = |empty_is_left_out| {
        let tree = Expression::parse(&printed(source, empty_is_left_out)?).ok()?;
        Some(canonical(&tree) == canonical(text))
    };
    match (same(false), same(true)) {
        (None, None) => None,
        (one, two) => Some(one == Some(true) || two == Some(true)),
    }
}

/// The canonical form, without what is left out at the end of a call: `ToLower([mail], )`.
fn canonical(expression: &Expression) -> String {
    let mut text = expression.to_string();
    while text.contains(", )") {
        text = text.replace(", )", ")");
    }
    text
}

fn printed(source: &At, empty_is_left_out: bool) -> Option<String> {
    let name = source.string("name");
    match source.string("type")?.to_ascii_lowercase().as_str() {
        "attribute" => Some(format!("[{}]", name?)),
        "constant" => constant(source, empty_is_left_out),
        "function" => call(expr::find(name?)?, source, empty_is_left_out),
        _ => None,
    }
}

/// A constant is text, unless its own expression is a number or one of the words.
fn constant(source: &At, empty_is_left_out: bool) -> Option<String> {
    let written = source.string("expression").map(str::trim).unwrap_or_default();
    let is_number = written.trim_start_matches('-').chars().all(|c| c.is_ascii_digit()) || written.starts_with("&H");
    if !written.is_empty() && is_number || BARE.contains(&written) {
        return Some(written.to_owned());
    }
    let text = source.string("name")?;
    if text.is_empty() && empty_is_left_out {
        return Some(String::new());
    }
    Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

fn call(function: &Function, source: &At, empty_is_left_out: bool) -> Option<String> {
    let fixed: Vec<&Parameter> = function.parameters.iter().filter(|parameter| !parameter.repeats).collect();
    let can_repeat = fixed.len() < function.parameters.len();
    let mut places: Vec<Option<String>> = vec![None; fixed.len()];
    let mut rest: Vec<String> = Vec::new();
    for parameter in source.list("parameters") {
        let value = parameter.get("value")?;
        let text = if *value.json == Json::Null { String::new() } else { printed(&value, empty_is_left_out)? };
        let key = parameter.string("key").unwrap_or_default();
        let key = KEYS.iter().find(|(graph, _)| graph.eq_ignore_ascii_case(key)).map_or(key, |(_, name)| name);
        let named = fixed.iter().position(|fixed| fixed.name.eq_ignore_ascii_case(key));
        let free = || fixed.iter().zip(&places).position(|(fixed, place)| fixed.required && place.is_none());
        match named.or_else(free) {
            Some(place) if places[place].is_none() => places[place] = Some(text),
            _ if can_repeat => rest.push(text),
            _ => return None,
        }
    }
    let last = places.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    // `Replace` has all its places; what repeats stands behind every fixed one.
    let length = if rest.is_empty() && function.name != "Replace" { last } else { fixed.len() };
    let args: Vec<String> = places.into_iter().take(length).map(Option::unwrap_or_default).chain(rest).collect();
    Some(format!("{}({})", function.name, args.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Document;

    fn node(kind: &str, name: &str, expression: &str, parameters: &str) -> String {
        format!(r#"{{"type":"{kind}","name":{name:?},"expression":{expression:?},"parameters":[{parameters}]}}"#)
    }

    fn agree(text: &str, tree: &str) -> Option<bool> {
        let document = Document::parse("x", tree.as_bytes()).unwrap();
        agrees(&Expression::parse(text).unwrap(), &At::root(&document))
    }

    fn keyed(key: &str, node: &str) -> String {
        format!(r#"{{"key":"{key}","value":{node}}}"#)
    }

    #[test]
    fn text_and_tree_of_the_published_samples_say_the_same() {
        let attribute = |name: &str| node("Attribute", name, &format!("[{name}]"), "");
        let constant = |text: &str| node("Constant", text, &format!("\"{text}\""), "");
        let not = node("Function", "Not", "", &keyed("source", &attribute("IsSoftDeleted")));
        assert_eq!(agree("Not([IsSoftDeleted])", &not), Some(true));
        assert_eq!(agree("Not([accountEnabled])", &not), Some(false));
        let parameters = [
            keyed("source", &attribute("preferredLanguage")),
            keyed("Find", &constant("-")),
            keyed("Replacement", &constant("_")),
        ];
        let replace = node("Function", "Replace", "", &parameters.join(","));
        assert_eq!(agree(r#"Replace([preferredLanguage], "-", , , "_", , )"#, &replace), Some(true));
        let parameters = [
            keyed("source", &attribute("IsSoftDeleted")),
            keyed("defaultValue", &constant("")),
            keyed("key1", &constant("False")),
            keyed("value1", &constant("True")),
        ];
        let switch = node("Function", "Switch", "", &parameters.join(","));
        assert_eq!(agree(r#"Switch([IsSoftDeleted], , "False", "True")"#, &switch), Some(true));
        assert_eq!(agree(r#"Switch([IsSoftDeleted], "", "False", "True")"#, &switch), Some(true));
        assert_eq!(agree(r#"Switch([IsSoftDeleted], "x", "False", "True")"#, &switch), Some(false));
    }

    #[test]
    fn numbers_and_words_stand_without_quotes() {
        let parameters = [
            keyed("source", &node("Attribute", "mail", "[mail]", "")),
            keyed("start", &node("Constant", "1", "1", "")),
            keyed("length", &node("Constant", "3", "\"3\"", "")),
        ];
        let mid = node("Function", "Mid", "", &parameters.join(","));
        assert_eq!(agree(r#"Mid([mail], 1, "3")"#, &mid), Some(true));
    }

    #[test]
    fn a_tree_that_cannot_be_understood_says_nothing() {
        let unknown = node("Function", "Frobnicate", "", &keyed("source", &node("Attribute", "a", "[a]", "")));
        assert_eq!(agree("Not([a])", &unknown), None);
        assert_eq!(agree("Not([a])", &node("Function", "Not", "", "")), None);
    }
}
