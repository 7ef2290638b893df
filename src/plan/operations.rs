//! From values that change to PATCH operations that servers as they are understand.
//!
//! One attribute for each operation, sub-attributes one by one. A multi-valued
//! attribute without a value of the wanted type is replaced as a whole, with the
//! values that it has: servers refuse or ignore `emails[type eq "work"].value`
//! when there is no such value.

use crate::{
    live::at,
    names::{AttrPath, Attributes, Selector, Text, Value},
};

use super::{Operation, Sent};

/// A value that changes: what is held now is in the live object.
#[derive(Clone, Debug)]
pub(super) struct Setting<'a> {
    pub path: &'a AttrPath,
    /// The new value; `None` removes it.
    pub after: Option<Sent>,
    /// Whether the attribute is known to hold several values.
    pub multi_valued: bool,
}

/// The operations of one PATCH.
pub(super) fn operations(held: &Attributes, settings: &[Setting]) -> Vec<Operation> {
    let mut operations: Vec<Operation> = Vec::with_capacity(settings.len());
    let mut whole: Vec<AttrPath> = Vec::new();
    for setting in settings {
        match form(held, setting, settings) {
            Form::Plain => operations.push(plain(held, setting)),
            Form::Item => operations.extend(item(held, setting, settings)),
            Form::Whole => {
                let top = setting.path.top();
                if !whole.contains(&top) {
                    operations.push(replace_whole(held, &top, settings));
                    whole.push(top);
                }
            }
        }
    }
    operations
}

enum Form {
    Plain,
    Item,
    Whole,
}

/// How one setting is written, which depends on the others of the same attribute.
fn form(held: &Attributes, setting: &Setting, settings: &[Setting]) -> Form {
    if setting.path.selector().is_none() && setting.path.sub().is_none() {
        return Form::Plain;
    }
    let top = setting.path.top();
    if setting.path.selector().is_none() {
        let list = setting.multi_valued || matches!(at(held, &top).as_deref(), Some(Value::List(_)));
        return if list { Form::Whole } else { Form::Plain };
    }
    let of_top = || settings.iter().filter(|other| other.path.selector().is_some() && other.path.top() == top);
    let has_item = |path: &AttrPath| at(held, &without_sub(path)).is_some();
    let needs_item = of_top().any(|other| other.after.is_some() && !has_item(other.path));
    let mixed = of_top().any(|gone| {
        removes_item(gone)
            && of_top().any(|other| other.after.is_some() && other.path.selector() == gone.path.selector())
    });
    if needs_item || mixed { Form::Whole } else { Form::Item }
}

/// Whether the whole value goes: its `value` does, so that no bare `type` is left.
fn removes_item(setting: &Setting) -> bool {
    setting.after.is_none() && setting.path.sub().is_none_or(|sub| sub.eq_ignore_ascii_case("value"))
}

fn without_sub(path: &AttrPath) -> AttrPath {
    AttrPath::from_parts(path.schema().map(Text::from), path.attribute().into(), path.selector().cloned(), None)
}

fn plain(held: &Attributes, setting: &Setting) -> Operation {
    let reference = matches!(setting.after, Some(Sent::Reference(_)));
    // A reference is a record of which the service makes the rest (RFC 7643 §4.3).
    let path = if reference { setting.path.top() } else { setting.path.clone() };
    match setting.after.clone() {
        None => Operation::Remove { path },
        Some(value) if at(held, &path).is_none() => Operation::Add { path, value },
        Some(value) => Operation::Replace { path, value },
    }
}

fn item(held: &Attributes, setting: &Setting, settings: &[Setting]) -> Option<Operation> {
    if setting.after.is_some() {
        return Some(plain(held, setting));
    }
    if removes_item(setting) {
        return Some(Operation::Remove { path: without_sub(setting.path) });
    }
    // What is within a value that goes as a whole needs no word of its own.
    let gone = settings.iter().any(|other| {
        removes_item(other)
            && other.path.selector() == setting.path.selector()
            && other.path.top() == setting.path.top()
    });
    (!gone).then(|| Operation::Remove { path: setting.path.clone() })
}

