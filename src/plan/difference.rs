//! One object held against its mappings: what differs, and the operations for it.

use std::sync::Arc;

use super::{
    AttributeChange, Operation, Reason, Ref, Sent,
    compare::id_or_self,
    index::Object,
    operations::{Setting, operations},
    targets::{Target, short},
};
use crate::{
    desired::Mapped,
    expr::ExprError,
    live,
    manifest::{ManagerDialect, WhenEmpty},
    memory::Memory,
    names::{Place, SourceId, Text, Value},
};

/// What a reference gives.
#[derive(Clone, Debug)]
pub(super) enum Referred {
    /// The account exists.
    Live {
        /// As it is sent.
        account: Ref,
        /// As people read it.
        name: Text,
    },
    /// It is created in this plan, so that the reference is set later.
    Later,
    /// There is no account.
    None,
}

/// Why an object cannot be planned.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub reason: Reason,
    pub message: Text,
    pub place: Place,
}

/// What differs.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub attributes: Vec<AttributeChange>,
    pub operations: Vec<Operation>,
    /// Whether the account becomes usable, or stops being so.
    pub active: Option<bool>,
    /// The user name that it will have, if that changes.
    pub user_name: Option<Text>,
    /// Attributes that differ but are known not to be stored.
    pub not_stored: Vec<Text>,
    /// Positions of references to be set later, with whom they name.
    pub later: Vec<(usize, SourceId)>,
    /// Whether a reference names nobody with an account.
    pub left_out: bool,
}

/// A mapping with what it gave.
pub(super) type Given<'t, 'm> = (usize, &'t Target<'m>, Mapped);

impl Difference {
    /// Compares what the mappings give with what the object holds.
    pub fn new(
        object: &Object,
        given: Vec<Given>,
        refer: impl Fn(&SourceId) -> Referred,
        memory: &Memory,
        manager: ManagerDialect,
    ) -> Result<Self, Trouble> {
        let mut difference = Self::default();
        let mut settings: Vec<Setting> = Vec::new();
        for (nth, target, mapped) in given {
            let path = &target.mapping.target;
            let held = live::at(object.attributes, path);
            let (after, shown) = match mapped {
                Mapped::Value(wanted) => {
                    // An account that does not say whether it is active is.
                    let silent = held.is_none() && path.is("active") && wanted == Value::Boolean(true);
                    if silent || held.as_deref().is_some_and(|held| target.comparison.holds(held, &wanted)) {
                        continue;
                    }
                    (Some(Sent::Value(wanted.clone())), Some(wanted))
                }
                Mapped::Reference(source) => match refer(&source) {
                    Referred::Live { account: Ref::Live(id), .. }
                        if held.as_deref().map(id_or_self).and_then(Value::as_text) == Some(id.text()) =>
                    {
                        continue;
                    }
                    Referred::Live { account, name } => (Some(Sent::Reference(account)), Some(Value::Text(name))),
                    Referred::Later => {
                        difference.later.push((nth, source));
                        continue;
                    }
                    Referred::None => {
                        difference.left_out = true;
                        continue;
                    }
                },
                Mapped::Empty if target.mapping.when_empty == WhenEmpty::Clear && held.is_some() => {
                    if target.required {
                        return Err(missing(&[target]));
                    }
                    (None, None)
                }
                Mapped::Empty | Mapped::Ignored => continue,
                Mapped::Failed(_) => continue,
            };
            if is_known_not_stored(memory, object, target, after.as_ref(), manager) {
                difference.not_stored.push(path.as_str().into());
                continue;
            }
            let before = held.map(|held| match after {
                Some(Sent::Reference(_)) => id_or_self(&held).clone(),
                Some(Sent::Value(_)) | None => held.into_owned(),
            });
            difference.attributes.push(AttributeChange {
                path: path.clone(),
                before,
                after: shown,
                place: Arc::clone(&target.place),
                redacted: target.redacted,
            });
            settings.push(Setting { path, after, multi_valued: target.comparison.multi_valued });
        }
        difference.operations = operations(object.attributes, &settings);
        difference.forget_not_stored(memory, object, manager);
        difference.notice(object);
        Ok(difference)
    }

    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    fn notice(&mut self, object: &Object) {
        for change in &self.attributes {
            match &change.after {
                Some(Value::Boolean(active)) if change.path.is("active") && *active != object.active => {
                    self.active = Some(*active);
                }
                Some(Value::Text(name)) if change.path.is("userName") => self.user_name = Some(name.clone()),
                Some(_) | None => {}
            }
        }
    }

    /// Drops whole attributes that the service is known not to store as they would be sent.
    fn forget_not_stored(&mut self, memory: &Memory, object: &Object, manager: ManagerDialect) {
        let Some(known) = memory.not_stored.get(object.id) else { return };
        let (attributes, not_stored) = (&mut self.attributes, &mut self.not_stored);
        self.operations.retain(|operation| {
            let (path, sent) = match operation {
                Operation::Add { path, value } | Operation::Replace { path, value } => {
                    (path, text(Some(value), manager))
                }
                Operation::Remove { path } => (path, text(None, manager)),
            };
            let stored = known.get(path).is_none_or(|known| **known != sent);
            if !stored {
                not_stored.push(path.as_str().into());
                attributes.retain(|change| change.path != *path && change.path.top() != *path);
            }
            stored
        });
    }
}

/// Whether the service took this same value before and did not store it.
fn is_known_not_stored(
    memory: &Memory,
    object: &Object,
    target: &Target,
    after: Option<&Sent>,
    manager: ManagerDialect,
) -> bool {
    let Some(known) = memory.not_stored.get(object.id) else { return false };
    let path = match after {
        Some(Sent::Reference(_)) => target.mapping.target.top(),
        Some(Sent::Value(_)) | None => target.mapping.target.clone(),
    };
    known.get(&path).is_some_and(|known| **known == text(after, manager))
}

/// The text under which a value is remembered as not stored.
fn text(sent: Option<&Sent>, manager: ManagerDialect) -> String {
    match sent {
        None => String::new(),
        Some(Sent::Value(value)) => value.to_string(),
        Some(Sent::Reference(Ref::Live(id))) => manager.remembered(id),
        Some(Sent::Reference(Ref::Created(_))) => "\u{0}".to_owned(),
    }
}

/// A mapping that fails for this person.
pub(super) fn failed(target: &Target, error: &ExprError, seen: &str) -> Trouble {
    let mut message = format!("`{}` by `{}`: {}", target.mapping.target, short(&target.source()), error.message);
    if !seen.is_empty() {
        message.push_str(&format!("; {seen}"));
    }
    Trouble { reason: Reason::ExpressionFailed, message: message.into(), place: target.mapping.place.clone() }
}

/// Required attributes without a value.
pub(super) fn missing(targets: &[&Target]) -> Trouble {
    let names: Vec<String> = targets
        .iter()
        .map(|target| format!("`{}` from `{}`", target.mapping.target, short(&target.source())))
        .collect();
    let (verb, noun) = if names.len() == 1 { ("is", "has no value") } else { ("are", "have no value") };
    Trouble {
        reason: Reason::MissingRequired,
        message: format!("{} {verb} required and {noun}", names.join(", ")).into(),
        place: targets.first().map(|target| target.mapping.place.clone()).unwrap_or_default(),
    }
}
