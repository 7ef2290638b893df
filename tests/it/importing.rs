//! `import entra`: what is in a schema is in the manifest and means the same, or is in the report.

use std::{collections::BTreeMap, fs};

use dialform::{
    desired::{Mapped, map},
    expr::{Expression, Outcome, Overlay, World},
    import::{self, Document, Finding, Imported, Kind},
    manifest::{
        Apply, Disk, Manifest, Mapping, MappingSource, Membership, attributes, read, scope::passed, trust::AllowedHosts,
    },
    names::{AttrPath, Attributes, Value},
    problem::{Level, Problem},
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{process::Folder, program::dialform};

/// Schemas that are imported; the others in the folder are refused or come with one.
const SCHEMAS: [&str; 7] =
    ["gallery", "functions", "old_case", "groups_off", "unknown_members", "everything", "two_rules"];

fn case(name: &str) -> String {
    fs::read_to_string(format!("tests/cases/import/{name}.json")).unwrap()
}

fn document(name: &str) -> Document {
    Document::parse(&format!("{name}.json"), case(name).as_bytes()).unwrap()
}

fn imported(names: &[&str]) -> Imported {
    import::entra(&names.iter().map(|name| document(name)).collect::<Vec<_>>()).unwrap()
}

fn of(schema: &Json) -> Imported {
    import::entra(&[Document::of("schema.json", schema.clone())]).unwrap()
}

/// The manifest with people from files, whose attributes can have any name.
fn with_files(text: &str) -> String {
    let (above, rest) = text.split_once("\nsource:\n  entra:\n").unwrap();
    let (entra, below) = rest.split_once("\n\n").unwrap();
    assert!(entra.lines().all(|line| line.starts_with("    ")), "{entra}");
    let text = format!("{above}\nsource: {{ files: {{ people: people.csv }} }}\n\n{below}");
    assert!(text.contains("\ndefault_access: exclude\n") && text.contains("\n  - { entra: true }\n"), "{text}");
    text.replace("\ndefault_access: exclude\n", "\n").replace("\n  - { entra: true }\n", "\n  []\n")
}

/// What `check` makes of a manifest, with people from files.
fn checked(text: &str) -> (Option<Manifest>, Vec<Problem>) {
    as_it_is(with_files(text))
}

fn as_it_is(text: String) -> (Option<Manifest>, Vec<Problem>) {
    let mut disk = Disk { read: &mut |_| Ok(text.clone()), list: &mut |_, _| Ok(Vec::new()) };
    let read = read("dialform.yaml", &mut disk, &AllowedHosts::default());
    (read.manifest.map(|(manifest, _)| manifest), read.problems)
}

fn valid(text: &str) -> Manifest {
    let (manifest, problems) = checked(text);
    manifest.unwrap_or_else(|| panic!("{text}\n{problems:#?}"))
}

fn world() -> World<'static> {
    World { now: "2027-01-31T09:00:00Z".parse().unwrap(), default_domain: None, taken: &|_| false, seed: 1 }
}

fn people() -> Vec<Attributes> {
    let person = |values: Json| -> Attributes {
        let members = values.as_object().unwrap();
        members.iter().filter_map(|(name, value)| Some((name.as_str().into(), Value::from_json(value)?))).collect()
    };
    vec![
        person(json!({
            "objectId": "id-ana", "userPrincipalName": "ana@acme.example", "mail": "Ana.Diaz@acme.example",
            "mailNickname": "Ana.Díaz", "displayName": "Ana Díaz", "givenName": "Ana", "surname": "Díaz",
            "jobTitle": "Agent", "department": "Sales", "country": "US", "city": "Austin", "employeeId": "4711",
            "accountEnabled": true, "IsSoftDeleted": false, "telephoneNumber": "+1 (512) 555-0100",
            "mobile": "+15125550101", "preferredLanguage": "en-US", "streetAddress": "1 Main St", "postalCode": "78701",
            "employeeHireDate": "2024-03-01T00:00:00Z", "manager": "id-boss",
            "extension_0123456789abcdef0123456789abcdef_costCode": "PILOT-VOICE",
        })),
        person(json!({
            "objectId": "id-kai", "userPrincipalName": "kai@acme.example", "displayName": "svc-kai", "surname": "",
            "department": "IT", "country": "DE", "employeeId": "12", "accountEnabled": false, "IsSoftDeleted": true,
            "employeeHireDate": "2020-12-31T10:00:00Z", "mailNickname": "kai",
        })),
        person(json!({
            "objectId": "id-lea", "userPrincipalName": "lea@acme.example", "mail": "lea@acme.example",
            "displayName": "Lea", "givenName": "Lea", "surname": "Sand", "jobTitle": "Lead Agent", "employeeId": "2000",
            "department": "Support", "country": "FR", "accountEnabled": true, "IsSoftDeleted": false,
            "employeeHireDate": "2021-06-05T10:00:00Z", "mailNickname": "lea",
        })),
        person(json!({ "objectId": "dp-1", "displayName": "dp-sales", "members": ["id-ana"] })),
        person(json!({ "objectId": "dp-2", "displayName": "dp-sandbox" })),
    ]
}

/// A schema as this test reads it: by the rules of Microsoft Graph's metadata, and no
/// code of the import.
struct Schema(Json);

