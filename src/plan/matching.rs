//! Which live object is whose: a link, an equal external id, then the matching
//! attributes in their order.

use super::{
    Reason,
    allow::Allowed,
    draft::{NAMED, names},
    index::{At, ByValue, Objects},
};
use crate::{
    live::{Resource, Schema},
    names::{AttrPath, HashMap, SourceId, TargetId, Text, Value},
};

/// How an object was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// It is linked in memory.
    Link,
    /// It carries the external id that we would give it.
    ExternalId,
    /// A matching attribute alone, by its position.
    Attribute(usize),
}

/// What was found for a person or group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No object.
    Nothing {
        /// Whether no matching attribute has a value.
        no_value: bool,
    },
    /// One object.
    One {
        /// Which.
        at: At,
        /// How.
        by: By,
    },
    /// Not one for certain.
    Unclear(Box<Unclear>),
}

/// Why it is not certain which object is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unclear {
    pub reason: Reason,
    pub message: Text,
    /// Objects that may be meant; none of them is touched for the person's sake.
    pub candidates: Vec<At>,
    /// What it would be found by, if a person lets it through.
    pub otherwise: Option<By>,
}

/// Live objects of a kind, ready to be matched.
#[derive(Debug)]
pub(super) struct Matcher<'a> {
    pub objects: Objects<'a>,
    pub external: ByValue<'a>,
    pub keys: Vec<(AttrPath, ByValue<'a>)>,
    /// Who an object is linked to.
    pub owners: HashMap<&'a TargetId, &'a SourceId>,
}

impl<'a> Matcher<'a> {
    pub fn new(
        objects: Objects<'a>,
        schema: &Schema,
        resource: Resource,
        matching: &[AttrPath],
        links: impl Iterator<Item = (&'a TargetId, &'a SourceId)>,
    ) -> Self {
        let by = |path: &AttrPath| ByValue::new(&objects, schema, resource, path);
        let external = by(&AttrPath::core("externalId"));
        let keys = matching.iter().map(|path| (path.clone(), by(path))).collect();
        // Of two links to one object the first owner counts, in the order of the ids.
        let mut owners = HashMap::default();
        for (target, source) in links {
            owners.entry(target).or_insert(source);
        }
        Self { objects, external, keys, owners }
    }

    /// Finds the object of `who`. `wanted` gives the mapped value of a matching attribute.
    pub fn find(
        &self,
        who: &SourceId,
        link: Option<&TargetId>,
        external: Option<&Value>,
        mut wanted: impl FnMut(usize) -> Option<Value>,
    ) -> Found {
        let linked = link.and_then(|target| self.objects.find(target));
        let same_id = external.map(|value| self.external.find(value)).unwrap_or_default();
        match (linked, same_id) {
            (Some(at), []) => return Found::One { at, by: By::Link },
            (Some(at), held) if held.contains(&at) => return Found::One { at, by: By::Link },
            (Some(at), held) => return self.link_conflict(at, held),
            (None, [at]) => return Found::One { at: *at, by: By::ExternalId },
            (None, [_, _, ..]) => return self.ambiguous("externalId", external, same_id),
            (None, []) => {}
        }
        let mut no_value = true;
        for (nth, (path, by)) in self.keys.iter().enumerate() {
            let Some(value) = wanted(nth) else { continue };
            no_value = false;
            match by.find(&value) {
                [] => {}
                [at] => return self.unless_others(who, *at, By::Attribute(nth), external),
                several => return self.ambiguous(path.as_str(), Some(&value), several),
            }
        }
        Found::Nothing { no_value }
    }

    /// A match by attribute, unless the object says that it is somebody else's: a
    /// reused address must not give a new hire a leaver's account.
    fn unless_others(&self, who: &SourceId, at: At, by: By, external: Option<&Value>) -> Found {
        let object = self.objects.get(at);
        let owner = self.owners.get(object.id).filter(|owner| **owner != who);
        let carried = crate::live::at(object.attributes, &AttrPath::core("externalId"));
        let message = match (owner, external.zip(carried)) {
            (Some(owner), _) => format!("{} is linked to {owner}", object.label),
            (None, Some((wanted, carried))) if self.external.key(wanted) != self.external.key(&carried) => {
                format!("{} carries the external id {carried}, not {wanted}", object.label)
            }
            (None, _) => return Found::One { at, by },
        };
        Found::Unclear(Box::new(Unclear {
            reason: Reason::IdentityConflict,
            message: message.into(),
            candidates: vec![at],
            otherwise: Some(by),
        }))
    }