fn replace_whole(held: &Attributes, top: &AttrPath, settings: &[Setting]) -> Operation {
    let mut items: Vec<Value> = at(held, top).map(|value| value.each().to_vec()).unwrap_or_default();
    for setting in settings.iter().filter(|setting| setting.path.top() == *top) {
        match (setting.path.selector(), setting.path.sub()) {
            (Some(selector), sub) => put(&mut items, selector, sub, setting),
            (None, Some(sub)) => items = with_values(&items, sub, setting),
            (None, None) => {}
        }
    }
    if items.is_empty() {
        return Operation::Remove { path: top.clone() };
    }
    Operation::Replace { path: top.clone(), value: Sent::Value(Value::List(items)) }
}

fn value_of(setting: &Setting) -> Option<Value> {
    match &setting.after {
        Some(Sent::Value(value)) => Some(value.clone()),
        Some(Sent::Reference(_)) | None => None,
    }
}

/// Sets or removes what `selector` chooses.
fn put(items: &mut Vec<Value>, selector: &Selector, sub: Option<&str>, setting: &Setting) {
    let found = items.iter().position(|item| selector.fits(item));
    let Some(value) = value_of(setting) else {
        if let Some(found) = found {
            if removes_item(setting) {
                items.remove(found);
            } else if let Some(sub) = sub {
                set_member(&mut items[found], sub, None);
            }
        }
        return;
    };
    let chosen = || Value::Record(vec![(selector.attribute.clone(), selector.value.clone())]);
    match (found, sub) {
        (Some(found), Some(sub)) => set_member(&mut items[found], sub, Some(value)),
        (Some(found), None) => items[found] = with_choice(value, selector),
        (None, Some(sub)) => {
            let mut item = chosen();
            set_member(&mut item, sub, Some(value));
            items.push(item);
        }
        (None, None) => items.push(with_choice(value, selector)),
    }
}

/// A whole value, with what the selector wants in it.
fn with_choice(value: Value, selector: &Selector) -> Value {
    let mut item = match value {
        record @ Value::Record(_) => record,
        single => Value::Record(vec![("value".into(), single)]),
    };
    if !selector.fits(&item) {
        set_member(&mut item, &selector.attribute, Some(selector.value.clone()));
    }
    item
}

fn set_member(item: &mut Value, name: &str, value: Option<Value>) {
    let Value::Record(members) = item else { return };
    let found = members.iter().position(|(key, _)| key.eq_ignore_ascii_case(name));
    match (found, value) {
        (Some(found), Some(value)) => members[found].1 = value,
        (Some(found), None) => {
            members.remove(found);
        }
        (None, Some(value)) => members.push((name.into(), value)),
        (None, None) => {}
    }
}

