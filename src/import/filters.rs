//! Scoping filters of a schema: groups of clauses, one of which has to pass.
//!
//! A filter is carried over whole or not at all: without one of its clauses it
//! would let more people pass.

use std::collections::HashSet;

use super::{
    at::At,
    attribute::{cannot_be_read, known},
    report::{Carried, Findings, Kind, holds_token, quoted},
    rules::wrong,
};
use crate::{
    manifest::{
        attributes::is_of_entra,
        raw,
        scope::{Clause, Operator},
    },
    names::{Folded, Place},
};

/// The filters of one object mapping.
#[derive(Debug, Default)]
pub(super) struct Filters {
    pub(super) kept: Vec<Kept>,
    /// What stands at the end of the list: what is not carried over.
    pub(super) notes: Vec<String>,
    /// There were filters and none is carried over: nobody may pass until somebody writes them.
    pub(super) nobody: bool,
    pub(super) carried: Carried,
}

/// A filter that is carried over.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) filter: raw::Filter,
    pub(super) notes: Vec<String>,
}

const SCOPE: [&str; 3] = ["groups", "inputFilterGroups", "categoryFilterGroups"];
const BY_HAND: &str = "write the filter by hand; `dialform help filters` has every operator";

/// The filters of an object mapping's `scope`. `of` is `users` or `groups`.
pub(super) fn filters(mapping: &At, of: &str, findings: &mut Findings) -> Filters {
    let mut filters = Filters::default();
    let Some(scope) = mapping.get("scope") else { return filters };
    if !scope.is_map() {
        wrong(&scope, "a scope", findings);
        filters.nobody = !scope.is_empty();
        return filters;
    }
    findings.unknown(&scope, "a scope", &SCOPE);
    if let Some(groups) = scope.get("groups") {
        match groups.items() {
            Some(items) => {
                let mut names = HashSet::new();
                for (nth, group) in items.iter().enumerate() {
                    one(group, nth, of, &mut names, &mut filters, findings);
                }
            }
            None => wrong(&groups, "the filter groups of a scope", findings),
        }
        filters.nobody = filters.kept.is_empty() && !groups.is_empty();
    }
    early(&scope, of, &mut filters, findings);
    filters
}

fn one(group: &At, nth: usize, of: &str, names: &mut HashSet<Folded>, filters: &mut Filters, findings: &mut Findings) {
    filters.carried.all += 1;
    let written = group.string("name").map(str::trim).filter(|name| !name.is_empty());
    let shown = written.map_or(format!("filter {} of {of}", nth + 1), |name| format!("the filter `{}`", quoted(name)));
    findings.unknown(group, "a filter", &["name", "clauses"]);
    let lost = |code, at: &At, why: &str, filters: &mut Filters, findings: &mut Findings| {
        filters.notes.push(format!("not carried over: {shown}: {why}"));
        findings.add(Kind::NotCarried, code, at, shown.clone(), why, BY_HAND);
    };
    let Some(written_clauses) =
        group.get("clauses").and_then(|clauses| clauses.items()).filter(|list| !list.is_empty())
    else {
        let why = "it has no clauses, and what Entra makes of that is not documented";
        return lost("empty_filter", group, why, filters, findings);
    };
    let mut clauses = Vec::with_capacity(written_clauses.len());
    for at in &written_clauses {
        match clause(at, of, findings) {
            Ok(clause) => clauses.push(clause),
            Err(why) => return lost("bad_clause", at, &why, filters, findings),
        }
    }
    let mut notes = Vec::new();
    let mut name = written.map_or(format!("Filter {}", nth + 1), str::to_owned);
    if holds_token(&name) {
        name = format!("Filter {}", nth + 1);
    }
    if !names.insert(Folded::new(&name)) {
        let mut number = 2;
        while !names.insert(Folded::new(&format!("{name} ({number})"))) {
            number += 1;
        }
        name = format!("{name} ({number})");
        let why = "two filters have one name; here each has its own";
        notes.push("two filters had this name".to_owned());
        findings.add(Kind::Noted, "renamed_filter", group, shown, why, "nothing, or give it a better name");
    }
    filters.carried.carried += 1;
    filters.kept.push(Kept { filter: raw::Filter { name, clauses }, notes });
}

/// A clause, or why it cannot be carried over.
fn clause(at: &At, of: &str, findings: &mut Findings) -> Result<raw::Clause, String> {
    findings.unknown(at, "a clause", &["sourceOperandName", "operatorName", "targetOperand"]);
    let attribute = at.string("sourceOperandName").map(str::trim).unwrap_or_default();
    let Some(written) = at.string("operatorName") else { return Err("a clause names no operator".to_owned()) };
    let operand = at.get("targetOperand");
    let values = match &operand {
        None => Vec::new(),
        Some(operand) if operand.is_map() => {
            findings.unknown(operand, "an operand", &["values"]);
            match operand.get("values") {
                None => Vec::new(),
                Some(list) => list.items().unwrap_or_else(|| vec![list]),
            }
        }
        Some(operand) => operand.items().unwrap_or_else(|| vec![operand.clone()]),
    };
    let operator = Operator::parse(written).map_err(|error| error.message)?;
    let values: Vec<String> = values
        .iter()
        .filter(|value| !value.is_empty())
        .map(|value| {
            value
                .scalar()
                .ok_or_else(|| format!("a clause on `{}` is held against {}", quoted(attribute), value.kind()))
        })
        .collect::<Result<_, _>>()?;
    let value = match values.as_slice() {
        [] => None,
        given if !operator.takes_value() => {
            let what = format!("the value `{}` of `{}`", quoted(&given[0]), operator.portal());
            let why = "the operator takes no value, and Entra ignores it";
            findings.add(Kind::Noted, "unused_value", at, what, why, "nothing");
            None
        }
        [one] => Some(one.clone()),
        several => {
            let number = several.len();
            return Err(format!(
                "a clause on `{}` has {number} values, and which of them count is not documented",
                quoted(attribute)
            ));
        }
    };
    if value.as_deref().is_some_and(holds_token) || holds_token(attribute) {
        return Err("a token stands in a clause".to_owned());
    }
    if !attribute.is_empty() && !is_of_entra(attribute, known(of)) {
        return Err(cannot_be_read(attribute, known(of)));
    }
    Clause::compile(attribute, operator.as_str(), value.as_deref(), Place::default_value()).map_err(|errors| {
        let said: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
        format!("a clause on `{}` cannot work: {}", quoted(attribute), said.join("; "))
    })?;
    let (attribute, operator) = (attribute.to_owned(), operator.as_str().to_owned());
    Ok(raw::Clause { attribute, operator, value: value.map(raw::Constant::Text) })
}

/// The two experimental sets of filters: one drops early and without deprovisioning, the
/// other says whether an object belongs to this mapping at all.
fn early(scope: &At, of: &str, filters: &mut Filters, findings: &mut Findings) {
    let sets = [
        ("inputFilterGroups", "it keeps objects out early, and whoever fails it is not deprovisioned"),
        ("categoryFilterGroups", "it says which objects belong to the mapping at all"),
    ];
    for (name, why) in sets {
        if let Some(set) = scope.get(name).filter(|set| !set.is_empty()) {
            let what = format!("`{name}` of {of}");
            filters.notes.push(format!("not carried over: {what}: {why}"));
            let next = "write its clauses into each filter, where that is meant";
            findings.add(Kind::NotCarried, "early_filter", &set, what, why, next);
        }
    }
}
