//! `--attributes`: a JSON object from a file or standard input.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _},
    path::Path,
};

use serde::{Deserialize, Deserializer, de};

use super::Unread;
use crate::names::{Attributes, Value};

/// Reads the attributes of `--attributes`.
pub(super) fn read(path: &Path) -> Result<Attributes, Unread> {
    let named = if path == Path::new("-") { "standard input".to_owned() } else { format!("`{}`", path.display()) };
    let fail = |what: String| Unread { code: "attributes", message: format!("read the attributes in {named}: {what}") };
    let mut bytes = Vec::new();
    let read = match path == Path::new("-") {
        true => io::stdin().read_to_end(&mut bytes).map(|_| ()),
        false => fs::read(path).map(|read| bytes = read),
    };
    read.map_err(|error| fail(error.to_string()))?;
    let text =
        std::str::from_utf8(&bytes).map_err(|error| fail(format!("not UTF-8 at byte {}", error.valid_up_to())))?;
    let text = text.trim_start_matches('\u{feff}');
    let read: Given = serde_json::from_str(text).map_err(|error| fail(error.to_string()))?;
    let mut attributes = Attributes::default();
    for (name, json) in read.0 {
        if let Some(value) = given(&name, &json, 0).map_err(fail)? {
            attributes.insert(name.into(), value);
        }
    }
    Ok(attributes)
}

/// A value of the JSON; `null` is absent.
fn given(name: &str, json: &serde_json::Value, depth: usize) -> Result<Option<Value>, String> {
    use serde_json::Value as Json;
    match json {
        Json::Number(number) if number.as_i64().is_none() => {
            Err(format!("`{name}` is {number}; numbers are whole and of 64 bits, write others as strings"))
        }
        Json::Object(_) if depth == 0 => {
            Err(format!("`{name}` is an object; values are strings, booleans, integers, lists or null"))
        }
        Json::Array(_) if depth > 0 => Err(format!("`{name}` is a list of lists; a list has single values")),
        Json::Array(items) => {
            let items = items.iter().map(|item| given(name, item, depth + 1)).collect::<Result<Vec<_>, _>>()?;
            Ok(Some(Value::List(items.into_iter().flatten().collect())))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => Ok(Value::from_json(json)),
    }
}

/// A JSON object in which no name stands twice.
struct Given(BTreeMap<String, serde_json::Value>);

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> de::Visitor<'de> for Members {
            type Value = Given;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object of attributes, such as {\"mail\": \"ana@acme.example\"}")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Given, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
                    if members.contains_key(&name) {
                        return Err(de::Error::custom(format!("`{name}` stands there twice")));
                    }
                    members.insert(name, value);
                }
                Ok(Given(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("person.json");
        fs::write(&file, json).unwrap();
        match read(&file) {
            Ok(attributes) => attributes.iter().map(|(name, value)| format!("{name}={value:?} ")).collect(),
            Err(Unread { message, .. }) => message.split_once("json`: ").unwrap().1.to_owned(),
        }
    }

    #[test]
    fn strings_booleans_integers_lists_and_null_are_read() {
        assert_eq!(
            told(br#"{"a": "x", "b": true, "c": 9223372036854775807, "d": ["x", null, 1], "e": null, "f": ""}"#),
            r#"a=Text("x") b=Boolean(true) c=Integer(9223372036854775807) d=List([Text("x"), Integer(1)]) f=Text("") "#
        );
        assert_eq!(told("\u{feff}{}".as_bytes()), "");
    }

    #[test]
    fn everything_else_is_refused_with_what_is_expected() {
        for (json, says) in [
            (&b"[]"[..], "invalid type: sequence, expected a JSON object of attributes"),
            (b"", "EOF while parsing a value at line 1 column 0"),
            (b"{\"a\": ", "EOF while parsing a value"),
            (b"\xff\xfe{", "not UTF-8 at byte 0"),
            (br#"{"a": {"b": 1}}"#, "`a` is an object; values are strings"),
            (br#"{"a": [["b"]]}"#, "`a` is a list of lists"),
            (br#"{"a": 1.5}"#, "`a` is 1.5; numbers are whole"),
            (br#"{"a": 9223372036854775808}"#, "numbers are whole and of 64 bits"),
            (br#"{"a": 1, "a": 2}"#, "`a` stands there twice"),
        ] {
            let told = told(json);
            assert!(told.starts_with(says) || told.contains(says), "{told}");
        }
        let deep = format!("{{\"a\": {}", "[".repeat(10_000));
        assert!(told(deep.as_bytes()).contains("recursion limit"));
    }
}