/// The values of `emails.value`: those that are there stay as they are.
fn with_values(items: &[Value], sub: &str, setting: &Setting) -> Vec<Value> {
    let Some(wanted) = value_of(setting) else { return Vec::new() };
    let kept = |wanted: &Value| items.iter().find(|item| item.member(sub) == Some(wanted)).cloned();
    let make = |wanted: &Value| Value::Record(vec![(sub.into(), wanted.clone())]);
    wanted.each().iter().map(|wanted| kept(wanted).unwrap_or_else(|| make(wanted))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::TargetId;
    use crate::plan::Ref;

    fn live(json: &str) -> Attributes {
        serde_json::from_str(json).unwrap()
    }

    fn patch(held: &str, settings: &[(&str, Option<&str>)]) -> String {
        let paths: Vec<AttrPath> = settings.iter().map(|(path, _)| AttrPath::parse(path).unwrap()).collect();
        let settings: Vec<Setting> = settings
            .iter()
            .zip(&paths)
            .map(|((_, after), path)| Setting {
                path,
                after: after.map(|after| Sent::Value(serde_json::from_str(after).unwrap())),
                multi_valued: false,
            })
            .collect();
        serde_json::to_string(&operations(&live(held), &settings)).unwrap()
    }

    const WORK: &str = r#"emails[type eq "work"].value"#;

    #[test]
    fn an_attribute_is_added_replaced_or_removed() {
        assert_eq!(patch("{}", &[("title", Some("\"A\""))]), r#"[{"add":{"path":"title","value":{"value":"A"}}}]"#);
        assert_eq!(
            patch(r#"{"title":"B"}"#, &[("title", Some("\"A\""))]),
            r#"[{"replace":{"path":"title","value":{"value":"A"}}}]"#
        );
        assert_eq!(patch(r#"{"title":"B"}"#, &[("title", None)]), r#"[{"remove":{"path":"title"}}]"#);
        assert_eq!(
            patch(
                r#"{"name":{"givenName":"A"}}"#,
                &[("name.givenName", Some("\"B\"")), ("name.familyName", Some("\"C\""))]
            ),
            r#"[{"replace":{"path":"name.givenName","value":{"value":"B"}}},{"add":{"path":"name.familyName","value":{"value":"C"}}}]"#
        );
    }

    #[test]
    fn a_value_of_a_type_that_exists_is_replaced_alone() {
        assert_eq!(
            patch(r#"{"emails":[{"type":"work","value":"a"},{"type":"home","value":"h"}]}"#, &[(WORK, Some("\"b\""))]),
            r#"[{"replace":{"path":"emails[type eq \"work\"].value","value":{"value":"b"}}}]"#
        );
    }

    #[test]
    fn a_value_of_a_missing_type_replaces_the_whole_attribute_and_keeps_the_others() {
        assert_eq!(
            patch(r#"{"emails":[{"type":"home","value":"h"}]}"#, &[(WORK, Some("\"b\""))]),
            r#"[{"replace":{"path":"emails","value":{"value":[{"type":"home","value":"h"},{"type":"work","value":"b"}]}}}]"#
        );
        let both =
            [(WORK, Some("\"b\"")), (r#"emails[type eq "work"].display"#, Some("\"B\"")), ("title", Some("\"t\""))];
        assert_eq!(
            patch("{}", &both),
            r#"[{"replace":{"path":"emails","value":{"value":[{"type":"work","value":"b","display":"B"}]}}},{"add":{"path":"title","value":{"value":"t"}}}]"#
        );
    }

    #[test]
    fn one_missing_type_takes_the_changes_of_the_others_along() {
        let settings = [
            (r#"phoneNumbers[type eq "work"].value"#, Some("\"2\"")),
            (r#"phoneNumbers[type eq "mobile"].value"#, Some("\"3\"")),
        ];
        assert_eq!(
            patch(r#"{"phoneNumbers":[{"type":"work","value":"1"}]}"#, &settings),
            r#"[{"replace":{"path":"phoneNumbers","value":{"value":[{"type":"work","value":"2"},{"type":"mobile","value":"3"}]}}}]"#
        );
    }

    #[test]
    fn removing_the_value_of_a_type_removes_it_whole() {
        assert_eq!(
            patch(r#"{"emails":[{"type":"work","value":"a"}]}"#, &[(WORK, None)]),
            r#"[{"remove":{"path":"emails[type eq \"work\"]"}}]"#
        );
        let both = [(WORK, None), (r#"emails[type eq "work"].display"#, None)];
        assert_eq!(
            patch(r#"{"emails":[{"type":"work","value":"a","display":"A"}]}"#, &both),
            r#"[{"remove":{"path":"emails[type eq \"work\"]"}}]"#
        );
    }

    #[test]
    fn all_values_of_a_sub_attribute_are_written_as_a_list_of_records() {
        assert_eq!(
            patch(r#"{"emails":[{"type":"home","value":"h"}]}"#, &[("emails.value", Some(r#"["n","h"]"#))]),
            r#"[{"replace":{"path":"emails","value":{"value":[{"value":"n"},{"type":"home","value":"h"}]}}}]"#
        );
    }

    #[test]
    fn a_reference_is_set_on_the_whole_attribute() {
        let path = AttrPath::parse("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value").unwrap();
        let after = Some(Sent::Reference(Ref::Live(TargetId::new("7"))));
        let made = operations(&live("{}"), &[Setting { path: &path, after, multi_valued: false }]);
        assert!(matches!(&made[..], [Operation::Add { path, .. }] if path.sub().is_none()), "{made:?}");
    }
}