impl Schema {
    /// A member in any letter case.
    fn get<'a>(json: &'a Json, name: &str) -> &'a Json {
        let found = json.as_object().and_then(|object| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)));
        found.map_or(&Json::Null, |(_, value)| value)
    }

    fn list<'a>(json: &'a Json, name: &str) -> Vec<&'a Json> {
        Self::get(json, name).as_array().map(|items| items.iter().collect()).unwrap_or_default()
    }

    /// The object mappings of the rules that read from Entra, with their pointers.
    fn objects(&self) -> Vec<(String, &Json)> {
        let (mut found, mut name) = (Vec::new(), "synchronizationRules");
        if self.0.get(name).is_none() {
            name = "SynchronizationRules";
        }
        for (i, rule) in Self::list(&self.0, name).into_iter().enumerate() {
            let mappings = rule
                .as_object()
                .and_then(|rule| rule.iter().find(|(key, _)| key.eq_ignore_ascii_case("objectMappings")));
            let Some((key, Json::Array(items))) = mappings else { continue };
            found.extend(items.iter().enumerate().map(|(j, item)| (format!("/{name}/{i}/{key}/{j}"), item)));
        }
        found
    }

    /// The object mapping of users or groups that counts in the cases: the first of the rule with the lowest number.
    fn object(&self, kind: &str) -> Option<&Json> {
        let rules = Self::list(&self.0, "synchronizationRules");
        let mut rules: Vec<&Json> = rules
            .into_iter()
            .filter(|rule| {
                Self::get(rule, "sourceDirectoryName").as_str().unwrap().eq_ignore_ascii_case("Azure Active Directory")
            })
            .collect();
        rules.sort_by_key(|rule| Self::get(rule, "priority").as_i64());
        rules
            .into_iter()
            .flat_map(|rule| Self::list(rule, "objectMappings"))
            .find(|object| Self::get(object, "sourceObjectName").as_str().unwrap().eq_ignore_ascii_case(kind))
    }
}

/// A mapping in one form, of a schema or of a manifest.
type Canonical = (String, Option<String>, Apply);

/// The value as an expression of Entra's language: `[mail]`, `"Employee"`, `Not([IsSoftDeleted])`.
fn of_manifest(mapping: &Mapping) -> (String, Canonical) {
    let source = match &mapping.source {
        MappingSource::Attribute(name) => format!("[{name}]"),
        MappingSource::Constant(value) => Expression::parse(&format!("{:?}", value.to_string())).unwrap().to_string(),
        MappingSource::Expression(expression) => expression.to_string(),
        MappingSource::None => "none".to_owned(),
    };
    (mapping.target.key().to_owned(), (source, mapping.default.as_ref().map(Value::to_string), mapping.apply))
}

fn of_schema(mapping: &Json) -> Option<(String, Canonical)> {
    let target = AttrPath::parse(Schema::get(mapping, "targetAttributeName").as_str()?).ok()?;
    let source = match Schema::get(mapping, "source") {
        Json::Null => "none".to_owned(),
        source => Expression::parse(Schema::get(source, "expression").as_str()?).ok()?.to_string(),
    };
    let default = Schema::get(mapping, "defaultValue").as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let apply = match Schema::get(mapping, "flowType").as_str()?.to_ascii_lowercase().as_str() {
        "always" => Apply::Always,
        _ => Apply::OnCreate,
    };
    Some((target.key().to_owned(), (source, default, apply)))
}

#[test]
fn every_schema_becomes_a_manifest_that_check_accepts() {
    for name in SCHEMAS {
        let imported = imported(&[name]);
        let (manifest, problems) = checked(&imported.manifest);
        assert!(manifest.is_some(), "{name}: {problems:#?}\n{}", imported.manifest);
        assert!(problems.iter().all(|problem| problem.level == Level::Warning), "{name}: {problems:#?}");
        assert!(!valid(&imported.manifest).enabled.value, "{name}: apply refuses until it is confirmed");
    }
}

#[test]
fn check_accepts_the_manifest_with_entra_as_its_source() {
    for name in SCHEMAS {
        let imported = import::entra(&[document(name), document("principal"), document("assigned")]).unwrap();
        let (manifest, problems) = as_it_is(imported.manifest.clone());
        assert!(manifest.is_some(), "{name}: {problems:#?}\n{}", imported.manifest);
    }
}

