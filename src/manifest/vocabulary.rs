//! Names that exist in a directory and in Dialpad, and that a manifest may say: for completion.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::names::Text;

/// The file in the folder of a manifest's state that keeps a [`Vocabulary`].
pub const VOCABULARY_FILE: &str = "names.json";

/// Names that exist, by kind. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vocabulary {
    /// Where the names of a directory were read: `files`, or a tenant of Entra.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Text>,
    /// Where the others were read: the SCIM base URL, or `sandbox`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Text>,
    groups: BTreeSet<Text>,
    attributes: BTreeSet<Text>,
    offices: BTreeSet<Text>,
    departments: BTreeSet<Text>,
    contact_centers: BTreeSet<Text>,
    policies: BTreeSet<Text>,
    channels: BTreeSet<Text>,
}

/// Kinds of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noun {
    /// Groups of the directory.
    Group,
    /// Attributes of the directory, by the names of the Entra portal.
    Attribute,
    /// Offices.
    Office,
    /// Departments.
    Department,
    /// Contact centers.
    ContactCenter,
    /// Access control policies.
    Policy,
    /// Channels.
    Channel,
}

impl Noun {
    /// What people call several of them.
    pub fn plural(self) -> &'static str {
        match self {
            Noun::Group => "groups",
            Noun::Attribute => "attributes",
            Noun::Office => "offices",
            Noun::Department => "departments",
            Noun::ContactCenter => "contact centers",
            Noun::Policy => "policies",
            Noun::Channel => "channels",
        }
    }
}

/// Names of one kind, as they were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Of which kind.
    pub noun: Noun,
    /// The names.
    pub names: BTreeSet<Text>,
    /// Whether these are all that there are; else others are kept.
    pub is_whole: bool,
}

impl Heard {
    /// Names of one kind; those that are empty are none.
    pub fn new(noun: Noun, names: impl IntoIterator<Item = Text>, is_whole: bool) -> Self {
        let names = names.into_iter().filter(|name| !name.trim().is_empty()).collect();
        Self { noun, names, is_whole }
    }
}

impl Vocabulary {
    /// The names of a kind, in order.
    pub fn names(&self, noun: Noun) -> &BTreeSet<Text> {
        match noun {
            Noun::Group => &self.groups,
            Noun::Attribute => &self.attributes,
            Noun::Office => &self.offices,
            Noun::Department => &self.departments,
            Noun::ContactCenter => &self.contact_centers,
            Noun::Policy => &self.policies,
            Noun::Channel => &self.channels,
        }
    }

    /// Takes what was read: in place of what was known where it is all, beside it else.
    pub fn hear(&mut self, heard: Heard) {
        let Heard { noun, names, is_whole } = heard;
        let known = match noun {
            Noun::Group => &mut self.groups,
            Noun::Attribute => &mut self.attributes,
            Noun::Office => &mut self.offices,
            Noun::Department => &mut self.departments,
            Noun::ContactCenter => &mut self.contact_centers,
            Noun::Policy => &mut self.policies,
            Noun::Channel => &mut self.channels,
        };
        if is_whole {
            *known = names;
        } else {
            known.extend(names);
        }
    }

    /// Forgets what was read elsewhere than here.
    pub fn settle(&mut self, source: &Text, target: &Text) {
        if self.source.as_ref() != Some(source) {
            (self.groups, self.attributes) = (BTreeSet::new(), BTreeSet::new());
            self.source = Some(source.clone());
        }
        if self.target.as_ref() != Some(target) {
            *self = Self {
                source: self.source.take(),
                target: Some(target.clone()),
                groups: std::mem::take(&mut self.groups),
                attributes: std::mem::take(&mut self.attributes),
                ..Self::default()
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(noun: Noun, names: &[&str], is_whole: bool) -> Heard {
        Heard::new(noun, names.iter().map(|name| Text::from(*name)), is_whole)
    }

    fn all(vocabulary: &Vocabulary, noun: Noun) -> Vec<&str> {
        vocabulary.names(noun).iter().map(|name| &**name).collect()
    }

    #[test]
    fn a_whole_list_replaces_and_a_part_adds() {
        let mut known = Vocabulary::default();
        known.hear(heard(Noun::Office, &["London", "Berlin", " "], true));
        known.hear(heard(Noun::Channel, &["News"], true));
        known.hear(heard(Noun::Office, &["Oslo"], false));
        assert_eq!(all(&known, Noun::Office), ["Berlin", "London", "Oslo"]);
        known.hear(heard(Noun::Office, &["Oslo"], true));
        assert_eq!(all(&known, Noun::Office), ["Oslo"]);
        assert_eq!(all(&known, Noun::Channel), ["News"]);
    }

    #[test]
    fn names_of_another_company_or_directory_are_forgotten() {
        let mut known = Vocabulary::default();
        let (files, entra, one, two) = ("files".into(), "entra".into(), "one".into(), "two".into());
        known.settle(&files, &one);
        known.hear(heard(Noun::Office, &["London"], true));
        known.hear(heard(Noun::Group, &["Sales"], true));
        known.settle(&files, &one);
        assert_eq!((all(&known, Noun::Office), all(&known, Noun::Group)), (vec!["London"], vec!["Sales"]));
        let mut elsewhere = known.clone();
        elsewhere.settle(&files, &two);
        assert_eq!((all(&elsewhere, Noun::Office), all(&elsewhere, Noun::Group)), (vec![], vec!["Sales"]));
        known.settle(&entra, &one);
        assert_eq!((all(&known, Noun::Office), all(&known, Noun::Group)), (vec!["London"], vec![]));
    }

    #[test]
    fn a_file_with_more_or_less_in_it_is_read() {
        let known: Vocabulary = serde_json::from_str(r#"{"offices":["London"],"later":[1]}"#).unwrap();
        assert_eq!(all(&known, Noun::Office), ["London"]);
        let text = serde_json::to_string(&known).unwrap();
        assert_eq!(serde_json::from_str::<Vocabulary>(&text).unwrap(), known);
    }
}
