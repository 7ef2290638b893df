//! The expression language against its case file and its laws.
//!
//! `tests/cases/expressions.json` holds facts from Microsoft's documentation and
//! from published expressions: text, attributes, what the outside world answers,
//! and the value. Values are compared by their canonical text.

use dialform::{
    expr::{Expression, Kind, Level, Outcome, Overlay, World, functions},
    names::{Attributes, Value},
};
use proptest::prelude::*;
use serde_json::Value as Json;

fn attributes(json: &Json) -> Attributes {
    let members = json.as_object().unwrap();
    members.iter().filter_map(|(name, value)| Some((name.as_str().into(), Value::from_json(value)?))).collect()
}

/// The outcome of a case, or the errors.
fn run(case: &Json) -> Result<Outcome, String> {
    let taken: Vec<&str> = case["taken"]
        .as_array()
        .map(|taken| taken.iter().map(|value| value.as_str().unwrap()).collect())
        .unwrap_or_default();
    let world = World {
        now: case["now"].as_str().unwrap_or("2025-07-30T12:00:00Z").parse().unwrap(),
        default_domain: case["defaultDomain"].as_str().map(Into::into),
        taken: &|value| taken.contains(&value),
        seed: 7,
    };
    let text = case["expression"].as_str().unwrap();
    let expression = Expression::parse(text).map_err(|errors| format!("{errors:?}"))?;
    let again = Expression::parse(&expression.to_string()).map_err(|errors| format!("printed: {errors:?}"))?;
    assert_eq!(expression, again, "{text}");
    expression.evaluate(&attributes(&case["attributes"]), &world).map_err(|error| format!("{error:?}"))
}

fn canonical(json: &Json) -> String {
    match json {
        Json::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Json::Object(_) => {
            let mut members = json.as_object().unwrap().clone();
            members.sort_keys();
            format!("{members:?}")
        }
        Json::Null => "null".to_owned(),
        Json::String(_) | Json::Number(_) | Json::Bool(_) => Value::from_json(json).unwrap().to_string(),
    }
}

fn differs(case: &Json) -> Option<String> {
    let (got, expect) = (run(case), &case["expect"]);
    let fits = match &got {
        Err(_) => expect["error"] == true,
        Ok(Outcome::Ignored) => expect["ignore"] == true,
        Ok(Outcome::Empty) => expect.is_null(),
        Ok(Outcome::Value(value)) => match expect["matches"].as_array() {
            Some(patterns) => patterns.iter().all(|pattern| {
                fancy_regex::Regex::new(pattern.as_str().unwrap()).unwrap().is_match(&value.to_string()).unwrap()
            }),
            None => canonical(&value.to_json()) == canonical(expect),
        },
    };
    (!fits).then(|| format!("{}: {}\n  expected {expect}\n  got {got:?}", case["id"], case["expression"]))
}

#[test]
fn every_case_gives_what_the_documentation_says() {
    let cases: Vec<Json> = serde_json::from_str(include_str!("../cases/expressions.json")).unwrap();
    assert!(cases.len() >= 545);
    let wrong: Vec<String> = cases.iter().filter_map(differs).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn quiet() -> World<'static> {
    World { now: "2027-01-31T09:00:00Z".parse().unwrap(), default_domain: None, taken: &|_| false, seed: 1 }
}