#[test]
fn mappings_and_filters_mean_the_same_when_they_are_printed_again() {
    for name in ["gallery", "functions", "old_case", "groups_off", "unknown_members", "two_rules"] {
        let schema = Schema(serde_json::from_str(&case(name)).unwrap());
        let manifest = valid(&imported(&[name]).manifest);
        let users: BTreeMap<_, _> = manifest.users.attributes.iter().map(of_manifest).collect();
        let mappings = Schema::list(schema.object("User").unwrap(), "attributeMappings");
        let wanted: BTreeMap<_, _> = mappings.iter().filter_map(|mapping| of_schema(mapping)).collect();
        assert_eq!(wanted.len(), mappings.len(), "{name}");
        assert_eq!(users, wanted, "{name}");
        let order = |kind: &str| -> Vec<String> {
            let mut numbered: Vec<(i64, String)> = Schema::list(schema.object(kind).unwrap(), "attributeMappings")
                .iter()
                .map(|mapping| {
                    let number = Schema::get(mapping, "matchingPriority");
                    let number = number.as_i64().unwrap_or_else(|| number.as_str().unwrap().parse().unwrap());
                    (number, Schema::get(mapping, "targetAttributeName").as_str().unwrap().to_owned())
                })
                .filter(|(number, _)| *number > 0)
                .collect();
            numbered.sort();
            numbered.into_iter().map(|(_, target)| target).collect()
        };
        let printed = |paths: &[AttrPath]| paths.iter().map(|path| path.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(printed(&manifest.users.matching), order("User"), "{name}");
        if let Some(object) = schema.object("Group") {
            assert_eq!(printed(&manifest.groups.matching), order("Group"), "{name}");
            assert_eq!(manifest.groups.enabled, *Schema::get(object, "enabled") == json!(true), "{name}");
            assert!(manifest.groups.members.is_some(), "{name}");
        }
        filters_agree(name, &schema, &manifest);
    }
}

/// The clauses of a schema, decided here by the page on scoping filters, against the manifest's.
fn filters_agree(name: &str, schema: &Schema, manifest: &Manifest) {
    for (kind, filters) in [("User", &manifest.user_filters), ("Group", &manifest.group_filters)] {
        let Some(object) = schema.object(kind) else { continue };
        let groups = Schema::list(Schema::get(object, "scope"), "groups");
        assert_eq!(groups.len(), filters.len(), "{name}");
        for person in people() {
            let wanted = groups.is_empty() || groups.iter().any(|group| group_passes(group, &person));
            assert_eq!(passed(filters, &person).is_ok(), wanted, "{name}: {person:?}");
        }
    }
}

fn group_passes(group: &Json, person: &Attributes) -> bool {
    Schema::list(group, "clauses").iter().all(|clause| {
        let text = |name| Schema::get(clause, name).as_str().unwrap();
        let value = person.get(text("sourceOperandName")).map(Value::to_string).filter(|value| !value.is_empty());
        let operator = text("operatorName").to_ascii_uppercase().replace('_', " ");
        let wanted = Schema::list(Schema::get(clause, "targetOperand"), "values");
        let wanted = wanted.first().and_then(|value| value.as_str()).unwrap_or_default();
        let Some(value) = value else { return operator == "IS NULL" };
        let found = || fancy_regex::Regex::new(wanted).unwrap().is_match(&value).unwrap();
        match operator.as_str() {
            "EQUALS" => value == wanted,
            "NOT EQUALS" => value != wanted,
            "IS TRUE" => value == "True",
            "IS NULL" => false,
            "IS NOT NULL" => true,
            "REGEX MATCH" => found(),
            "NOT REGEX MATCH" => !found(),
            "GREATER THAN" => value.parse::<i64>().unwrap() > wanted.parse().unwrap(),
            "ENDS WITH" => value.ends_with(wanted),
            "INCLUDES" => value.contains(wanted),
            other => panic!("{other}"),
        }
    })
}

#[test]
fn mappings_give_the_same_values_for_people() {
    let mut values = 0;
    for name in ["gallery", "functions", "old_case"] {
        let schema = Schema(serde_json::from_str(&case(name)).unwrap());
        let manifest = valid(&imported(&[name]).manifest);
        for person in &people()[..3] {
            for mapping in Schema::list(schema.object("User").unwrap(), "attributeMappings") {
                let target = AttrPath::parse(Schema::get(mapping, "targetAttributeName").as_str().unwrap()).unwrap();
                let text = Schema::get(Schema::get(mapping, "source"), "expression").as_str().unwrap();
                let wanted = Expression::parse(text).unwrap().evaluate(person, &world());
                let ours = manifest.users.attributes.iter().find(|mapping| mapping.target == target).unwrap();
                let got = map(std::slice::from_ref(ours), person, &world()).remove(0);
                match (&wanted, &got) {
                    (Ok(Outcome::Value(wanted)), Mapped::Value(got)) => assert_eq!(wanted, got, "{text}"),
                    (Ok(Outcome::Value(wanted)), Mapped::Reference(id)) => assert_eq!(wanted.to_string(), id.as_str()),
                    (Ok(Outcome::Value(value)), Mapped::Empty) => assert!(value.is_empty(), "{text}"),
                    (Ok(Outcome::Empty), Mapped::Empty) | (Ok(Outcome::Ignored), Mapped::Ignored) => {}
                    (Err(wanted), Mapped::Failed(got)) => assert_eq!(wanted, got, "{text}"),
                    _ => panic!("{name}: {text}: {wanted:?} and {got:?}"),
                }
                values += usize::from(matches!(got, Mapped::Value(_)));
            }
        }
    }
    assert!(values > 60, "{values}");
}

fn mapping_of(target: &str, source: Json) -> Json {
    json!({ "targetAttributeName": target, "flowType": "Always", "matchingPriority": 0, "source": source })
}

fn schema_of(mappings: Vec<Json>, scope: Json) -> Json {
    let mut all = vec![json!({
        "targetAttributeName": "userName", "matchingPriority": 1, "flowType": "Always",
        "source": { "type": "Attribute", "name": "userPrincipalName", "expression": "[userPrincipalName]" },
    })];
    all.extend(mappings);
    json!({ "synchronizationRules": [{
        "sourceDirectoryName": "Azure Active Directory", "targetDirectoryName": "Dialpad",
        "objectMappings": [{
            "enabled": true, "flowTypes": "Add, Update", "sourceObjectName": "User", "targetObjectName": "User",
            "attributeMappings": all, "scope": scope,
        }],
    }] })
}

/// The name of a directory extension for an attribute that Entra does not have: the cases use any names.
fn readable(name: &str) -> String {
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match attributes::is_of_entra(name, &attributes::USER) || !is_name {
        true => name.to_owned(),
        false => format!("extension_{}_{name}", "0".repeat(32)),
    }
}

fn with_readable_names(text: &str) -> String {
    let Ok(expression) = Expression::parse(text) else { return text.to_owned() };
    let names = expression.attributes().iter().map(|found| found.name.to_string());
    names.fold(text.to_owned(), |text, name| text.replace(&format!("[{name}]"), &format!("[{}]", readable(&name))))
}

#[test]
fn attributes_that_cannot_be_read_from_entra_are_reported_and_not_carried_over() {
    let source =
        |expression: &str| json!({ "type": "Function", "name": "", "expression": expression, "parameters": [] });
    let mappings = vec![
        mapping_of(
            "title",
            json!({ "type": "Attribute", "name": "jobTitel", "expression": "[jobTitel]", "parameters": [] }),
        ),
        mapping_of("nickName", source("ToUpper([aboutMe])")),
        mapping_of("displayName", source("ToUpper([officeLocation])")),
    ];
    let clause = |name: &str| json!({ "sourceOperandName": name, "operatorName": "EQUALS", "targetOperand": { "values": ["x"] } });
    let scope = json!({ "groups": [
        { "name": "odd", "clauses": [clause("badge")] },
        { "name": "usual", "clauses": [clause("department")] },
    ] });
    let imported = of(&schema_of(mappings, scope));
    let lost: Vec<&str> = imported
        .report
        .findings
        .iter()
        .filter(|finding| finding.kind == Kind::NotCarried)
        .map(|finding| finding.why.as_str())
        .collect();
    assert_eq!(
        lost,
        [
            "Microsoft Graph gives no attribute `badge`",
            "Microsoft Graph gives no attribute `jobTitel`, only `jobTitle`",
            "Microsoft Graph gives no attribute `aboutMe`",
        ]
    );
    let (manifest, problems) = as_it_is(imported.manifest.clone());
    let manifest = manifest.unwrap_or_else(|| panic!("{problems:#?}"));
    assert!(manifest.users.attributes.iter().any(|mapping| mapping.target.is("displayName")));
    assert_eq!(manifest.user_filters.len(), 1);
}

#[test]
fn every_known_expression_is_carried_over_as_it_is() {
    let cases: Vec<Json> = serde_json::from_str(include_str!("../cases/expressions.json")).unwrap();
    let texts: Vec<String> =
        cases.iter().map(|case| with_readable_names(case["expression"].as_str().unwrap())).collect();
    let target = |nth: usize| format!("urn:acme:2.0:User:a{nth}");
    let source = |text: &str| json!({ "type": "Function", "name": "", "expression": text, "parameters": [] });
    let mappings = texts.iter().enumerate().map(|(nth, text)| mapping_of(&target(nth), source(text))).collect();
    let imported = of(&schema_of(mappings, Json::Null));
    let manifest = valid(&imported.manifest);
    let mut carried = 0;
    for (nth, text) in texts.iter().enumerate() {
        let path = AttrPath::parse(&target(nth)).unwrap();
        let ours = manifest.users.attributes.iter().find(|mapping| mapping.target == path);
        let lost = covering(
            &imported.report.findings,
            &format!("/synchronizationRules/0/objectMappings/0/attributeMappings/{}", nth + 1),
        );
        match (Expression::parse(text), ours) {
            (Ok(wanted), Some(ours)) => {
                carried += 1;
                match &ours.source {
                    MappingSource::Expression(got) => assert_eq!(**got, wanted, "{text}"),
                    MappingSource::Attribute(name) => assert_eq!(format!("[{name}]"), text.trim()),
                    other => panic!("{text}: {other:?}"),
                }
                assert!(!lost, "{text}");
            }
            (Ok(wanted), None)
                if wanted.attributes().iter().any(|found| !attributes::is_of_entra(&found.name, &attributes::USER)) =>
            {
                assert!(lost, "{text} is neither in the manifest nor in the report");
            }
            (Err(_), None) => assert!(lost, "{text} is neither in the manifest nor in the report"),
            (wanted, ours) => panic!("{text}: {wanted:?} and {ours:?}"),
        }
    }
    assert!(carried > 400, "{carried}");
}

#[test]
fn every_known_filter_decides_as_before() {
    let cases: Vec<Json> = serde_json::from_str(include_str!("../cases/filters.json")).unwrap();
    let mut decided = 0;
    for case in &cases {
        // What cannot work stays as it is, the names of attributes that there are not too.
        let is_wrong = case["expect"]["error"] == true;
        let readable = |name: &str| if is_wrong { name.to_owned() } else { readable(name) };
        let groups: Vec<Json> = case["filter"]["groups"]
            .as_array()
            .unwrap()
            .iter()
            .map(|group| {
                let clauses = group["clauses"].as_array().unwrap().iter().map(|clause| {
                    let values: Vec<&Json> = clause.get("value").into_iter().collect();
                    let name = clause["attribute"]
                        .as_str()
                        .map_or_else(|| clause["attribute"].clone(), |name| readable(name).into());
                    json!({ "sourceOperandName": name, "operatorName": clause["operator"],
                            "targetOperand": { "values": values } })
                });
                json!({ "name": "same name", "clauses": clauses.collect::<Vec<_>>() })
            })
            .collect();
        let imported = of(&schema_of(Vec::new(), json!({ "groups": groups })));
        let manifest = valid(&imported.manifest);
        let object: Attributes = case["attributes"]
            .as_object()
            .unwrap()
            .iter()
            .filter_map(|(name, value)| Some((readable(name).as_str().into(), Value::from_json(value)?)))
            .collect();
        let passes = passed(&manifest.user_filters, &object).is_ok();
        let lost = imported.report.filters.carried < imported.report.filters.all;
        if case["expect"]["error"] == true {
            assert!(lost, "{}", case["id"]);
            // Whatever is not carried over lets nobody in who was out.
            assert!(manifest.user_filters.iter().all(|filter| !filter.clauses.is_empty()), "{}", case["id"]);
            assert!(!manifest.user_filters.is_empty(), "{}: nobody passes until it is written", case["id"]);
        } else {
            let assigned = case["provisioningScope"] != "syncAssigned" || case["assigned"] == true;
            assert!(!lost, "{}: {:?}", case["id"], imported.report.findings);
            assert_eq!(assigned && passes, case["expect"] == true, "{}", case["id"]);
            decided += 1;
        }
    }
    assert!(decided > 100, "{decided}");
}

/// Whether a finding says that something at a place, or all that is around it, is not carried over.
fn covering(findings: &[Finding], pointer: &str) -> bool {
    findings.iter().filter(|finding| finding.kind == Kind::NotCarried).flat_map(|finding| &finding.places).any(
        |place| {
            place.pointer == pointer || pointer.strip_prefix(&place.pointer).is_some_and(|rest| rest.starts_with('/'))
        },
    )
}

/// Each mapping of the schema is in the manifest or in the report, and none is in both.
fn nothing_is_lost(schema: &Json, imported: &Imported) {
    let manifest = valid(&imported.manifest);
    let mut told = 0;
    let mut all = 0;
    for (pointer, object) in Schema(schema.clone()).objects() {
        let mappings = object
            .as_object()
            .and_then(|object| object.iter().find(|(key, _)| key.eq_ignore_ascii_case("attributeMappings")));
        let Some((key, Json::Array(mappings))) = mappings else { continue };
        for (nth, _) in mappings.iter().enumerate() {
            all += 1;
            told += usize::from(covering(&imported.report.findings, &format!("{pointer}/{key}/{nth}")));
        }
    }
    let report = &imported.report;
    let mut carried = 0;
    if report.users.carried > 0 {
        carried += manifest.users.attributes.len();
    }
    if report.groups.carried > 0 {
        carried += manifest.groups.attributes.len() + usize::from(manifest.groups.members.is_some());
    }
    assert_eq!(carried, report.users.carried + report.groups.carried, "{}", imported.manifest);
    assert_eq!(carried + told, all, "{}\n{:#?}", imported.manifest, report.findings);
    no_filter_is_lost(schema, imported, &manifest);
}

/// Each filter of the object mappings that are used is in the manifest or in the report.
fn no_filter_is_lost(schema: &Json, imported: &Imported, manifest: &Manifest) {
    let findings = &imported.report.findings;
    let (mut all, mut told) = (0, 0);
    for (pointer, object) in Schema(schema.clone()).objects() {
        if covering(findings, &pointer) {
            continue;
        }
        for (nth, _) in Schema::list(Schema::get(object, "scope"), "groups").iter().enumerate() {
            all += 1;
            let group = format!("{pointer}/scope/groups/{nth}");
            let is_told = findings
                .iter()
                .filter(|finding| ["bad_clause", "empty_filter"].contains(&finding.code))
                .flat_map(|finding| &finding.places)
                .any(|place| place.pointer == group || place.pointer.starts_with(&format!("{group}/")));
            told += usize::from(is_told);
        }
    }
    let filters = manifest.user_filters.iter().chain(&manifest.group_filters);
    let carried = filters.filter(|filter| &*filter.name != "Nobody").count();
    assert_eq!(carried + told, all, "{}\n{findings:#?}", imported.manifest);
}

#[test]
fn nothing_of_the_cases_is_lost() {
    for name in SCHEMAS {
        nothing_is_lost(&serde_json::from_str(&case(name)).unwrap(), &imported(&[name]));
    }
}

/// All pointers below a value.
fn pointers(json: &Json, at: &str, found: &mut Vec<String>) {
    let mut below = |step: &str, value: &Json| {
        let pointer = format!("{at}/{}", step.replace('~', "~0").replace('/', "~1"));
        found.push(pointer.clone());
        pointers(value, &pointer, found);
    };
    match json {
        Json::Object(members) => members.iter().for_each(|(key, value)| below(key, value)),
        Json::Array(items) => items.iter().enumerate().for_each(|(nth, value)| below(&nth.to_string(), value)),
        _ => {}
    }
}

/// Something that an unknown export, an editor or a script may do to a value.
#[derive(Clone, Debug)]
enum Edit {
    Remove,
    Put(Json),
    Add(String, Json),
}

fn edit(schema: &mut Json, at: prop::sample::Index, edit: &Edit) {
    let mut found = Vec::new();
    pointers(schema, "", &mut found);
    // What says what kind of schema it is stays, and the rules stay rules.
    found.retain(|pointer| pointer.contains("/objectMappings/") || pointer.contains("/directories/"));
    if found.is_empty() {
        return;
    }
    let pointer = at.get(&found);
    let (above, step) = pointer.rsplit_once('/').unwrap();
    match edit {
        Edit::Put(value) => *schema.pointer_mut(pointer).unwrap() = value.clone(),
        Edit::Remove => match schema.pointer_mut(above).unwrap() {
            Json::Object(members) => drop(members.shift_remove(&step.replace("~1", "/").replace("~0", "~"))),
            Json::Array(items) => drop(items.remove(step.parse().unwrap())),
            _ => {}
        },
        Edit::Add(name, value) => {
            if let Json::Object(members) = schema.pointer_mut(pointer).unwrap() {
                members.entry(name.clone()).or_insert(value.clone());
            }
        }
    }
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let value = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-3i64..12).prop_map(Json::from),
        "[ -~é😀\u{202e}\n]{0,12}".prop_map(Json::from),
        prop::sample::select(vec![
            "userName",
            "[mail]",
            "Not([IsSoftDeleted])",
            "\"x\"",
            "ObjectAddOnly",
            "members",
            "User",
            "#",
            "yes",
            "1e3"
        ])
        .prop_map(Json::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([1, { "a": [null] }])),
        Just(json!({ "type": "Function", "name": "Not", "expression": "", "parameters": [{ "key": "source" }] })),
    ];
    prop_oneof![
        Just(Edit::Remove),
        value.clone().prop_map(Edit::Put),
        ("[a-zA-Z@.~/]{1,8}", value).prop_map(|(name, value)| Edit::Add(name, value)),
    ]
}

