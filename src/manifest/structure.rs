//! Structural errors: what the schema says, in words for people, all at once.
//!
//! What is wrong is then taken out, so that the rest can be read and judged too.

use jsonschema::{ValidationError, Validator, error::ValidationErrorKind as Fault};
use serde_json::Value;

use super::{
    raw,
    tree::{Kind, Node},
    yaml,
};
use crate::{
    names::near_miss,
    problem::{Problem, Sources},
};

/// Where something was taken out, as JSON pointers.
#[derive(Clone, Debug, Default)]
pub(super) struct Pruned(Vec<String>);

impl Pruned {
    /// Whether all of a section is there, so that what is missing in it is really missing.
    pub fn is_whole(&self, section: &str) -> bool {
        !self.0.iter().any(|pointer| pointer.starts_with(section) || section.starts_with(pointer.as_str()))
    }

    /// Whether nothing was taken out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Finds structural errors and takes out what is wrong.
pub(super) fn check(root: &mut Node, sources: &Sources, problems: &mut Vec<Problem>) -> Pruned {
    let mut pruned = Pruned::default();
    // What is taken out can leave something incomplete; nesting is shallow.
    for round in 0..12 {
        let json = root.to_json();
        let (validator, schema) = raw::validator();
        let errors: Vec<ValidationError> = validator.iter_errors(&json).collect();
        if errors.is_empty() {
            return pruned;
        }
        let view = View { root, sources, schema, called: "the manifest" };
        let mut remove: Vec<Vec<String>> = Vec::new();
        for error in &errors {
            let path = steps(error.instance_path().as_str());
            if round == 0 && !errors.iter().any(|other| explains(other, error)) {
                problems.extend(view.problems(error, &path));
            }
            match error.kind() {
                Fault::AdditionalProperties { unexpected } => {
                    remove.extend(unexpected.iter().map(|key| {
                        let mut path = path.clone();
                        path.push(key.clone());
                        path
                    }));
                }
                _ => remove.push(path),
            }
        }
        // From behind, so that indices of lists stay right.
        remove.sort_by_key(|path| path.iter().map(|step| format!("{step:0>12}")).collect::<Vec<_>>());
        remove.dedup();
        for path in remove.iter().rev() {
            pruned.0.push(format!("/{}", path.join("/")));
            if path.is_empty() {
                fill(root);
            } else {
                root.remove(&path.iter().map(String::as_str).collect::<Vec<_>>());
            }
        }
    }
    pruned.0.push(String::new());
    pruned
}

/// Structural errors of another document than the manifest, each with the steps to what is
/// wrong. `called` is what the document is called, such as `the file`.
pub fn faults(
    root: &Node,
    sources: &Sources,
    (validator, schema): &(Validator, Value),
    called: &'static str,
) -> Vec<(Vec<String>, Problem)> {
    let json = root.to_json();
    let errors: Vec<ValidationError> = validator.iter_errors(&json).collect();
    let view = View { root, sources, schema, called };
    let mut faults = Vec::new();
    for error in &errors {
        let path = steps(error.instance_path().as_str());
        if !errors.iter().any(|other| explains(other, error)) {
            faults.extend(view.problems(error, &path).into_iter().map(|problem| (path.clone(), problem)));
        }
    }
    faults
}

/// Whether one fault of a value says better what another one says too.
fn explains(better: &ValidationError, error: &ValidationError) -> bool {
    if better.instance_path() != error.instance_path() {
        return false;
    }
    match (better.kind(), error.kind()) {
        (Fault::Type { .. }, Fault::Type { .. }) => false,
        (Fault::Type { .. }, _) => true,
        // A misspelt key is the missing one.
        (Fault::AdditionalProperties { .. }, Fault::OneOfNotValid { .. }) => true,
        (Fault::AdditionalProperties { unexpected }, Fault::Required { property }) => {
            let missing = property.as_str().unwrap_or_default();
            unexpected.iter().any(|key| near_miss(key, [missing]).is_some())
        }
        _ => false,
    }
}

/// Gives the root what it cannot be read without. Nothing of it is kept: there was an error.
fn fill(root: &mut Node) {
    const NEEDED: [(&str, &str); 4] = [
        ("version", "1"),
        ("name", "\"unnamed\""),
        ("source", r#"{"files": {"people": "people.csv"}}"#),
        ("target", r#"{"sandbox": {}}"#),
    ];
    if !matches!(root.kind, Kind::Map(_)) {
        root.kind = Kind::Map(Vec::new());
    }
    let at = root.at.clone();
    for (key, value) in NEEDED {
        if root.get(key).is_none()
            && let (Ok(mut value), Kind::Map(entries)) = (yaml::read(&at.file, value), &mut root.kind)
        {
            value.at = at.clone();
            entries.push(super::tree::Entry { key: key.into(), key_at: at.clone(), value });
        }
    }
}

/// The steps of a JSON pointer.
fn steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

struct View<'a> {
    root: &'a Node,
    sources: &'a Sources,
    schema: &'a Value,
    called: &'static str,
}

impl View<'_> {
    fn problems(&self, error: &ValidationError, path: &[String]) -> Vec<Problem> {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let Some((node, entry)) = self.root.at(&words) else { return Vec::new() };
        let name = self.name(&words);
        let is_collection = matches!(node.kind, Kind::Map(_) | Kind::List(_) | Kind::Null);
        let at = match entry {
            Some(entry) if is_collection => &entry.key_at,
            _ => &node.at,
        };
        let span = match entry {
            Some(_) if is_collection => at.span.clone(),
            _ => yaml::underlined(self.sources, node),
        };
        let found = self.found(node);
        let problem = |code, message: String| {
            let problem = Problem::error(code, &at.file, span.clone(), message);
            match &at.used {
                Some(used) => problem.related(&at.file, used.clone(), "it is used here"),
                None => problem,
            }
        };
        match error.kind() {
            Fault::AdditionalProperties { unexpected } => {
                unexpected.iter().map(|key| self.unknown(node, path, key, error)).collect()
            }
            Fault::Required { property } => {
                let key = property.as_str().unwrap_or_default();
                let what = if path.is_empty() { format!("{} has no", self.called) } else { format!("{name} needs") };
                vec![problem("missing_key", format!("{what} `{key}`")).help(help_for_missing(path, key))]
            }
            Fault::Type { .. } => vec![self.wrong_type(error, &name, node, &words, problem)],
            Fault::OneOfNotValid { context } | Fault::AnyOf { context } => {
                let keys = required(context);
                if !keys.is_empty() {
                    let message = format!("{name} needs exactly one of {}", listed(&keys));
                    return vec![problem("missing_key", message)];
                }
                let constants = constants(context);
                // Operators have their own judge, which knows more spellings.
                if constants.is_empty() || words.last() == Some(&"operator") {
                    return Vec::new();
                }
                vec![problem("unknown_value", format!("{name} cannot be {found}")).help(choice(node, &constants))]
            }
            Fault::OneOfMultipleValid { .. } => vec![self.exclusive(node, &name, path, error)],
            Fault::Constant { expected_value } => {
                vec![problem("wrong_value", format!("{name} has to be `{expected_value}`, not {found}"))]
            }
            Fault::Enum { options } => {
                let options: Vec<String> = options
                    .as_array()
                    .map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
                    .unwrap_or_default();
                vec![problem("unknown_value", format!("{name} cannot be {found}")).help(choice(node, &options))]
            }
            Fault::Pattern { .. } => {
                let wanted = self
                    .schema_of(error)
                    .and_then(|schema| schema.get("patternErrorMessage")?.as_str())
                    .unwrap_or("it has another form")
                    .to_owned();
                vec![problem("wrong_form", format!("{name} cannot be {found}")).help(wanted)]
            }
            Fault::MinLength { .. } => vec![problem("empty", format!("{name} is empty"))],
            Fault::MinItems { .. } | Fault::MinProperties { .. } => {
                vec![problem("empty", format!("{name} is empty")).help("name at least one, or leave the key out")]
            }
            Fault::Minimum { limit } => {
                vec![problem("out_of_range", format!("{name} is at least {limit}"))]
            }
            Fault::Maximum { limit } => {
                vec![problem("out_of_range", format!("{name} is at most {limit}"))]
            }
            _ => vec![problem("wrong_value", format!("{name} cannot be {found}"))],
        }
    }

    /// What a value is called: by its key, or as an item of a list.
    fn name(&self, path: &[&str]) -> String {
        let is_index = |word: &&str| word.parse::<usize>().is_ok();
        match path {
            ["assignments", _] => "an assignment".to_owned(),
            ["filters", _, _] => "a filter".to_owned(),
            ["filters", _, _, "where", _] => "a clause".to_owned(),
            [.., list, last] if is_index(last) && !is_index(list) => format!("an item of `{list}`"),
            [.., key] if !is_index(key) => format!("`{key}`"),
            _ => self.called.to_owned(),
        }
    }

    /// What stands there, for people. The source text of a number, because `012` is not 12.
    fn found(&self, node: &Node) -> String {
        let written = self
            .sources
            .get(&node.at.file)
            .and_then(|text| text.get(node.at.span.clone()))
            .filter(|written| !written.is_empty() && written.len() <= 60 && !written.contains('\n'));
        match (&node.kind, written) {
            (Kind::Null | Kind::List(_) | Kind::Map(_), _) | (_, None) => node.noun().to_owned(),
            (Kind::Number(_), Some(written)) => format!("the number `{written}`"),
            (Kind::Boolean(_) | Kind::Text(_), Some(written)) => {
                format!("`{}`", written.trim_matches(['"', '\'']))
            }
        }
    }

    fn unknown(&self, node: &Node, path: &[String], key: &str, error: &ValidationError) -> Problem {
        let (file, span) = match node.entry(key) {
            Some(entry) => (&entry.key_at.file, entry.key_at.span.clone()),
            None => (&node.at.file, node.at.span.clone()),
        };
        let known: Vec<String> = self
            .schema_of(error)
            .and_then(|schema| schema.get("properties")?.as_object())
            .map(|properties| properties.keys().cloned().collect())
            .unwrap_or_default();
        let within = match path.iter().rev().find(|word| word.parse::<usize>().is_err()) {
            Some(above) => format!(" of `{above}`"),
            None => String::new(),
        };
        let help = match near_miss(key, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the keys here are {}", listed(&known)),
        };
        Problem::error("unknown_key", file, span, format!("`{key}` is not a key{within}")).help(help)
    }

    fn wrong_type(
        &self,
        error: &ValidationError,
        name: &str,
        node: &Node,
        path: &[&str],
        problem: impl Fn(&'static str, String) -> Problem,
    ) -> Problem {
        let schema = self.schema_of(error);
        let wanted = schema.and_then(|schema| schema.get("type")).cloned().unwrap_or_default();
        let kinds: Vec<&str> = match &wanted {
            Value::String(kind) => vec![kind],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if path.is_empty() {
            let found = match node.kind {
                Kind::Null => Problem::error("empty", &node.at.file, 0..0, "the file is empty"),
                _ => problem("wrong_type", format!("{name} has to be {}, not {}", nouns(&kinds), node.noun())),
            };
            return found.help("`dialform init` writes an example to start from");
        }
        if matches!(node.kind, Kind::Text(_)) && path.last() == Some(&"token") {
            return problem(
                "literal_secret",
                "the token is written out; a secret never stands in the manifest".to_owned(),
            )
            .help("revoke it, put a new one into a variable, and write `token: { env: DIALPAD_TOKEN }`");
        }
        if let (Kind::Text(_), [.., of @ ("url" | "smtp" | "sign")]) = (&node.kind, path)
            && path.first() == Some(&"notify")
        {
            return problem(
                "literal_secret",
                format!("`{of}` is written out; whoever reads it could send in your name"),
            )
            .help(format!(
                "if it was ever shared, make a new one; put it into a variable, and write `{of}: {{ env: NAME }}`"
            ));
        }
        let text = node.text().map(|text| text.to_lowercase());
        let problem = problem("wrong_type", format!("{name} has to be {}, not {}", nouns(&kinds), self.found(node)));
        let help = match (&node.kind, kinds.as_slice()) {
            (Kind::Text(_), ["boolean"]) => match text.as_deref() {
                Some("yes" | "on" | "y") => "YAML reads this as text: write `true`".to_owned(),
                Some("no" | "off" | "n") => "YAML reads this as text: write `false`".to_owned(),
                Some("true" | "false") => "write it without quotes".to_owned(),
                _ => "write `true` or `false`".to_owned(),
            },
            (Kind::Number(_) | Kind::Boolean(_), kinds) if kinds.contains(&"string") => {
                let written = self.sources.get(&node.at.file).and_then(|text| text.get(node.at.span.clone()));
                format!("put it in quotes: `\"{}\"`", written.unwrap_or_default())
            }
            (Kind::Text(text), ["integer"]) if text.trim().parse::<i64>().is_ok() => {
                "write it without quotes".to_owned()
            }
            (Kind::Null, ["array"]) => "write `[]`, or leave the key out".to_owned(),
            (Kind::Null, ["object"]) => "leave the key out, or put something below it, indented".to_owned(),
            (Kind::Null, _) => "write a value, or leave the key out".to_owned(),
            (Kind::Text(text), ["array"]) => format!("a list of one is written `[{text}]`"),
            (Kind::Map(_), ["array"]) => "begin each item with `- `".to_owned(),
            (Kind::List(_), ["object"]) => "write keys with values, without `- `".to_owned(),
            _ => return problem,
        };
        problem.help(help)
    }

    /// Two keys of which only one may stand.
    fn exclusive(&self, node: &Node, name: &str, path: &[String], error: &ValidationError) -> Problem {
        let keys: Vec<&str> = self
            .schema_of(error)
            .and_then(|schema| schema.get("oneOf")?.as_array())
            .map(|all| all.iter().filter_map(|branch| branch.get("required")?.get(0)?.as_str()).collect())
            .unwrap_or_default();
        let there: Vec<_> = node.entries().iter().filter(|entry| keys.contains(&&*entry.key)).collect();
        let (Some(first), Some(second)) = (there.first(), there.get(1)) else {
            return Problem::error(
                "exclusive_keys",
                &node.at.file,
                node.at.span.clone(),
                format!("{name} is ambiguous"),
            );
        };
        let message = format!("`{}` and `{}` cannot stand together", first.key, second.key);
        let owner = if path.is_empty() { String::new() } else { format!("{name} has ") };
        Problem::error("exclusive_keys", &second.key_at.file, second.key_at.span.clone(), message)
            .related(&first.key_at.file, first.key_at.span.clone(), "the other stands here")
            .help(format!("{owner}exactly one of {}", listed(&keys)))
    }

    /// The schema that an error speaks about, without its keyword.
    fn schema_of(&self, error: &ValidationError) -> Option<&Value> {
        let mut found = self.schema;
        let path = steps(error.schema_path().as_str());
        let (_, above) = path.split_last()?;
        for step in above {
            if step == "$ref" {
                let target = found.get("$ref")?.as_str()?;
                found = self.schema.pointer(target.strip_prefix('#')?)?;
                continue;
            }
            found = match found {
                Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
                other => other.get(step.as_str())?,
            };
        }
        Some(found)
    }
}

/// The keys of branches that each ask for one.
fn required(context: &[Vec<ValidationError>]) -> Vec<String> {
    context
        .iter()
        .flatten()
        .filter_map(|error| match error.kind() {
            Fault::Required { property } => property.as_str().map(str::to_owned),
            _ => None,
        })
        .collect()
}

/// The constants of branches that each are one.
fn constants(context: &[Vec<ValidationError>]) -> Vec<String> {
    let mut found = Vec::new();
    for error in context.iter().flatten() {
        match error.kind() {
            Fault::Constant { expected_value } => found.extend(expected_value.as_str().map(str::to_owned)),
            Fault::OneOfNotValid { context } => found.extend(constants(context)),
            _ => {}
        }
    }
    found
}

fn choice(node: &Node, options: &[String]) -> String {
    let near = node.text().and_then(|text| near_miss(text, options.iter().map(String::as_str)));
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it is one of {}", listed(options)),
    }
}

fn help_for_missing(path: &[String], key: &str) -> String {
    match (path, key) {
        ([], "version") => "write `version: 1` at the top".to_owned(),
        ([], "name") => "write a short name for this job, such as `name: acme`".to_owned(),
        ([], "source") => "say where the people come from: `source: { files: { people: people.csv } }`".to_owned(),
        ([], "target") => "say where they go: `target: { sandbox: {} }` needs nothing else".to_owned(),
        (_, "token") => "write `token: { env: DIALPAD_TOKEN }`".to_owned(),
        (_, key) => format!("add `{key}`"),
    }
}

/// `a`, `b` and `c`, each in code.
pub(super) fn listed<T: AsRef<str>>(words: &[T]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

fn nouns(kinds: &[&str]) -> String {
    let words: Vec<&str> = kinds
        .iter()
        .map(|kind| match *kind {
            "string" => "text",
            "integer" => "a whole number",
            "number" => "a number",
            "boolean" => "`true` or `false`",
            "array" => "a list",
            "object" => "a map",
            "null" => "`null`",
            _ => "another value",
        })
        .collect();
    match words.as_slice() {
        [] => "another value".to_owned(),
        [one] => (*one).to_owned(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}
