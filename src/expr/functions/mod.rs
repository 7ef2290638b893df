//! THE table of functions: one row each, with parameters, a line of doc and
//! the function itself.
//!
//! A row and its function are all it takes to add one: checking, help,
//! completion and the reference page read the table. Facts are from
//! Microsoft's "Reference for writing expressions for attribute mappings"
//! (`entra-docs`, `functions-for-customizing-application-data.md`).

mod convert;
mod dates;
mod lists;
mod logic;
mod random;
mod replace;
mod roles;
mod table;
mod text;

use super::{
    eval::{Args, Stop, Val},
    tree::Node,
};

pub use table::functions;

/// A function of the language.
pub struct Function {
    /// Its name, as it must be written.
    pub name: &'static str,
    /// Its parameters in order. Repeating ones stand last and repeat together.
    pub parameters: &'static [Parameter],
    /// What it gives.
    pub returns: Kind,
    /// One line for people.
    pub doc: &'static str,
    /// Whether it may only be the outermost function.
    pub top_level: bool,
    pub(super) apply: Apply,
    pub(super) reshape: Option<fn(&mut Vec<Node>)>,
    pub(super) check: Option<Check>,
}

/// Computes a call. It evaluates the arguments that it asks for and no others.
pub(super) type Apply = for<'e, 'a> fn(&Args<'e, 'a>) -> Result<Val<'a>, Stop>;

/// A check of the arguments beyond their number and kind, without a person.
pub(super) type Check = fn(&[Node]) -> Vec<Flaw>;

/// What a function's own check found.
pub(super) struct Flaw {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// Which argument, or the whole call.
    pub(super) arg: Option<usize>,
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Microsoft's name for it.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether it can be left out: nothing between two commas, or at the end.
    pub required: bool,
    /// Whether it may come again and again.
    pub repeats: bool,
}

/// What a parameter takes or a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The place of the whole expression.
    Whole,
    /// Any value; markers such as `IgnoreAttributeFlow` too.
    Any,
    /// One text; numbers, booleans and dates by their text.
    Text,
    /// A whole number of 64 bits, or a text that is one.
    Integer,
    /// True or False.
    Boolean,
    /// A comparison, or a value that is true or false.
    Condition,
    /// An instant, or a text that `CDate` understands.
    DateTime,
    /// Several values.
    List,
    /// App role assignments: the attribute of that name.
    Roles,
    /// A .NET regular expression.
    Pattern,
    /// The name or number of a group in a pattern.
    Group,
    /// A .NET custom date and time format.
    DateFormat,
    /// Names of .NET's `DateTimeStyles`, separated by commas.
    DateStyles,
    /// `yyyy`, `m`, `ww`, `d`, `h`, `n` or `s`.
    Interval,
    /// The name of a culture, such as `tr-TR`.
    Culture,
    /// `vbTextCompare` or `vbBinaryCompare`.
    Compare,
}

impl Kind {
    /// In words, for messages.
    pub fn describe(self) -> &'static str {
        match self {
            Kind::Whole | Kind::Any => "any value",
            Kind::Text => "text",
            Kind::Integer => "a whole number",
            Kind::Boolean => "True or False",
            Kind::Condition => "a condition",
            Kind::DateTime => "a date",
            Kind::List => "a list",
            Kind::Roles => "[appRoleAssignments]",
            Kind::Pattern => "a regular expression",
            Kind::Group => "the name of a group",
            Kind::DateFormat => "a date format",
            Kind::DateStyles => "date/time styles",
            Kind::Interval => "an interval",
            Kind::Culture => "the name of a culture",
            Kind::Compare => "vbTextCompare or vbBinaryCompare",
        }
    }

    /// Whether a function that gives `given` can stand here. Texts can be
    /// anything, and everything has a text; a boolean is no number or date.
    pub(super) fn accepts(self, given: Kind) -> bool {
        match self {
            Kind::Whole | Kind::Any | Kind::Text | Kind::Condition | Kind::Boolean | Kind::List => true,
            Kind::Pattern | Kind::Group | Kind::DateFormat | Kind::DateStyles | Kind::Culture | Kind::Interval => {
                !matches!(given, Kind::Boolean | Kind::DateTime)
            }
            Kind::Integer => !matches!(given, Kind::Boolean | Kind::DateTime),
            Kind::DateTime => !matches!(given, Kind::Boolean | Kind::Integer),
            Kind::Roles | Kind::Compare => false,
        }
    }
}

