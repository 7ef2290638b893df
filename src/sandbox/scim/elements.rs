//! The values of a multi-valued attribute under a PATCH operation.

use scim_v2::filter::{AttrExp, CompValue, CompareOp, ValFilter};
use serde_json::{Map, Value};

use super::{
    attributes::Attribute,
    body::{self, MOST_VALUES, coerce, is_primary, too_many},
    check::{Check, Subject},
    refusal::{Refusal, ScimType, shortened},
};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Replace,
    Remove,
}

/// The elements that `[…]` chooses, and what an element must have to be chosen.
pub(crate) struct Chosen {
    pub(crate) check: Check,
    pub(crate) seed: Map<String, Value>,
}

/// The values of a multi-valued attribute under an operation.
pub(crate) struct Elements<'a> {
    pub(crate) known: &'static Attribute,
    pub(crate) path: &'a str,
    pub(crate) elements: Vec<Value>,
}

impl Elements<'_> {
    /// Does an operation on all elements or the chosen ones, whole or in one part.
    pub(crate) fn operate(
        &mut self,
        op: Op,
        chosen: Option<&Chosen>,
        part: Option<&'static Attribute>,
        value: Option<&Value>,
    ) -> Result<(), Refusal> {
        match (chosen, part) {
            (None, None) => self.whole(op, value),
            (None, Some(part)) => {
                if self.elements.is_empty() && op != Op::Remove {
                    self.elements.push(Value::Object(Map::new()));
                }
                let all: Vec<usize> = (0..self.elements.len()).collect();
                self.parts(&all, part, op, value)
            }
            (Some(chosen), part) => {
                let matching = |(at, element): (usize, &Value)| {
                    element
                        .as_object()
                        .is_some_and(|element| chosen.check.passes(Subject::Element(element)))
                        .then_some(at)
                };
                let mut places: Vec<usize> = self.elements.iter().enumerate().filter_map(matching).collect();
                if places.is_empty() {
                    match op {
                        Op::Remove => return Ok(()),
                        Op::Replace => {
                            let detail =
                                format!("no value of `{}` is chosen by `{}`", self.known.name, shortened(self.path));
                            return Err(Refusal::new(ScimType::NoTarget, detail));
                        }
                        // Entra adds the work e-mail of somebody who has none by this path.
                        Op::Add => {
                            places.push(self.elements.len());
                            self.elements.push(Value::Object(chosen.seed.clone()));
                        }
                    }
                }
                match part {
                    Some(part) => self.parts(&places, part, op, value),
                    None => self.chosen(&places, op, value),
                }
            }
        }
    }

    fn read(&self, value: Option<&Value>) -> Result<Vec<Value>, Refusal> {
        let value = value.map_or(Ok(None), |value| coerce(self.known, value, self.path))?;
        Ok(match value {
            Some(Value::Array(list)) => list,
            Some(_) | None => Vec::new(),
        })
    }

    fn whole(&mut self, op: Op, value: Option<&Value>) -> Result<(), Refusal> {
        let values = self.read(value)?;
        match op {
            Op::Replace => self.elements = values,
            // Entra's older dialect: the values to remove are listed. An element goes
            // when it has all that is said of it.
            Op::Remove if !values.is_empty() => {
                self.elements.retain(|element| !values.iter().any(|value| contains(element, value)));
            }
            Op::Remove => self.elements.clear(),
            Op::Add => {
                for value in values {
                    if self.elements.len() > MOST_VALUES {
                        return Err(too_many(self.known.name));
                    }
                    if self.elements.contains(&value) {
                        continue;
                    }
                    self.elements.push(value);
                    self.settle_primary(self.elements.len() - 1);
                }
            }
        }
        Ok(())
    }

    fn parts(
        &mut self,
        places: &[usize],
        part: &'static Attribute,
        op: Op,
        value: Option<&Value>,
    ) -> Result<(), Refusal> {
        for place in places {
            if let Some(object) = self.elements[*place].as_object_mut() {
                set_part(object, part, op, value, self.path)?;
            }
            self.settle_primary(*place);
        }
        self.elements.retain(|element| !body::is_empty(element));
        Ok(())
    }

    fn chosen(&mut self, places: &[usize], op: Op, value: Option<&Value>) -> Result<(), Refusal> {
        let value = self.read(value)?.into_iter().next().filter(|_| op != Op::Remove);
        let Some(Value::Object(value)) = value else {
            for place in places.iter().rev() {
                self.elements.remove(*place);
            }
            return Ok(());
        };
        for place in places {
            let before = match (op, self.elements[*place].take()) {
                (Op::Add, Value::Object(before)) => before,
                (Op::Add | Op::Replace | Op::Remove, _) => Map::new(),
            };
            self.elements[*place] = merged(before, value.clone());
            self.settle_primary(*place);
        }
        Ok(())
    }

    /// A value that becomes primary makes all others not so (RFC 7644 §3.5.2).
    fn settle_primary(&mut self, place: usize) {
        if !is_primary(&self.elements[place]) {
            return;
        }
        for (at, element) in self.elements.iter_mut().enumerate() {
            if let Some(primary) = element.get_mut("primary").filter(|_| at != place) {
                *primary = false.into();
            }
        }
    }
}

/// Whether `element` has every sub-attribute of `value`.
fn contains(element: &Value, value: &Value) -> bool {
    match value.as_object() {
        Some(value) => value.iter().all(|(key, value)| element.get(key) == Some(value)),
        None => element == value,
    }
}

/// What an element must have at least to pass `[…]`: the equalities in it.
pub(crate) fn seed(known: &'static Attribute, filter: &ValFilter) -> Map<String, Value> {
    let mut seed = Map::new();
    let list = match filter {
        ValFilter::And(list) => list.as_slice(),
        single => std::slice::from_ref(single),
    };
    for filter in list {
        if let ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, value)) = filter
            && let Some(part) = known.part(&path.name)
        {
            let value = match value {
                CompValue::Str(text) => Value::from(text.as_str()),
                CompValue::True => true.into(),
                CompValue::False => false.into(),
                CompValue::Null | CompValue::Number(_) => continue,
            };
            if let Ok(Some(value)) = coerce(part, &value, part.name) {
                seed.insert(part.name.into(), value);
            }
        }
    }
    seed
}

/// The object with the other's values in it.
pub(crate) fn merged(mut before: Map<String, Value>, value: Map<String, Value>) -> Value {
    before.extend(value);
    Value::Object(before)
}

/// Sets or removes one sub-attribute.
pub(crate) fn set_part(
    object: &mut Map<String, Value>,
    part: &'static Attribute,
    op: Op,
    value: Option<&Value>,
    path: &str,
) -> Result<(), Refusal> {
    let value = match value.filter(|_| op != Op::Remove) {
        Some(value) => coerce(part, value, path)?,
        None => None,
    };
    match value {
        Some(value) => {
            object.insert(part.name.into(), value);
        }
        None => {
            object.shift_remove(part.name);
        }
    }
    Ok(())
}