#[test]
fn what_is_left_without_anything_to_match_by_is_said() {
    let members = json!({ "type": "Attribute", "name": "members", "expression": "[members]" });
    let mut schema = schema_of(Vec::new(), Json::Null);
    let objects = schema.pointer_mut("/synchronizationRules/0/objectMappings").unwrap().as_array_mut().unwrap();
    objects.push(json!({
        "enabled": true, "flowTypes": "Add", "sourceObjectName": "Group",
        "attributeMappings": [mapping_of("members", members), mapping_of("displayName", Json::Null)],
    }));
    let imported = of(&schema);
    nothing_is_lost(&schema, &imported);
    assert_eq!(codes(&imported, Kind::NotCarried), ["nothing_to_match", "nothing_to_match"]);
    assert!(!valid(&imported.manifest).groups.enabled);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_to_a_schema_nothing_is_lost_and_check_accepts_the_manifest(
        name in prop::sample::select(vec!["gallery", "functions", "groups_off", "everything"]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any_edit()), 1..12),
    ) {
        let mut schema: Json = serde_json::from_str(&case(name)).unwrap();
        for (at, done) in edits {
            edit(&mut schema, at, &done);
        }
        let text = serde_json::to_string(&schema).unwrap();
        match import::entra(&[Document::parse("schema.json", text.as_bytes()).unwrap()]) {
            Ok(imported) => nothing_is_lost(&schema, &imported),
            // Nothing is left of users and groups.
            Err(refused) => prop_assert!(refused.iter().all(|refused| !refused.message.is_empty())),
        }
    }

    #[test]
    fn a_cut_or_damaged_file_is_refused_or_read_and_never_a_panic(
        cut in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = case("gallery").into_bytes();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(document) = Document::parse("schema.json", &bytes)
            && let Ok(imported) = import::entra(&[document])
        {
            valid(&imported.manifest);
        }
    }
}

