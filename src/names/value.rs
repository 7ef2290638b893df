use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};

use super::Text;

/// The value of an attribute, in the directory, in the language and in Dialpad.
///
/// A value that is absent is no `Value` at all: readers drop JSON's `null`, and
/// functions take and give `Option<Value>`. Empty text is a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Text.
    Text(Text),
    /// A 64-bit integer; file times need more than 53 bits.
    Integer(i64),
    /// True or false; prints `True` and `False`, as .NET does.
    Boolean(bool),
    /// An instant, always UTC; prints `M/d/yyyy h:mm:ss tt`.
    DateTime(Timestamp),
    /// A multi-valued attribute, in order.
    List(Vec<Value>),
    /// A complex value (RFC 7643 §2.3.8), in order of its members.
    Record(Vec<(Text, Value)>),
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<Text>) -> Self {
        Value::Text(text.into())
    }

    /// Whether this counts as empty: empty text, or a list or record without entries.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Text(text) => text.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Record(members) => members.is_empty(),
            Value::Integer(_) | Value::Boolean(_) | Value::DateTime(_) => false,
        }
    }

    /// The text, when this is text.
    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Value::Text(text) => Some(text),
            Value::Integer(_) | Value::Boolean(_) | Value::DateTime(_) | Value::List(_) | Value::Record(_) => None,
        }
    }

    /// The values of a list, or this one value.
    pub fn each(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            single => std::slice::from_ref(single),
        }
    }

    /// The member of a record with this name, without case (RFC 7643 §2.1).
    pub fn member(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Record(members) => {
                members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
            }
            Value::Text(_) | Value::Integer(_) | Value::Boolean(_) | Value::DateTime(_) | Value::List(_) => None,
        }
    }

    /// Reads JSON. `null` is absent; a float that is not an integer becomes its text.
    pub fn from_json(json: &serde_json::Value) -> Option<Value> {
        use serde_json::Value as Json;
        match json {
            Json::Null => None,
            Json::Bool(value) => Some(Value::Boolean(*value)),
            Json::Number(number) => {
                Some(number.as_i64().map_or_else(|| Value::text(number.to_string()), Value::Integer))
            }
            Json::String(text) => Some(Value::text(text.as_str())),
            Json::Array(items) => Some(Value::List(items.iter().filter_map(Value::from_json).collect())),
            Json::Object(members) => Some(Value::Record(
                members
                    .iter()
                    .filter_map(|(key, value)| Some((key.as_str().into(), Value::from_json(value)?)))
                    .collect(),
            )),
        }
    }

    /// As JSON; an instant as its text.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Value::Text(text) => Json::String(text.to_string()),
            Value::Integer(value) => Json::from(*value),
            Value::Boolean(value) => Json::Bool(*value),
            Value::DateTime(_) => Json::String(self.to_string()),
            Value::List(items) => Json::Array(items.iter().map(Value::to_json).collect()),
            Value::Record(members) => {
                Json::Object(members.iter().map(|(key, value)| (key.to_string(), value.to_json())).collect())
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Boolean(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Integer(value)
    }
}

