//! `filters`: scoping filters, compiled.

use std::collections::HashMap;

use super::{Judge, Spot};
use crate::{
    manifest::{
        Filter, attributes, raw,
        scope::{Clause, Part},
    },
    names::Folded,
};

pub(super) fn filters(
    raw: &[raw::Filter],
    kind: &'static str,
    known: &[&'static str],
    judge: &mut Judge,
) -> Vec<Filter> {
    let mut filters = Vec::with_capacity(raw.len());
    let mut names: HashMap<Folded, usize> = HashMap::new();
    for (i, filter) in raw.iter().enumerate() {
        let index = i.to_string();
        if let Some(first) = names.insert(Folded::new(&filter.name), i) {
            let spot = judge.spot(&["filters", kind, &index, "name"]);
            let first = judge.spot(&["filters", kind, &first.to_string(), "name"]);
            let message = format!("two filters are named `{}`", filter.name);
            let problem = judge.error(&spot, "duplicate_filter", message);
            *problem = problem.clone().related(&first.file, first.span, "the other stands here");
        }
        let mut clauses = Vec::with_capacity(filter.clauses.len());
        for (j, clause) in filter.clauses.iter().enumerate() {
            clauses.extend(compiled(clause, &["filters", kind, &index, "where", &j.to_string()], known, judge));
        }
        let place = judge.place(&["filters", kind, &index]);
        // A filter without clauses is an error of its structure, or its clauses were wrong.
        filters.extend(Filter::new(filter.name.as_str(), clauses, place));
    }
    optional(&filters, kind, judge);
    filters
}

fn compiled(raw: &raw::Clause, path: &[&str; 5], known: &[&'static str], judge: &mut Judge) -> Option<Clause> {
    let value = raw.value.as_ref().map(text);
    let place = judge.place(path);
    match Clause::compile(&raw.attribute, &raw.operator, value.as_deref(), place) {
        Ok(clause) => {
            let spot = part(path, Part::Attribute, judge);
            judge.attribute(&raw.attribute, known, &spot);
            for lint in clause.lints() {
                let spot = part(path, lint.what, judge);
                judge.warning(&spot, lint.code, lint.message).help = Some(lint.help);
            }
            Some(clause)
        }
        Err(errors) => {
            for error in errors {
                let spot = part(path, error.what, judge);
                judge.error(&spot, "bad_clause", error.message).help = error.help;
            }
            None
        }
    }
}

/// The place of a part; of the whole clause where the part is missing.
fn part(path: &[&str; 5], part: Part, judge: &Judge) -> Spot {
    let key = match part {
        Part::Attribute => "attribute",
        Part::Operator => "operator",
        Part::Value => "value",
    };
    judge.spot(&[path[0], path[1], path[2], path[3], path[4], key])
}

/// An operator that denies is false on an empty value, which surprises; unless
/// another filter lets the empty ones pass.
fn optional(filters: &[Filter], kind: &'static str, judge: &mut Judge) {
    for (i, filter) in filters.iter().enumerate() {
        for (j, clause) in filter.clauses.iter().enumerate() {
            let is_let_in = filters.iter().any(|other| {
                other.clauses.iter().any(|c| c.attribute == clause.attribute && c.operator.as_str() == "is_null")
            });
            if !clause.operator.denies() || attributes::is_always_there(&clause.attribute) || is_let_in {
                continue;
            }
            let spot = judge.spot(&["filters", kind, &i.to_string(), "where", &j.to_string(), "operator"]);
            let message = format!("`{}` also keeps out whoever has no `{}`", clause.operator, clause.attribute);
            judge.warning(&spot, "denies_empty", message).help = Some(format!(
                "as in Entra; to let them in, add a filter with `{{ attribute: {}, operator: is_null }}`",
                clause.attribute
            ));
        }
    }
}

/// A clause compares text; true and false are written as Entra writes them.
fn text(value: &raw::Constant) -> String {
    match value {
        raw::Constant::Boolean(true) => "True".to_owned(),
        raw::Constant::Boolean(false) => "False".to_owned(),
        raw::Constant::Integer(value) => value.to_string(),
        raw::Constant::Text(text) => text.clone(),
    }
}