    fn link_conflict(&self, linked: At, same_id: &[At]) -> Found {
        let label = |at: At| self.objects.get(at).label;
        let others: Vec<&str> = same_id.iter().map(|at| label(*at).as_ref()).collect();
        let message = format!("the link points to {} and the external id to {}", self.name(linked), others.join(", "));
        let mut candidates = vec![linked];
        candidates.extend_from_slice(same_id);
        Found::Unclear(Box::new(Unclear {
            reason: Reason::LinkConflict,
            message: message.into(),
            candidates,
            otherwise: None,
        }))
    }

    fn ambiguous(&self, attribute: &str, value: Option<&Value>, several: &[At]) -> Found {
        const SHOWN: usize = 5;
        let mut names: Vec<String> = several.iter().take(SHOWN).map(|at| self.name(*at)).collect();
        if several.len() > SHOWN {
            names.push(format!("{} more", several.len() - SHOWN));
        }
        let value = value.map(|value| format!(" {value}")).unwrap_or_default();
        let message = format!("{attribute}{value} is held by {}", names.join(", "));
        Found::Unclear(Box::new(Unclear {
            reason: Reason::AmbiguousMatch,
            message: message.into(),
            candidates: several.to_vec(),
            otherwise: None,
        }))
    }

    /// An object by label and id: labels alone may be the same.
    fn name(&self, at: At) -> String {
        let object = self.objects.get(at);
        if object.label == object.id.text() {
            object.label.to_string()
        } else {
            format!("{} ({})", object.label, object.id)
        }
    }
}

/// Takes matches that are another's for right, where a person says that they are.
pub(super) fn let_through<'n>(
    found: &mut [Found],
    allowed: &Allowed,
    counts: impl Fn(usize) -> bool,
    called: impl Fn(usize) -> [&'n str; 2],
) {
    if !allowed.any(Reason::IdentityConflict) {
        return;
    }
    let is_conflict = |found: &Found| matches!(found, Found::Unclear(of) if of.reason == Reason::IdentityConflict);
    let conflicts: Vec<usize> = (0..found.len()).filter(|at| counts(*at) && is_conflict(&found[*at])).collect();
    let all = allowed.counts(Reason::IdentityConflict).any(|count| count >= conflicts.len() as u64);
    for who in conflicts {
        if let Found::Unclear(unclear) = &found[who]
            && let (Some(by), [at]) = (unclear.otherwise, unclear.candidates.as_slice())
            && (all || allowed.names(Reason::IdentityConflict, called(who).into_iter()))
        {
            found[who] = Found::One { at: *at, by };
        }
    }
}

/// Resolves who gets an object that several want: proof goes before a matching attribute.
pub(super) fn settle(found: &mut [Found], objects: &Objects, name: impl Fn(usize) -> Text) {
    let mut first: Vec<u32> = vec![0; objects.all.len()];
    let mut several: Vec<At> = Vec::new();
    for found in found.iter() {
        if let Found::One { at, .. } = found {
            first[*at as usize] += 1;
            if first[*at as usize] == 2 {
                several.push(*at);
            }
        }
    }
    if several.is_empty() {
        return;
    }
    let mut claims: HashMap<At, Vec<(usize, By)>> = several.iter().map(|at| (*at, Vec::new())).collect();
    for (who, found) in found.iter().enumerate() {
        if let Found::One { at, by } = found
            && let Some(claims) = claims.get_mut(at)
        {
            claims.push((who, *by));
        }
    }
    for at in several {
        let claims = &claims[&at];
        let label = objects.get(at).label;
        let mut proven = claims.iter().filter(|(_, by)| !matches!(by, By::Attribute(_)));
        let owner = match (proven.next(), proven.next()) {
            (Some((owner, _)), None) => Some(*owner),
            _ => None,
        };
        for (who, _) in claims {
            if Some(*who) == owner {
                continue;
            }
            let (reason, message) = match owner {
                Some(owner) => (Reason::IdentityConflict, format!("{label} is {}'s", name(owner))),
                None => {
                    let others = claims.iter().map(|(other, _)| *other).filter(|other| other != who);
                    let others: Vec<Text> = others.take(NAMED).map(&name).collect();
                    let others = names(&others, claims.len() - 1);
                    (Reason::DuplicateSource, format!("{label} is wanted by {others} too"))
                }
            };
            found[*who] = Found::Unclear(Box::new(Unclear {
                reason,
                message: message.into(),
                candidates: vec![at],
                otherwise: None,
            }));
        }
    }
}