fn codes(imported: &Imported, kind: Kind) -> Vec<&'static str> {
    imported.report.findings.iter().filter(|finding| finding.kind == kind).map(|finding| finding.code).collect()
}

#[test]
fn the_switches_of_a_job_are_carried_over_and_no_secret_is_shown() {
    let imported = imported(&["gallery", "job", "secrets", "principal", "assigned"]);
    let text = &imported.manifest;
    for line in [
        "scope: everyone",
        "  on_out_of_scope: disable",
        "  disables: { max: 50 }",
        "      url: https://dialpad.com/scim",
        "      dialect: { patch: entra, members: value_array }",
        "    application: a42d5f8f-7ef3-41ac-99a7-4f7ed2a57db7",
        "  User: { description: \"Makes and takes calls\" }",
        "  admin: { description: \"Telephony administrators\" }",
        "  # - group `Dialpad Users` as User",
        "  # - user `Ana Diaz` as admin",
        "  # - user `Kofi Mensah` with Default Access only",
    ] {
        assert!(text.lines().any(|written| written == line), "{line}\n{text}");
    }
    assert!(!text.contains("supervisor:") && !text.contains("sync:"), "{text}");
    let all = format!("{text}{:?}", imported.report);
    assert!(!all.contains("never-to-be-seen"), "{all}");
    let lost = codes(&imported, Kind::NotCarried);
    for code in
        ["more_pages", "disabled_role", "application_role", "application_assigned", "notification", "job_setting"]
    {
        assert!(lost.contains(&code), "{code}: {lost:?}");
    }
    assert_eq!(codes(&imported, Kind::Noted).iter().filter(|code| **code == "secret_in_file").count(), 2);
    let confirm = codes(&imported, Kind::Confirm);
    assert_eq!(confirm, ["job_active", "enabled", "tenant", "default_access"]);
    // The order of the files does not matter.
    let names = ["assigned", "principal", "secrets", "job", "gallery"];
    let other = import::entra(&names.map(document)).unwrap();
    let body = |text: &str| text.split_once('\n').unwrap().1.to_owned();
    assert_eq!(body(&other.manifest), body(text));
}

