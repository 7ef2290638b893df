use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Text, Value};

/// A target attribute as Entra and RFC 7644 §3.10 write it:
/// `userName`, `name.givenName`, `emails[type eq "work"].value`,
/// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`.
///
/// Two paths are equal when they name the same attribute: SCIM attribute names
/// and schema URNs are compared without case (RFC 7643 §2.1).
///
/// Cloning is cheap: a plan for a hundred thousand people holds a million of them.
#[derive(Clone, Debug)]
pub struct AttrPath(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    text: Text,
    key: Text,
    schema: Option<Text>,
    attribute: Text,
    selector: Option<Selector>,
    sub: Option<Text>,
}

/// The part in brackets: which value of a multi-valued attribute is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The sub-attribute that tells the values apart, such as `type`.
    pub attribute: Text,
    /// The value it must equal: text or a boolean.
    pub value: Value,
}

impl Selector {
    /// Whether a value of the multi-valued attribute is the one meant; text without case.
    pub fn fits(&self, item: &Value) -> bool {
        match (item.member(&self.attribute), &self.value) {
            (Some(Value::Text(held)), Value::Text(wanted)) => super::eq_fold(held, wanted),
            (Some(Value::Text(held)), Value::Boolean(wanted)) => held.eq_ignore_ascii_case(&wanted.to_string()),
            // A value that does not say that it is primary is not (RFC 7643 §2.4).
            (None, Value::Boolean(wanted)) => !wanted,
            (Some(held), wanted) => held == wanted,
            (None, _) => false,
        }
    }
}

/// Why a text is not a path, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PathError {
    /// A lower-case fragment.
    pub message: String,
    /// Byte offset into the text.
    pub offset: usize,
    /// Length in bytes of what is wrong.
    pub length: usize,
}

/// Prefix of the core schemas, which may be written or left out.
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:";

impl AttrPath {
    /// Parses a path. The only operator inside brackets is `eq`, as in Entra.
    ///
    /// # Errors
    /// A fragment with the offset of what was not understood.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let fail =
            |message: &str, offset: usize, length: usize| PathError { message: message.to_owned(), offset, length };
        if text.trim() != text || text.is_empty() {
            return Err(fail(
                "a target path is a SCIM path without blanks around it, such as `name.givenName`",
                0,
                text.len(),
            ));
        }
        let (schema, rest, start) = split_schema(text);
        let schema = match schema {
            // Its bytes may end within a character there.
            Some(urn) if urn.get(..CORE.len()).is_some_and(|head| head.eq_ignore_ascii_case(CORE)) => None,
            other => other,
        };
        let name_end = rest.find(['[', '.']).unwrap_or(rest.len());
        let attribute = &rest[..name_end];
        check_name(attribute).map_err(|message| fail(message, start, attribute.len().max(1)))?;
        let mut selector = None;
        let mut after = &rest[name_end..];
        let mut offset = start + name_end;
        if let Some(inner) = after.strip_prefix('[') {
            let end = inner.find(']').ok_or_else(|| fail("`[` is not closed", offset, after.len()))?;
            selector = Some(parse_selector(&inner[..end]).map_err(|message| fail(message, offset + 1, end.max(1)))?);
            after = &inner[end + 1..];
            offset += end + 2;
        }
        let sub = match after.strip_prefix('.') {
            Some(sub) => {
                check_name(sub).map_err(|message| fail(message, offset + 1, sub.len().max(1)))?;
                Some(Text::from(sub))
            }
            None if after.is_empty() => None,
            None => return Err(fail("expected `.` and a sub-attribute, or the end", offset, after.len())),
        };
        Ok(Self::from_parts(schema.map(Text::from), attribute.into(), selector, sub))
    }

    /// A path of its parts.
    pub fn from_parts(schema: Option<Text>, attribute: Text, selector: Option<Selector>, sub: Option<Text>) -> Self {
        let mut text = String::new();
        if let Some(urn) = &schema {
            text.push_str(urn);
            text.push(':');
        }
        text.push_str(&attribute);
        if let Some(Selector { attribute, value }) = &selector {
            let quoted = match value {
                Value::Text(value) => format!("\"{value}\""),
                other => other.to_string().to_lowercase(),
            };
            text.push_str(&format!("[{attribute} eq {quoted}]"));
        }
        if let Some(sub) = &sub {
            text.push('.');
            text.push_str(sub);
        }
        let key = super::fold(&text).into();
        Self(Arc::new(Parts { text: text.into(), key, schema, attribute, selector, sub }))
    }

    /// The path of a plain core attribute. For names that the program itself knows.
    pub fn core(attribute: &str) -> Self {
        Self::from_parts(None, attribute.into(), None, None)
    }

    /// The path as it is sent: the core schema left out.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The extension schema's URN, `None` for the core schema.
    pub fn schema(&self) -> Option<&str> {
        self.0.schema.as_deref()
    }

    /// The top-level attribute.
    pub fn attribute(&self) -> &str {
        &self.0.attribute
    }

    /// Which value of a multi-valued attribute.
    pub fn selector(&self) -> Option<&Selector> {
        self.0.selector.as_ref()
    }

    /// The sub-attribute.
    pub fn sub(&self) -> Option<&str> {
        self.0.sub.as_deref()
    }

    /// The key that comparing uses: the path without case.
    pub fn key(&self) -> &str {
        &self.0.key
    }

    /// Whether this is the core attribute `name`, without case.
    pub fn is(&self, name: &str) -> bool {
        self.0.key.as_ref().eq_ignore_ascii_case(name)
    }

    /// Whether two paths write the same value: they are equal, or one is a part of the other.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (one, two) = (self.key(), other.key());
        let is_part =
            |part: &str, whole: &str| part.strip_prefix(whole).is_some_and(|rest| rest.starts_with(['.', '[']));
        one == two || is_part(one, two) || is_part(two, one)
    }

    /// The path of the whole top-level attribute: `emails` of `emails[…].value`.
    pub fn top(&self) -> Self {
        Self::from_parts(self.0.schema.clone(), self.0.attribute.clone(), None, None)
    }
}

