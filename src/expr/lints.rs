//! What is allowed but probably not meant, or would not work in Entra.

use std::collections::HashSet;

use super::tree::{Call, Form, Node};
use crate::names::Value;

/// Something to look at in an expression that is not wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// A stable code in snake case.
    pub code: &'static str,
    /// Whether it is likely a mistake.
    pub level: Level,
    /// A lower-case fragment.
    pub message: String,
    /// Byte offset into the expression.
    pub offset: usize,
    /// Length in bytes.
    pub length: usize,
    /// The next step.
    pub help: Option<String>,
}

/// How much a lint matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Good to know: a limit of Entra that does not hold here, a rule that surprises.
    Note,
    /// Probably not what was meant.
    Warning,
}

/// Source attributes that Entra does not offer ("Known issues for provisioning").
const NOT_IN_ENTRA: [&str; 2] = ["userType", "samAccountName"];

pub(super) fn lints(root: &Node) -> Vec<Lint> {
    let mut finder = Finder { lints: Vec::new(), redacted: 0 };
    match &root.form {
        Form::Attribute(name) => finder.add(
            root,
            "bare_attribute",
            Level::Note,
            format!("the expression is only the attribute `{name}`"),
            &format!("write `attribute: {name}` instead"),
        ),
        Form::Literal(..) => finder.add(
            root,
            "bare_constant",
            Level::Note,
            "the expression is only a constant".to_owned(),
            "write `constant:` instead",
        ),
        Form::Call(_) | Form::Constant(_) | Form::Condition(_) | Form::Omitted | Form::Hole(_) => {}
    }
    finder.node(root);
    finder.lints.sort_by_key(|lint| lint.offset);
    finder.lints
}

struct Finder {
    lints: Vec<Lint>,
    /// How many `Redact` are around this place.
    redacted: usize,
}

impl Finder {
    fn add(&mut self, node: &Node, code: &'static str, level: Level, message: String, help: &str) {
        let (offset, length) = (node.span.offset(), node.span.length());
        self.lints.push(Lint { code, level, message, offset, length, help: Some(help.to_owned()) });
    }

    fn node(&mut self, node: &Node) {
        let redacts = matches!(&node.form, Form::Call(call) if call.function.name == "Redact");
        self.redacted += usize::from(redacts);
        match &node.form {
            Form::Call(call) => self.call(node, call),
            Form::Attribute(name) => self.attribute(node, name),
            Form::Literal(..) | Form::Constant(_) | Form::Condition(_) | Form::Omitted | Form::Hole(_) => {}
        }
        for child in node.children() {
            self.node(child);
        }
        self.redacted -= usize::from(redacts);
    }