#[test]
fn a_tenant_url_goes_into_the_manifest_only_where_a_token_may_go() {
    for (url, written, code) in [
        ("https://dialpad.com/scim", "https://dialpad.com/scim", None),
        ("https://dialpad.com/scim/?aadOptscim062020", "https://dialpad.com/scim", None),
        ("https://scim.acme.example/v2", "https://dialpad.com/scim", Some("untrusted_host")),
        ("https://ana:hunter2@dialpad.com/scim", "https://dialpad.com/scim", Some("literal_secret")),
        ("https://dialpad.com/scim?token=hunter2", "https://dialpad.com/scim", Some("url_query")),
        ("dialpad", "https://dialpad.com/scim", Some("bad_url")),
    ] {
        let secrets = Document::of("secrets.json", json!([{ "key": "BaseAddress", "value": url }]));
        let imported = import::entra(&[document("gallery"), secrets]).unwrap();
        assert!(imported.manifest.contains(&format!("      url: {written}\n")), "{url}\n{}", imported.manifest);
        assert_eq!(codes(&imported, Kind::NotCarried).first().copied(), code, "{url}");
        assert!(!format!("{}{:?}", imported.manifest, imported.report).contains("hunter2"), "{url}");
        valid(&imported.manifest);
    }
}

#[test]
fn a_token_in_a_schema_reaches_neither_manifest_nor_report() {
    let token = format!("eyJ{}.{}.{}", "a".repeat(30), "b".repeat(30), "c".repeat(30));
    for source in [
        json!({ "type": "Constant", "name": token, "expression": format!("\"{token}\"") }),
        json!({ "type": "Function", "name": "Append", "expression": format!("Append([mail], \"{token}\")") }),
        json!({ "type": "Function", "name": "Append", "expression": format!("Oops(\"{token}\"") }),
        json!({ "type": "Attribute", "name": token, "expression": format!("[{token}]") }),
        json!({ "type": token }),
    ] {
        let clause =
            json!({ "sourceOperandName": "mail", "operatorName": "EQUALS", "targetOperand": { "values": [token] } });
        let schema = schema_of(
            vec![mapping_of("title", source), mapping_of(&token, json!({ "type": "Attribute", "name": "mail" }))],
            json!({ "groups": [{ "name": token, "clauses": [clause] }], token.clone(): "x" }),
        );
        let imported = of(&schema);
        assert!(!imported.manifest.contains(&token), "{}", imported.manifest);
        let said: Vec<String> =
            imported.report.findings.iter().map(|one| format!("{}{}{}", one.what, one.why, one.next)).collect();
        assert!(!said.join("\n").contains(&token), "{said:#?}");
        valid(&imported.manifest);
    }
}