/// Splits `urn:…:User:department` at its last colon outside brackets and quotes.
/// A URN's own dots (`2.0`) stand before that colon, so they never end a name.
fn split_schema(text: &str) -> (Option<&str>, &str, usize) {
    if text.len() < 4 || !text.is_char_boundary(4) || !text[..4].eq_ignore_ascii_case("urn:") {
        return (None, text, 0);
    }
    let head = text.find('[').unwrap_or(text.len());
    match text[..head].rfind(':') {
        Some(colon) => (Some(&text[..colon]), &text[colon + 1..], colon + 1),
        None => (None, text, 0),
    }
}

fn check_name(name: &str) -> Result<(), &'static str> {
    // `$ref` is the one name that starts with a dollar (RFC 7643 §2.4).
    let rest = name.strip_prefix('$').unwrap_or(name);
    match rest.chars().next() {
        None => Err("an attribute name is missing"),
        Some(first) if !first.is_ascii_alphabetic() => Err("an attribute name starts with a letter"),
        Some(_) if rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') => Ok(()),
        Some(_) => Err("an attribute name holds letters, digits, `-` and `_`"),
    }
}

fn parse_selector(inner: &str) -> Result<Selector, &'static str> {
    const EXPECTED: &str = "expected `type eq \"work\"` inside the brackets";
    let inner = inner.trim();
    let (attribute, rest) = inner.split_once(char::is_whitespace).ok_or(EXPECTED)?;
    check_name(attribute)?;
    let rest = rest.trim_start();
    let (operator, value) = rest.split_once(char::is_whitespace).ok_or(EXPECTED)?;
    if !operator.eq_ignore_ascii_case("eq") {
        return Err("only `eq` can stand inside the brackets of a target path");
    }
    let value = value.trim();
    let value = if value.eq_ignore_ascii_case("true") {
        Value::Boolean(true)
    } else if value.eq_ignore_ascii_case("false") {
        Value::Boolean(false)
    } else {
        let text = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).ok_or(EXPECTED)?;
        if text.contains(['"', '\\']) {
            return Err("the value inside the brackets holds no quotes or backslashes");
        }
        Value::text(text)
    };
    Ok(Selector { attribute: attribute.into(), value })
}

impl PartialEq for AttrPath {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.key == other.0.key
    }
}

impl Eq for AttrPath {}

impl PartialOrd for AttrPath {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for AttrPath {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.key.cmp(&other.0.key)
    }
}

impl std::hash::Hash for AttrPath {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.key.hash(state);
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl Serialize for AttrPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.text)
    }
}

impl<'de> Deserialize<'de> for AttrPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        AttrPath::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_that_entra_writes_are_taken_apart() {
        let plain = AttrPath::parse("userName").unwrap();
        assert_eq!((plain.attribute(), plain.sub(), plain.schema()), ("userName", None, None));
        let nested = AttrPath::parse("name.givenName").unwrap();
        assert_eq!((nested.attribute(), nested.sub()), ("name", Some("givenName")));
        let chosen = AttrPath::parse(r#"emails[type eq "work"].value"#).unwrap();
        assert_eq!(chosen.selector().unwrap().value, Value::text("work"));
        assert_eq!(chosen.sub(), Some("value"));
        let enterprise =
            AttrPath::parse("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber").unwrap();
        assert_eq!(enterprise.schema(), Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"));
        assert_eq!(enterprise.attribute(), "employeeNumber");
        let manager =
            AttrPath::parse("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value").unwrap();
        assert_eq!((manager.attribute(), manager.sub()), ("manager", Some("value")));
    }

    #[test]
    fn the_core_schema_may_be_written_or_left_out() {
        let long = AttrPath::parse("urn:ietf:params:scim:schemas:core:2.0:User:userName").unwrap();
        assert_eq!(long, AttrPath::core("username"));
        assert_eq!(long.as_str(), "userName");
    }

    #[test]
    fn what_is_not_a_path_is_refused_with_its_offset() {
        assert_eq!(AttrPath::parse(r#"emails[type eq "work".value"#).unwrap_err().offset, 6);
        assert_eq!(AttrPath::parse("name.").unwrap_err().offset, 5);
        assert!(AttrPath::parse("").is_err());
        assert!(AttrPath::parse(" userName").is_err());
        assert!(AttrPath::parse(r#"emails[type co "w"].value"#).unwrap_err().message.contains("only `eq`"));
        assert!(AttrPath::parse("a.b.c").is_err());
        // A character in the way, at every byte of the core schema's name.
        for at in 4..CORE.len() {
            let split = format!("{}ퟋ{}:userName", &CORE[..at], &CORE[at..]);
            assert_ne!(AttrPath::parse(&split).map(|path| path.schema().is_none()), Ok(true), "{split}");
        }
    }
}