/// The canonical text: what the expression language shows and compares.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Integer(value) => write!(f, "{value}"),
            Value::Boolean(true) => f.write_str("True"),
            Value::Boolean(false) => f.write_str("False"),
            Value::DateTime(instant) => {
                let utc = jiff::tz::TimeZone::UTC.to_datetime(*instant);
                let (hour, half) = (utc.hour(), if utc.hour() < 12 { "AM" } else { "PM" });
                let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
                let (month, day, year) = (utc.month(), utc.day(), utc.year());
                write!(f, "{month}/{day}/{year:04} {hour}:{:02}:{:02} {half}", utc.minute(), utc.second())
            }
            Value::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str("; ")?;
                    }
                    write!(f, "{item}")?;
                }
                Ok(())
            }
            Value::Record(_) => write!(f, "{}", self.to_json()),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Integer(value) => serializer.serialize_i64(*value),
            Value::Boolean(value) => serializer.serialize_bool(*value),
            // Tagged, so that a saved plan reads back as what it was.
            Value::DateTime(instant) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("$datetime", instant)?;
                map.end()
            }
            Value::List(items) => items.serialize(serializer),
            Value::Record(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> de::Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, an integer, true or false, a list or a map")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or_else(|_| Value::text(value.to_string()), Value::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::text(value.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Option<Value>>()? {
            items.extend(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Option<Value>>()? {
            if let Some(value) = value {
                members.push((Text::from(key), value));
            }
        }
        if let [(key, Value::Text(text))] = members.as_slice()
            && key.as_ref() == "$datetime"
            && let Ok(instant) = text.parse()
        {
            return Ok(Value::DateTime(instant));
        }
        Ok(Value::Record(members))
    }
}

/// The attributes of one person or object: a map from exact names to values,
/// kept sorted by name. Names are shared, so a hundred thousand people do not
/// hold a hundred thousand copies of `userPrincipalName`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(Vec<(Text, Value)>);

impl Attributes {
    /// The value of `name`, by its exact spelling.
    pub fn get(&self, name: &str) -> Option<&Value> {
        // A few names are told apart by their lengths alone sooner than by halving.
        const FEW: usize = 24;
        if self.0.len() <= FEW {
            return self.0.iter().find(|(key, _)| **key == *name).map(|(_, value)| value);
        }
        self.0.binary_search_by(|(key, _)| key.as_ref().cmp(name)).ok().map(|i| &self.0[i].1)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets `name`, replacing what it held.
    pub fn insert(&mut self, name: Text, value: Value) {
        match self.0.binary_search_by(|(key, _)| key.cmp(&name)) {
            Ok(i) => self.0[i].1 = value,
            Err(i) => self.0.insert(i, (name, value)),
        }
    }

    /// Names and values, in order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Value)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &Text> {
        self.0.iter().map(|(key, _)| key)
    }
}

impl FromIterator<(Text, Value)> for Attributes {
    /// The last of several values for one name wins.
    fn from_iter<I: IntoIterator<Item = (Text, Value)>>(pairs: I) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_by(|left, right| left.0.cmp(&right.0));
        let mut kept: Vec<(Text, Value)> = Vec::with_capacity(pairs.len());
        for pair in pairs {
            match kept.last_mut() {
                Some(last) if last.0 == pair.0 => *last = pair,
                _ => kept.push(pair),
            }
        }
        kept.shrink_to_fit();
        Self(kept)
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Record(members) => Ok(members.into_iter().collect()),
            _ => Err(de::Error::custom("expected a map of attributes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_prints_as_dot_net_prints_it() {
        let at = |text: &str| Value::DateTime(text.parse().unwrap()).to_string();
        assert_eq!(at("2021-06-05T00:07:09Z"), "6/5/2021 12:07:09 AM");
        assert_eq!(at("2021-11-15T12:00:00Z"), "11/15/2021 12:00:00 PM");
        assert_eq!(at("2021-11-15T23:59:59Z"), "11/15/2021 11:59:59 PM");
    }

    #[test]
    fn a_value_reads_back_as_what_was_written() {
        let value = Value::List(vec![
            Value::text("a"),
            Value::Integer(i64::MAX),
            Value::Boolean(true),
            Value::DateTime("2021-06-05T00:07:09Z".parse().unwrap()),
            Value::Record(vec![("type".into(), Value::text("work"))]),
        ]);
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
    }

    #[test]
    fn attributes_keep_the_last_of_two_values() {
        let attributes: Attributes =
            [("b".into(), Value::from("1")), ("a".into(), Value::from("2")), ("b".into(), Value::from("3"))]
                .into_iter()
                .collect();
        assert_eq!(attributes.get("b"), Some(&Value::from("3")));
        assert_eq!(attributes.iter().count(), 2);
    }
}