impl Parameter {
    /// What the whole expression is held against.
    pub(super) const WHOLE: Parameter = required("", Kind::Whole);
    /// A side of a comparison, or an argument too many.
    pub(super) const OPERAND: Parameter = required("operand", Kind::Text);
}

pub(super) const fn required(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: true, repeats: false }
}

pub(super) const fn optional(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: false, repeats: false }
}

pub(super) const fn repeated(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: true, repeats: true }
}

impl Function {
    const fn new(
        name: &'static str,
        parameters: &'static [Parameter],
        returns: Kind,
        apply: Apply,
        doc: &'static str,
    ) -> Self {
        Self { name, parameters, returns, doc, top_level: false, apply, reshape: None, check: None }
    }

    const fn checked(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    const fn reshaped(mut self, reshape: fn(&mut Vec<Node>)) -> Self {
        self.reshape = Some(reshape);
        self
    }

    const fn outermost(mut self) -> Self {
        self.top_level = true;
        self
    }

    /// The parameter of argument `i`, from 0.
    pub fn parameter(&self, i: usize) -> Option<&'static Parameter> {
        if i < self.parameters.len() {
            return Some(&self.parameters[i]);
        }
        let first = self.parameters.iter().position(|parameter| parameter.repeats)?;
        let group = self.parameters.len() - first;
        Some(&self.parameters[first + (i - first) % group])
    }

    /// Fewest and most arguments, and how many come at a time beyond the fewest.
    pub fn arity(&self) -> (usize, Option<usize>, usize) {
        let repeating = self.parameters.iter().filter(|parameter| parameter.repeats).count();
        if repeating > 0 {
            // Optional ones before repeating ones are still counted: their commas stand.
            return (self.parameters.len(), None, repeating);
        }
        let least = self.parameters.iter().rposition(|parameter| parameter.required).map_or(0, |last| last + 1);
        (least, Some(self.parameters.len()), 1)
    }

    /// `Mid(source, start, length)`; optional parameters in braces.
    pub fn signature(&self) -> String {
        let mut text = format!("{}(", self.name);
        for (i, parameter) in self.parameters.iter().enumerate() {
            if i > 0 {
                text.push_str(", ");
            }
            if parameter.required || parameter.repeats {
                text.push_str(parameter.name);
            } else {
                text.push_str(&format!("{{{}}}", parameter.name));
            }
        }
        if self.parameters.last().is_some_and(|parameter| parameter.repeats) {
            text.push_str(", …");
        }
        text.push(')');
        text
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.signature())
    }
}

/// The function of this exact name.
pub fn find(name: &str) -> Option<&'static Function> {
    functions().iter().find(|function| function.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_every_row_can_be_explained() {
        let names: Vec<String> = functions().iter().map(|function| function.name.to_lowercase()).collect();
        assert!(names.is_sorted(), "{names:?}");
        for function in functions() {
            assert!(function.doc.ends_with('.'), "{}", function.name);
            let first = function.parameters.iter().position(|parameter| parameter.repeats);
            let repeating = first.map_or(&[][..], |first| &function.parameters[first..]);
            assert!(repeating.iter().all(|parameter| parameter.repeats), "{}", function.name);
        }
    }

    #[test]
    fn a_signature_shows_what_can_be_left_out_and_what_repeats() {
        let of = |name| find(name).unwrap().signature();
        assert_eq!(of("Switch"), "Switch(source, {defaultValue}, key, value, …)");
        assert_eq!(of("InStr"), "InStr(value1, value2, {start}, {compareType})");
        assert_eq!(of("Now"), "Now()");
    }
}
