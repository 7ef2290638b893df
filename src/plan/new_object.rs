//! The attributes of a new object, held once for what people read and what is sent.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{AttributeChange, Ref, Sent};
use crate::names::AttrPath;

/// Every attribute of a new account or group, as it is sent.
///
/// The values are those that the change shows, so both hold one list: a plan for a hundred
/// thousand new people would hold a million values twice. What differs is the few that
/// people read as a name and that are sent as an id.
#[derive(Clone)]
pub struct NewObject {
    shown: Arc<[AttributeChange]>,
    /// What is sent in place of the value at a position, in order.
    references: Box<[(usize, Ref)]>,
}

impl NewObject {
    /// What a change shows, with what is sent in place of the value at a position.
    pub fn of(shown: Arc<[AttributeChange]>, mut references: Vec<(usize, Ref)>) -> Self {
        references.sort_unstable_by_key(|(at, _)| *at);
        Self { shown, references: references.into() }
    }

    /// The same references in a list that has grown at its end.
    #[must_use]
    pub fn grown(&self, shown: Arc<[AttributeChange]>) -> Self {
        Self { shown, references: self.references.clone() }
    }

    /// Paths and values in the order in which they are sent.
    pub fn iter(&self) -> impl Iterator<Item = (&AttrPath, Sent)> {
        self.shown.iter().enumerate().filter_map(|(at, shown)| Some((&shown.path, self.sent(at, shown)?)))
    }

    /// What is sent for an attribute.
    pub fn get(&self, path: &AttrPath) -> Option<Sent> {
        let at = self.shown.iter().position(|shown| shown.path == *path)?;
        self.sent(at, &self.shown[at])
    }

    /// Objects that it names.
    pub fn references(&self) -> impl Iterator<Item = &Ref> {
        self.references.iter().map(|(_, of)| of)
    }

    fn sent(&self, at: usize, shown: &AttributeChange) -> Option<Sent> {
        match self.references.binary_search_by_key(&at, |(at, _)| *at) {
            Ok(found) => Some(Sent::Reference(self.references[found].1.clone())),
            Err(_) => shown.after.clone().map(Sent::Value),
        }
    }
}

impl FromIterator<(AttrPath, Sent)> for NewObject {
    /// For what shows nothing beside, as what is read from a file.
    fn from_iter<I: IntoIterator<Item = (AttrPath, Sent)>>(attributes: I) -> Self {
        let (mut shown, mut references) = (Vec::new(), Vec::new());
        let place = Arc::default();
        for (path, sent) in attributes {
            let after = match sent {
                Sent::Value(value) => Some(value),
                Sent::Reference(of) => {
                    references.push((shown.len(), of));
                    None
                }
            };
            shown.push(AttributeChange { path, before: None, after, place: Arc::clone(&place), redacted: false });
        }
        Self::of(shown.into(), references)
    }
}

/// Two are equal that send the same.
impl PartialEq for NewObject {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for NewObject {}

impl fmt::Debug for NewObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for NewObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for NewObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<(AttrPath, Sent)>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        names::{TargetId, Value},
        plan::sample,
    };

    #[test]
    fn what_is_shown_is_sent_and_a_name_as_its_id() {
        let shown = vec![
            sample::attribute("userName", None, Some("ana@acme.example")),
            sample::attribute("manager", None, Some("bo@acme.example")),
        ];
        let bo = Ref::Live(TargetId::new("7"));
        let object = NewObject::of(shown.clone().into(), vec![(1, bo.clone())]);
        let json = r#"[["userName",{"value":"ana@acme.example"}],["manager",{"reference":{"live":"7"}}]]"#;
        assert_eq!(serde_json::to_string(&object).unwrap(), json);
        let back: NewObject = serde_json::from_str(json).unwrap();
        assert_eq!(back, object);
        assert_eq!(serde_json::to_string(&back).unwrap(), json);
        assert_eq!(object.references().collect::<Vec<_>>(), [&bo]);
        assert_eq!(object.get(&AttrPath::core("MANAGER")), Some(Sent::Reference(bo)));

        let title = sample::attribute("title", None, Some("Head"));
        let grown = object.grown(shown.into_iter().chain([title]).collect());
        assert_eq!(grown.iter().count(), 3);
        assert_eq!(grown.get(&AttrPath::core("title")), Some(Sent::Value(Value::from("Head"))));
        assert_ne!(grown, object);
    }
}