    fn attribute(&mut self, node: &Node, name: &str) {
        if NOT_IN_ENTRA.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            let message = format!("Entra does not offer `{name}` as a source attribute");
            self.add(node, "not_in_entra", Level::Note, message, "it works here when the source has it");
        }
        if self.redacted == 0 && name.to_ascii_lowercase().contains("password") {
            let message = format!("`{name}` looks like a secret and would appear in logs");
            self.add(node, "unredacted", Level::Warning, message, "put `Redact(…)` around it");
        }
    }

    fn call(&mut self, node: &Node, call: &Call) {
        match call.function.name {
            "SelectUniqueValue" => self.add(
                node,
                "select_unique_value",
                Level::Warning,
                "`SelectUniqueValue` is for on-premises Active Directory; Entra does not offer it for Dialpad"
                    .to_owned(),
                "Dialpad refuses a user name that is taken; `match` finds the account instead",
            ),
            "Switch" => self.switch(node, call),
            "IIF" | "CBool" => self.condition(call),
            "Replace" => self.replace(node, call),
            "Split" => {
                if let Some(delimiter) = call.args.get(1)
                    && delimiter.literal_text().is_some_and(|text| text.chars().count() > 1)
                {
                    let message = "`Split` is documented for one delimiter character".to_owned();
                    self.add(delimiter, "long_delimiter", Level::Warning, message, "here the whole text separates");
                }
            }
            "SingleAppRoleAssignment" | "AppRoleAssignmentsComplex" | "AssertiveAppRoleAssignmentsComplex" => self.add(
                node,
                "roles_need_assignment",
                Level::Note,
                format!("`{}` needs `scope: assigned`: who is not assigned has no role", call.function.name),
                "check that the scope is not `everyone`",
            ),
            "Coalesce" => {
                if let Some((last, others)) = call.args.split_last()
                    && last.literal_text().is_some()
                    && !others.is_empty()
                {
                    let message = "`Coalesce` skips null, not empty text".to_owned();
                    let help = "for both: `Switch([a], [a], \"\", \"default\")`";
                    self.add(node, "coalesce_empty", Level::Note, message, help);
                }
            }
            _ => {}
        }
    }

    fn switch(&mut self, node: &Node, call: &Call) {
        let Some(source) = call.args.first() else { return };
        match &source.form {
            Form::Call(inner) if matches!(inner.function.name, "IsNull" | "IsNullOrEmpty" | "IsPresent") => {
                let message = format!("Microsoft advises against `{}` as the source of `Switch`", inner.function.name);
                let help =
                    "the keys are compared with the texts True and False; the key \"\" stands for null and empty";
                self.add(source, "switch_on_test", Level::Warning, message, help);
            }
            Form::Attribute(_) => {
                let message = "in Entra, `Switch` gives null in an incremental cycle when its source did not change";
                self.add(
                    node,
                    "switch_incremental",
                    Level::Note,
                    message.to_owned(),
                    "here it does not; `IIF` works in both",
                );
            }
            _ => {}
        }
        let mut seen = HashSet::new();
        for key in call.args.iter().skip(2).step_by(2) {
            if let Some(text) = key.literal_text()
                && !seen.insert(text)
            {
                let message = format!("the key \"{text}\" comes twice");
                self.add(key, "duplicate_key", Level::Warning, message, "the first one wins");
            }
        }
    }

    fn condition(&mut self, call: &Call) {
        let Some(condition) = call.args.first() else { return };
        match &condition.form {
            Form::Call(inner) if matches!(inner.function.name, "IsNull" | "IsNullOrEmpty" | "IsPresent") => {
                let message = format!("Microsoft lists `{}` in a condition as unsupported", inner.function.name);
                let help = "it works here; for Entra too: `Switch([a], [a], \"\", \"default\")`";
                self.add(condition, "condition_on_null", Level::Warning, message, help);
            }
            Form::Condition(comparison) => {
                let sides = [&comparison.left, &comparison.right];
                if sides.iter().any(|side| side.literal_text() == Some("")) {
                    let message = "a comparison with \"\" is never true for null".to_owned();
                    let help = "the key \"\" of `Switch` stands for both null and empty";
                    self.add(condition, "compare_with_empty", Level::Warning, message, help);
                } else if sides.iter().any(|side| matches!(side.form, Form::Attribute(_))) {
                    let message = "the comparison is false, whatever the operator, when the attribute is null";
                    self.add(
                        condition,
                        "compare_with_null",
                        Level::Note,
                        message.to_owned(),
                        "then the last value is taken",
                    );
                }
            }
            _ => {}
        }
    }

    fn replace(&mut self, node: &Node, call: &Call) {
        if call.args.len() < call.function.parameters.len() {
            let message = format!("`Replace` has seven positions, here are {}", call.args.len());
            let help = "Entra wants the commas of the empty ones too";
            self.add(node, "replace_positions", Level::Warning, message, help);
        }
        for i in [2, 3, 5, 6] {
            let Some(arg) = call.args.get(i) else { continue };
            if matches!(&arg.form, Form::Literal(Value::Text(text), _) if text.is_empty()) {
                let name = call.function.parameters[i].name;
                let message = format!("\"\" as `{name}` is not the same as leaving it out");
                self.add(arg, "empty_for_omitted", Level::Warning, message, "write nothing between the two commas");
            }
        }
    }
}