#[test]
fn text_of_a_file_cannot_become_a_line_of_the_manifest() {
    let name = "x\nscope: everyone\r\u{2028}safety: {}\u{85}# ";
    let clause = json!({ "sourceOperandName": "mail", "operatorName": "IS NOT NULL" });
    let schema = schema_of(
        vec![mapping_of(name, json!({ "type": "Attribute", "name": "mail" }))],
        json!({ "groups": [{ "name": name, "clauses": [clause] }, { "name": name }] }),
    );
    let imported = of(&schema);
    let manifest = valid(&imported.manifest);
    assert_eq!(manifest.scope.value, dialform::manifest::Scope::Assigned);
    assert_eq!(&*manifest.user_filters[0].name, name.trim());
}

#[test]
fn members_that_are_only_added_stay() {
    assert_eq!(valid(&imported(&["gallery"]).manifest).groups.membership, Membership::Exact);
    assert_eq!(valid(&imported(&["functions"]).manifest).groups.membership, Membership::AddOnly);
}

#[test]
fn what_is_no_dialpad_schema_is_refused_with_its_place() {
    let refused = |documents: &[Document]| -> String {
        let refused = import::entra(documents).unwrap_err();
        refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let json = |json: Json| Document::of("x.json", json);
    for (documents, said) in [
        (
            vec![document("other_app")],
            "other_app.json#/synchronizationRules/0/objectMappings/0: this schema writes to `Salesforce`",
        ),
        (vec![document("inbound")], "inbound.json#/synchronizationRules/0: this schema brings people from `Workday`"),
        (
            vec![document("gallery"), document("functions")],
            "functions.json: this is a second schema; the first is in `gallery.json`",
        ),
        (vec![document("secrets")], "no file holds a synchronization schema"),
        (vec![], "no file holds a synchronization schema"),
        (
            vec![json(json!({ "synchronizationRules": "x" }))],
            "x.json#/synchronizationRules: `synchronizationRules` is text",
        ),
        (vec![json(json!({ "synchronizationRules": [] }))], "x.json: the schema has no synchronization rules"),
        (vec![json(json!({ "synchronizationRules": [7] }))], "x.json: the schema has no synchronization rules"),
        (vec![json(json!({ "directories": [{}] }))], "a part of a schema"),
        (vec![json(json!({ "a": 1 }))], "neither a schema nor"),
        (vec![json(json!("x"))], "neither a schema nor"),
        (
            vec![json(
                json!({ "error": { "code": "Authorization_RequestDenied", "message": "Insufficient privileges" } }),
            )],
            "x.json#/error: this is an error of Microsoft Graph: Insufficient privileges",
        ),
    ] {
        let text = refused(&documents);
        assert!(text.contains(said), "{said}\n{text}");
        assert!(text.contains("; "), "a next step: {text}");
    }
}

#[test]
fn wrappers_and_answers_of_graph_are_read() {
    let schema: Json = serde_json::from_str(&case("gallery")).unwrap();
    let wanted = of(&schema).manifest;
    let mut job: Json = serde_json::from_str::<Json>(&case("job")).unwrap()["value"][0].clone();
    job["schema"] = schema.clone();
    for wrapped in [json!([schema]), json!({ "@odata.context": "x", "value": [schema] }), job] {
        assert_eq!(of(&wrapped).manifest, wanted);
    }
    let empty = Document::of("jobs.json", json!({ "@odata.context": "x", "value": [] }));
    let imported = import::entra(&[document("gallery"), empty]).unwrap();
    assert!(codes(&imported, Kind::Noted).contains(&"empty_file"));
}

#[test]
fn the_command_writes_a_file_once_and_says_what_is_missing() {
    let folder = Folder::empty();
    for name in ["everything", "secrets", "other_app"] {
        folder.write(&format!("{name}.json"), &case(name));
    }
    let ran = folder.run(&["import", "entra", "everything.json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.starts_with("# Made by `dialform import entra` from everything.json."), "{}", ran.out);
    insta::assert_snapshot!("everything_manifest", ran.out);
    let (report, note) = ran.err.split_once("\nnote: ").unwrap_or((&ran.err, ""));
    insta::assert_snapshot!("everything_report", report);
    // What `check` will say is said.
    let check = folder.run(&["import", "entra", "everything.json", "--out", "checked.yaml"]).code
        + folder.run(&["check", "-m", "checked.yaml"]).code;
    assert_eq!(check != 0, note.contains("`dialform check` refuses this manifest"), "{note}");

    let written = folder.run(&["import", "entra", "everything.json", "--out", "dialform.yaml"]);
    assert_eq!((written.code, written.out.as_str()), (0, ""), "{}", written.err);
    assert!(written.err.contains("dialform check -m dialform.yaml"), "{}", written.err);
    assert_eq!(folder.read("dialform.yaml"), ran.out);
    // The same again is no loss.
    assert_eq!(folder.run(&["import", "entra", "everything.json", "--out", "dialform.yaml"]).code, 0);
    folder.write("dialform.yaml", "mine");
    let refused = folder.run(&["import", "entra", "everything.json", "--out", "dialform.yaml"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("`--force`"), "{}", refused.err);
    assert_eq!(folder.read("dialform.yaml"), "mine");
    assert_eq!(folder.run(&["import", "entra", "everything.json", "--out", "dialform.yaml", "--force"]).code, 0);
    assert_eq!(folder.read("dialform.yaml"), ran.out);
}

#[test]
fn machines_get_manifest_and_report_in_one_object() {
    let ran = dialform(&["import", "entra", "tests/cases/import/everything.json", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let report: Json = serde_json::from_str(&ran.out).unwrap();
    let schema: Json = serde_json::from_str(&dialform(&["schema", "import"]).out).unwrap();
    let problems: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(report["summary"]["user_mappings"], json!({ "carried": 19, "all": 25 }));
    assert_eq!(report["summary"]["filters"], json!({ "carried": 3, "all": 7 }));
    assert_eq!(report["manifest"], imported_at("tests/cases/import/everything.json").manifest);
}

fn imported_at(path: &str) -> Imported {
    import::entra(&[Document::parse(path, &fs::read(path).unwrap()).unwrap()]).unwrap()
}

#[test]
fn bad_input_fails_with_a_next_step() {
    let folder = Folder::empty();
    folder.write("cut.json", &case("gallery")[..500]);
    folder.write("page.json", "<!DOCTYPE html><html>Sign in</html>");
    folder.write("app.json", &case("other_app"));
    let ran = folder.run(&["import", "entra", "cut.json", "page.json", "missing.json", "."]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    for said in [
        "cut.json:",
        "breaks off",
        "page.json: the file holds HTML",
        "missing.json: no such file",
        ".: this is a folder",
    ] {
        assert!(ran.err.contains(said), "{said}\n{}", ran.err);
    }
    let ran = folder.run(&["import", "entra", "app.json", "--out", "x.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(!folder.path("x.yaml").exists());
    // The whole of a large file is never read.
    let file = fs::File::create(folder.path("large.json")).unwrap();
    file.set_len(3 << 30).unwrap();
    let ran = folder.run(&["import", "entra", "large.json"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("larger than 16 MB"), "{}", ran.err);
}

#[test]
fn a_schema_of_many_mappings_is_read_in_time() {
    let many = (0..20_000)
        .map(|nth| mapping_of(&format!("urn:acme:2.0:User:a{nth}"), json!({ "type": "Attribute", "name": "mail" })));
    let schema = schema_of(many.collect(), Json::Null);
    let imported = of(&schema);
    assert_eq!(imported.report.users.carried, 2000);
    assert!(codes(&imported, Kind::NotCarried).contains(&"too_many"));
}

/// `IsSoftDeleted` is computed; a person who left is inactive by the imported mapping.
#[test]
fn a_leaver_is_inactive_by_the_imported_mapping() {
    let manifest = valid(&imported(&["gallery"]).manifest);
    let active = manifest.users.attributes.iter().find(|mapping| mapping.target.is("active")).unwrap();
    for (left, wanted) in [(false, "True"), (true, "False")] {
        let person = &people()[0];
        let over = [("IsSoftDeleted", Value::Boolean(left))];
        let seen = Overlay { over: &over, under: person };
        assert_eq!(map(std::slice::from_ref(active), &seen, &world()), [Mapped::Value(wanted.into())]);
    }
}
