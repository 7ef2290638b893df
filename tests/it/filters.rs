//! Scoping filters against their case file.
//!
//! `tests/cases/filters.json` holds facts from Microsoft's documentation: groups
//! of clauses, attributes, and whether the object is in scope.

use dialform::{
    manifest::scope::{Clause, Filter, passed},
    names::{Attributes, Place, Value},
};
use serde_json::Value as Json;

/// The filters of a case, or what is wrong with them.
fn filters(case: &Json) -> Result<Vec<Filter>, String> {
    let groups = case["filter"]["groups"].as_array().unwrap();
    let filter = |group: &Json| {
        let clauses = group["clauses"].as_array().unwrap().iter().map(|clause| {
            let value = clause.get("value").map(|value| Value::from_json(value).unwrap().to_string());
            let (attribute, operator) = (clause["attribute"].as_str().unwrap(), clause["operator"].as_str().unwrap());
            Clause::compile(attribute, operator, value.as_deref(), Place::default_value())
        });
        let clauses = clauses.collect::<Result<Vec<_>, _>>().map_err(|errors| format!("{errors:?}"))?;
        Filter::new("case", clauses, Place::default_value()).map_err(|error| error.to_string())
    };
    groups.iter().map(filter).collect()
}

fn differs(case: &Json) -> Option<String> {
    let members = case["attributes"].as_object().unwrap();
    let object: Attributes =
        members.iter().filter_map(|(name, value)| Some((name.as_str().into(), Value::from_json(value)?))).collect();
    // Filters narrow assignment; they never bring anybody in.
    let assigned = case["provisioningScope"] != "syncAssigned" || case["assigned"] == true;
    let got = filters(case).map(|filters| assigned && passed(&filters, &object).is_ok());
    let fits = match &got {
        Err(_) => case["expect"]["error"] == true,
        Ok(in_scope) => case["expect"] == *in_scope,
    };
    (!fits).then(|| format!("{}: {}\n  expected {}\n  got {got:?}", case["id"], case["filter"], case["expect"]))
}

#[test]
fn every_case_is_decided_as_the_documentation_says() {
    let cases: Vec<Json> = serde_json::from_str(include_str!("../cases/filters.json")).unwrap();
    assert!(cases.len() >= 145);
    let wrong: Vec<String> = cases.iter().filter_map(differs).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