/// An argument for a parameter: mostly of its kind.
fn argument(kind: Kind, inner: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let text = "[a-z \\\\\"'$é😀]{0,8}".prop_map(|text| format!("{:?}", Quoted(&text)));
    let attribute = prop::sample::select(vec!["[a]", "[mail]", "[list]", "[number]", "[none]", "[urn:x:2.0:User:y]"])
        .prop_map(str::to_owned);
    let fixed = |choices: &'static [&'static str]| prop::sample::select(choices).prop_map(str::to_owned).boxed();
    match kind {
        Kind::Integer => prop_oneof![(-3i64..300).prop_map(|n| n.to_string()), attribute].boxed(),
        Kind::Interval => fixed(&[r#""d""#, r#""yyyy""#, r#""m""#, r#""ww""#, r#""s""#]),
        Kind::DateTime => fixed(&["Now()", r#"CDate("2021-03-10")"#, r#""9999-12-31""#, "[a]"]),
        Kind::DateFormat => fixed(&[r#""yyyy-MM-dd""#, r#""M/d/yyyy h:mm:ss tt""#, r#""o""#, r#""ddd K 'x'""#]),
        Kind::DateStyles => fixed(&["", r#""AssumeUniversal""#]),
        Kind::Culture => fixed(&["", r#""tr-TR""#]),
        Kind::Compare => fixed(&["", "vbTextCompare", "vbBinaryCompare"]),
        Kind::Pattern => fixed(&["", r#""(?<g>a+)b?""#, r#""^(?!x)[a-z-[aeiou]]*$""#, "[a]"]),
        Kind::Group => fixed(&["", r#""g""#]),
        Kind::Roles => attribute.boxed(),
        Kind::Condition => {
            prop_oneof![(inner.clone(), inner.clone()).prop_map(|(l, r)| format!("{l} <> {r}")), inner].boxed()
        }
        Kind::Whole | Kind::Any | Kind::Text | Kind::Boolean | Kind::List => {
            prop_oneof![text, attribute, inner].boxed()
        }
    }
}

struct Quoted<'a>(&'a str);

impl std::fmt::Debug for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// Calls of every function, nested, with arguments of the right kinds.
fn expression() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["[a]", "\"x\"", "[list]", "Now()"]).prop_map(str::to_owned).prop_recursive(
        4,
        24,
        4,
        |inner| {
            let inner = inner.boxed();
            prop::sample::select(functions().iter().collect::<Vec<_>>()).prop_flat_map(move |function| {
                let (least, most, step) = function.arity();
                let counts: Vec<usize> =
                    (0..3).map(|n| least + n * step).filter(|n| most.is_none_or(|most| *n <= most)).collect();
                let inner = inner.clone();
                prop::sample::select(counts).prop_flat_map(move |count| {
                    let args: Vec<_> =
                        (0..count).map(|i| argument(function.parameter(i).unwrap().kind, inner.clone())).collect();
                    args.prop_map(move |args| format!("{}({})", function.name, args.join(", ")))
                })
            })
        },
    )
}

proptest! {
    #[test]
    fn printed_and_parsed_again_an_expression_is_the_same(text in expression()) {
        if let Ok(expression) = Expression::parse(&text) {
            let printed = expression.to_string();
            let again = Expression::parse(&printed).map_err(|errors| TestCaseError::fail(format!("{printed}: {errors:?}")))?;
            prop_assert_eq!(&expression, &again);
            prop_assert_eq!(printed, again.to_string());
        }
    }

    #[test]
    fn an_expression_gives_the_same_value_each_time_and_explains_it(text in expression(), a in ".{0,20}") {
        if let Ok(expression) = Expression::parse(&text) {
            let person: Attributes = [
                ("a".into(), Value::text(a)),
                ("mail".into(), "ann@contoso.com".into()),
                ("list".into(), Value::List(vec!["x".into(), "y".into()])),
                ("number".into(), Value::Integer(i64::MAX)),
            ].into_iter().collect();
            let first = expression.evaluate(&person, &quiet());
            prop_assert_eq!(&first, &expression.evaluate(&person, &quiet()));
            prop_assert_eq!(expression.explain(&person, &quiet()).outcome, Some(first));
        }
    }

    #[test]
    fn errors_of_any_text_point_into_it(text in r#"[\[\]()",;=<>&A-Za-z0-9 '“é\\]{0,60}"#) {
        if let Err(errors) = Expression::parse(&text) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(text.get(error.offset..error.offset + error.length).is_some(), "{:?}", error);
            }
        }
    }

    #[test]
    fn a_damaged_expression_is_refused_or_works_but_never_stops_the_program(
        case in 0usize..545, at in 0usize..2000, with in prop::sample::select(vec!["", "(", ")", ",", "\"", "[", "]", "\\", "é", "="])
    ) {
        let cases: Vec<Json> = serde_json::from_str(include_str!("../cases/expressions.json")).unwrap();
        let text = cases[case]["expression"].as_str().unwrap();
        let at = text.char_indices().map(|(i, _)| i).nth(at % text.chars().count().max(1)).unwrap_or(0);
        let rest: String = text[at..].chars().skip(1).collect();
        let damaged = format!("{}{with}{rest}", &text[..at]);
        if let Ok(expression) = Expression::parse(&damaged) {
            let _ = expression.evaluate(&attributes(&cases[case]["attributes"]), &quiet());
        }
    }
}

#[test]
fn no_expression_grows_or_runs_without_bound() {
    let person: Attributes = [
        ("long".into(), Value::text("a".repeat(90_000))),
        ("huge".into(), Value::text("a".repeat(900_000))),
        ("list".into(), Value::List(vec![Value::text("a".repeat(1_000)); 2_000])),
        ("bomb".into(), Value::text(format!("{}!", "a".repeat(200)))),
    ]
    .into_iter()
    .collect();
    let mut doubling = "[long]".to_owned();
    for _ in 0..30 {
        doubling = format!(r#"Replace({doubling}, "a", , , "aa", , )"#);
    }
    let many = format!("Join(\"\", {})", vec!["ToLower(ToUpper([huge]))"; 300].join(", "));
    for (text, code) in [
        (doubling.as_str(), "too_long"),
        ("Join([long], [list])", "too_long"),
        (many.as_str(), "too_long"),
        (r#"Replace([long], , ".*[^a]|a", , "b", , )"#, "too_expensive"),
        (r#"Replace([bomb], , "^((a|aa)\2?)*$", , "", , )"#, "too_expensive"),
        (r#"Replace([long], , "a", , "$`", , )"#, "too_expensive"),
        ("Word([huge], 2, [huge])", "too_expensive"),
    ] {
        let error = Expression::parse(text).unwrap().evaluate(&person, &quiet()).unwrap_err();
        assert_eq!(error.code, code, "{text:.100}");
    }
    let deep = format!("{}[a]{}", "Not(".repeat(10_000), ")".repeat(10_000));
    let codes = |text: &str| Expression::parse(text).unwrap_err().iter().map(|error| error.code).collect::<Vec<_>>();
    assert_eq!(codes(&deep), ["too_long"]);
    assert_eq!(codes(&format!("{}[a]{}", "Not(".repeat(1_000), ")".repeat(1_000))), ["too_deep"]);
    assert!(Expression::parse(&format!("{}[a]{}", "Not(".repeat(64), ")".repeat(64))).is_ok());
    let patterns = [r#"Replace([a], , "\w{1,255}", , "", , )"#; 10].join(", ");
    assert!(codes(&format!("Join(\"\", {patterns})")).contains(&"too_expensive"));
}

/// Found by fuzzing: an extra argument in a call that is not closed, and a
/// number where a date format is wanted, both at the end of the text.
#[test]
fn errors_at_the_end_of_the_text_do_not_point_beyond_it() {
    for text in ["Guid(Nope(\"é", "FormatDateTime([d], , \"yyyy\", 0"] {
        for error in Expression::parse(text).unwrap_err() {
            assert!(text.get(error.offset..error.offset + error.length).is_some(), "{error:?}");
        }
    }
}

/// Every error as people see it: the text, what is underlined, what is said.
#[test]
fn all_errors_of_an_expression_come_at_once_with_their_places() {
    let mut page = String::new();
    for text in [
        "",
        "givenName",
        "Append(givenName, \"x\")",
        "Append([a, \"x\")",
        "Append([a], \"x",
        "Append([a], \"x\"",
        "Append([a] \"x\")",
        "Append([a], 'x')",
        "Append([a], “x”)",
        "Append([a]; \"x\")",
        "Append([a], \"x\") \"y\"",
        "Split([a], \"@\")[1]",
        "\"t-\" & [a]",
        "IIF([a]=\"1\" OR [b]=\"2\",\"x\",\"y\")",
        "IIF([a]==\"1\",\"x\",\"y\")",
        "IIF([a]=,True,NULL)",
        "tolower([a])",
        "Nope(Mid([a], \"q\", 1), Replace([b], , \"a\\\\\\\"([\", , \"\", , ), DateAdd(\"month\", 1, IsNull([a])))",
        "Switch([a], \"x\", \"1\")",
        "Append(, [a], [b])",
        "ToLower(SelectUniqueValue([a], [b]), \"klingon\")",
        "Replace([a], , \"(?<num>a)\", \"nmu\", \"\", , )",
        "Replace([a], \"x\", \"y\", , \"z\", , )",
        "FormatDateTime([d], , \"yyyy-'MM\", \"q\")",
        "RandomString(5, 3, 3, 0, 0)",
        "Append([a], IgnoreAttributeFlow)",
    ] {
        page.push_str(&format!("{text}\n"));
        for error in Expression::parse(text).unwrap_err() {
            let before = text[..error.offset].chars().count();
            let marks = text[error.offset..error.offset + error.length].chars().count().max(1);
            page.push_str(&format!("{}{} {}: {error}\n", " ".repeat(before), "^".repeat(marks), error.code));
            if let Some(help) = error.help {
                page.push_str(&format!("    help: {help}\n"));
            }
        }
        page.push('\n');
    }
    insta::assert_snapshot!(page);
}

#[test]
fn what_is_probably_not_meant_is_pointed_at() {
    let lints = |text: &str| -> Vec<(Level, &str)> {
        Expression::parse(text).unwrap().lints().iter().map(|lint| (lint.level, lint.code)).collect()
    };
    assert_eq!(lints("SelectUniqueValue([a], [b])"), [(Level::Warning, "select_unique_value")]);
    assert_eq!(lints(r#"Switch(IsPresent([a]), "d", "True", [a])"#), [(Level::Warning, "switch_on_test")]);
    assert_eq!(lints(r#"IIF(IsNullOrEmpty([a]), "x", [a])"#), [(Level::Warning, "condition_on_null")]);
    assert_eq!(lints(r#"IIF([a] = "", "x", [a])"#), [(Level::Warning, "compare_with_empty")]);
    assert_eq!(
        lints(r#"Replace([a], ".", "", , "")"#),
        [(Level::Warning, "replace_positions"), (Level::Warning, "empty_for_omitted")]
    );
    assert_eq!(lints("Append([userPassword], \"x\")"), [(Level::Warning, "unredacted")]);
    assert_eq!(lints("Redact(Append([userPassword], \"x\"))"), []);
    assert_eq!(lints("[displayName]"), [(Level::Note, "bare_attribute")]);
    assert_eq!(lints("Not([IsSoftDeleted])"), []);
    assert_eq!(lints("Coalesce([mail], [userPrincipalName])"), []);
}

#[test]
fn an_explanation_shows_what_was_not_evaluated() {
    let person: Attributes = [("a".into(), "x".into())].into_iter().collect();
    let expression = Expression::parse(r#"IIF([a]="x", ToUpper([a]), CDate([a]))"#).unwrap();
    let explained = expression.explain(&person, &quiet());
    let seen: Vec<_> = explained.steps.iter().map(|step| (step.text.as_str(), step.outcome.clone())).collect();
    assert_eq!(
        seen,
        [
            (r#"[a] = "x""#, Some(Ok(Outcome::Value(Value::Boolean(true))))),
            ("ToUpper([a])", Some(Ok(Outcome::Value("X".into())))),
            ("CDate([a])", None),
        ]
    );
}

#[test]
fn attributes_keep_their_places_and_computed_ones_win() {
    let text = r#"IIF([IsSoftDeleted], [a], Join("", [b c], [a]))"#;
    let expression = Expression::parse(text).unwrap();
    let names: Vec<&str> = expression.attributes().iter().map(|a| &text[a.offset..a.offset + a.length]).collect();
    assert_eq!(names, ["IsSoftDeleted", "a", "b c", "a"]);
    let person: Attributes = [("a".into(), "x".into()), ("IsSoftDeleted".into(), false.into())].into_iter().collect();
    let over = [("IsSoftDeleted", Value::Boolean(true))];
    let laid = Overlay { over: &over, under: &person };
    assert_eq!(expression.evaluate(&laid, &quiet()), Ok(Outcome::Value("x".into())));
}

#[test]
fn another_seed_gives_another_random_value() {
    let at = |text: &str, seed| {
        let world = World { seed, ..quiet() };
        Expression::parse(text).unwrap().evaluate(&Attributes::default(), &world).unwrap()
    };
    assert!(Expression::parse("Append(Guid(), \"\")").unwrap().is_random());
    assert_eq!(at("Guid()", 1), at("Guid()", 1));
    assert_ne!(at("Guid()", 1), at("Guid()", 2));
    // Two calls of one expression differ too.
    assert_eq!(at("IIF(Guid() = Guid(), \"same\", \"different\")", 1), Outcome::Value("different".into()));
}
