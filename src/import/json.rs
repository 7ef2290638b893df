//! JSON as it was written: members in order, all of them, duplicates too.
//!
//! Exports pass through editors, shells and portals on their way here, so a byte
//! order mark, UTF-16 from a redirected PowerShell and any letter case of names
//! are read. What cannot be read is refused with its place.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Refused;
use crate::names::Text;

/// The largest file that is read, in bytes. A real schema has a few hundred thousand.
pub const MAX_BYTES: usize = 16 << 20;

/// JSON. Numbers keep their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    /// All members, in order; a name may stand twice.
    Map(Vec<(String, Json)>),
}

/// A JSON file, or an answer of Microsoft Graph.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) file: Text,
    pub(super) json: Json,
}

impl Document {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// Why it is no JSON, and where.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Refused> {
        let refuse = |message: String, help: &str| Refused::new(file, "", message, help);
        if bytes.len() > MAX_BYTES {
            let message = format!("the file is larger than {} MB", MAX_BYTES >> 20);
            return Err(refuse(message, "a synchronization schema has less than one; name the exported schema itself"));
        }
        let text = decoded(bytes).map_err(|message| refuse(message, "save it as UTF-8"))?;
        let start = text.trim_start();
        if start.is_empty() {
            return Err(refuse("the file is empty".to_owned(), "export the schema again"));
        }
        if start.starts_with('<') {
            let message = "the file holds HTML, not JSON".to_owned();
            return Err(refuse(message, "it is probably a page that asked to sign in; export the schema again"));
        }
        match serde_json::from_str(&text) {
            Ok(json) => Ok(Self { file: file.into(), json }),
            Err(error) => {
                let at = format!("{}:{}", error.line(), error.column());
                let (message, help) = if error.is_eof() {
                    ("the JSON breaks off", "the file is cut short; export it again")
                } else if error.to_string().contains("recursion limit") {
                    ("the JSON is nested too deep", "a synchronization schema has some twenty levels; export it again")
                } else {
                    ("this is not JSON", "export it again, and do not edit it by hand")
                };
                let (line, column) = (error.line(), error.column());
                let message = format!("{message} at line {line}, column {column}");
                Err(Refused::new(file, &at, message, help))
            }
        }
    }

    /// Takes an answer that is JSON already, such as one of Microsoft Graph.
    pub fn of(file: &str, json: serde_json::Value) -> Self {
        Self { file: file.into(), json: json.into() }
    }
}

/// The text of a file: UTF-8, or UTF-16 with a byte order mark.
fn decoded(bytes: &[u8]) -> Result<String, String> {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect();
        String::from_utf16(&units).map_err(|_| "the file is UTF-16 with a broken character".to_owned())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => String::from_utf8(rest.to_vec()).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let line = rest[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
            format!("the file is not UTF-8: line {line} holds another encoding")
        }),
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Boolean(value),
            Value::Number(number) => Json::Number(number.to_string()),
            Value::String(text) => Json::Text(text),
            Value::Array(items) => Json::List(items.into_iter().map(Json::from).collect()),
            Value::Object(members) => {
                Json::Map(members.into_iter().map(|(name, value)| (name, Json::from(value))).collect())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Map(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        Document::parse("schema.json", bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_editors_and_shells_do_to_a_file_is_read() {
        let wanted = Json::Map(vec![("a".to_owned(), Json::Text("é".to_owned()))]);
        let text = "{\"a\":\"é\"}";
        let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        for bytes in [text.as_bytes(), format!("\u{feff}{text}").as_bytes(), &little, &big] {
            assert_eq!(Document::parse("x", bytes).unwrap().json, wanted);
        }
    }

    #[test]
    fn members_that_stand_twice_are_kept() {
        let json = Document::parse("x", br#"{"a":1,"A":2,"a":3}"#).unwrap().json;
        let Json::Map(members) = json else { panic!() };
        assert_eq!(members.len(), 3);
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        assert!(refused(b"{\"a\": [1, 2").contains("breaks off at line 1, column 11"));
        assert!(refused(b"{\n  \"a\" 1}").contains("not JSON at line 2"));
        assert!(refused(b"<!DOCTYPE html><html>").contains("HTML"));
        assert!(refused(b"  \n").contains("empty"));
        assert!(refused(b"{\n\"a\": \"\xe9\"}").contains("line 2"));
        assert!(refused("[".repeat(100_000).as_bytes()).contains("too deep"));
        assert!(refused(&vec![b' '; MAX_BYTES + 1]).contains("larger than 16 MB"));
    }
}
