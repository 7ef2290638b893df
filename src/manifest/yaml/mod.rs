//! YAML text to a tree with places, and everything that can be wrong with the
//! text itself.
//!
//! `serde-saphyr` reads; `serde_yaml` reads a second time, and what the two read
//! differently means different things to different tools, so it is refused.

mod aligned;
mod reader;
mod second;
pub(crate) mod write;

use std::ops::Range;

pub use aligned::Aligned;

use super::tree::{At, Entry, Kind, Node};
use crate::{
    names::Text,
    problem::{Problem, Sources},
};
use reader::Yaml;
use serde_saphyr::{
    Error, Location, MessageFormatter, UserMessageFormatter,
    budget::BudgetBreach,
    granit_parser::Parser,
    options::{DuplicateKeyPolicy, NonFiniteFloatPolicy},
};

/// The longest file, in bytes. People belong in a source, not in a manifest.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// The deepest nesting. A manifest needs seven.
const MAX_DEPTH: usize = 24;
/// The most values of one file.
const MAX_NODES: usize = 200_000;
/// The most values that aliases bring in again.
const MAX_ALIASED: usize = 20_000;

/// Reads one document.
///
/// # Errors
/// Everything that is wrong with the YAML itself.
pub fn read(file: &Text, text: &str) -> Result<Node, Vec<Problem>> {
    if text.len() > MAX_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_BYTES / 1024 / 1024);
        let help = "people belong in a source, in CSV or JSON; a manifest can be split with `include`";
        return Err(vec![Problem::error("too_large", file, 0..0, message).help(help)]);
    }
    let tags = tags(file, text);
    if !tags.is_empty() {
        return Err(tags);
    }
    let yaml = match serde_saphyr::from_str_with_options::<Yaml>(text, options()) {
        Ok(yaml) => yaml,
        Err(error) => return Err(vec![syntax(file, text, &error)]),
    };
    let mut problems = Vec::new();
    let node = convert(file, yaml, &mut problems);
    if problems.is_empty() {
        problems = second::differences(file, text, &node);
    }
    if problems.is_empty() { Ok(node) } else { Err(problems) }
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        reject_unsupported_tags: true,
        // All of them are reported, not the first alone.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_documents: 1,
            max_nodes: MAX_NODES,
            flow_nesting_limit: MAX_DEPTH,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_ALIASED },
    }
}

/// Tags that are written out. Some would be understood, but no manifest needs one
/// and readers differ about them.
fn tags(file: &Text, text: &str) -> Vec<Problem> {
    let mut tags = Vec::new();
    // What is wrong otherwise is said by the reading itself.
    for (event, span) in Parser::new_from_str(text).map_while(Result::ok) {
        if event.tag().is_none() {
            continue;
        }
        let node = span.byte_range().unwrap_or(0..0);
        // The tag stands before its node.
        let start = text.get(..node.start).and_then(|before| before.rfind('!')).map_or(node.start, |bang| {
            let head = &text[..bang];
            if head.ends_with('!') { bang - 1 } else { bang }
        });
        let length = text[start..].find(|c: char| c.is_whitespace()).unwrap_or(text.len() - start);
        let written = &text[start..start + length];
        tags.push(
            Problem::error("tag", file, start..start + length, format!("the tag `{written}` is not supported"))
                .help("write the value without a tag; quotes make any value text"),
        );
        if tags.len() > 100 {
            break;
        }
    }
    tags
}

/// The one error that stopped the reading.
fn syntax(file: &Text, text: &str, error: &Error) -> Problem {
    let error = error.without_snippet();
    // Where an alias is used, not what it stands for.
    let location = error.locations().map(|locations| locations.reference_location).or_else(|| error.location());
    let span = location.map_or(0..0, |location| span_of(text, &location));
    let error = if let Error::AliasError { error, .. } = error { error } else { error };
    let problem = |code, message: String| Problem::error(code, file, span.clone(), message);
    let by_alias = || {
        problem("alias_limit", format!("the aliases expand to more than {MAX_ALIASED} values"))
            .help("write what is meant without aliases of aliases")
    };
    match error {
        Error::MultipleDocuments { .. } | Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => {
            problem("several_documents", "a second document begins here".to_owned())
                .help("a manifest is one document; put the other into a file of its own and `include` it")
        }
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            problem("too_deep", format!("the nesting is deeper than {MAX_DEPTH}"))
                .help("a manifest is a map of lists and small maps")
        }
        Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::Budget {
            breach: BudgetBreach::Aliases { .. } | BudgetBreach::Anchors { .. } | BudgetBreach::AliasAnchorRatio { .. },
            ..
        } => by_alias(),
        Error::Budget { .. } => problem("too_large", "the file holds too many values".to_owned())
            .help("people belong in a source, in CSV or JSON; a manifest can be split with `include`"),
        Error::UnknownAnchor { .. } => problem("unknown_anchor", "no anchor of this name stands before".to_owned())
            .help("an alias `*name` needs a value marked `&name`; for text that begins with `*` write quotes"),
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            problem("recursive_alias", "the alias stands inside of what it means".to_owned())
                .help("write the value out")
        }
        other => {
            let message = UserMessageFormatter.format_message(other);
            if message.contains("nesting") || message.contains("recursion") {
                return problem("too_deep", format!("the nesting is deeper than {MAX_DEPTH}"))
                    .help("a manifest is a map of lists and small maps");
            }
            let problem = problem("syntax", lower_case(&message));
            match hint(text, span.start, &message) {
                Some(help) => problem.help(help),
                None => problem,
            }
        }
    }
}

/// A sentence as a fragment.
fn lower_case(message: &str) -> String {
    let mut chars = message.chars().filter(|c| !c.is_control());
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => "this is not YAML".to_owned(),
    }
}

/// What people usually meant where YAML cannot be read.
fn hint(text: &str, offset: usize, message: &str) -> Option<&'static str> {
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let value = line.split_once("expression:").map(|(_, value)| value.trim_start());
    if value.is_some_and(|value| !value.starts_with(['"', '\'', '|', '>'])) {
        return Some("an expression stands in quotes: `expression: 'Left([givenName], 1)'`");
    }
    if message.contains("tab") {
        return Some("indent with blanks; a tab cannot indent");
    }
    if line.trim_start().starts_with(['@', '`', '%']) || message.contains("unexpected character") {
        return Some("put the value in quotes");
    }
    None
}

/// The bytes of a location; one character where only a line and column are known.
fn span_of(text: &str, location: &Location) -> Range<usize> {
    let number = |index: Option<u64>| index.and_then(|index| usize::try_from(index).ok());
    let (offset, length) = (number(location.span().byte_offset()), number(location.span().byte_len()));
    if let (Some(offset), Some(length)) = (offset, length)
        && text.get(offset..offset + length).is_some()
    {
        return offset..offset + length;
    }
    let line = usize::try_from(location.line()).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(location.column()).unwrap_or(1).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = &text[start..];
    let within: usize = rest.chars().take_while(|c| *c != '\n').take(column).map(char::len_utf8).sum();
    let length = text[start + within..].chars().next().filter(|c| !c.is_control()).map_or(0, char::len_utf8);
    start + within..start + within + length
}

fn at(file: &Text, referenced: &Location, defined: &Location) -> At {
    let number = |index: Option<u64>| index.and_then(|index| usize::try_from(index).ok()).unwrap_or(0);
    let span = |location: &Location| {
        let start = number(location.span().byte_offset());
        start..start + number(location.span().byte_len())
    };
    let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    At {
        file: file.clone(),
        span: span(defined),
        used: (referenced != defined).then(|| span(referenced)),
        line: small(referenced.line()),
        column: small(referenced.column()),
    }
}

fn convert(file: &Text, yaml: Yaml, problems: &mut Vec<Problem>) -> Node {
    let at = at(file, &yaml.referenced, &yaml.defined);
    let kind = match yaml.value {
        reader::Kind::Null => Kind::Null,
        reader::Kind::Boolean(value) => Kind::Boolean(value),
        reader::Kind::Number(number) => Kind::Number(number),
        reader::Kind::Text(text) => Kind::Text(text.into()),
        reader::Kind::List(items) => Kind::List(items.into_iter().map(|item| convert(file, item, problems)).collect()),
        reader::Kind::Map(entries) => Kind::Map(map(file, entries, problems)),
    };
    Node { kind, at }
}

fn map(file: &Text, yaml: Vec<(Yaml, Yaml)>, problems: &mut Vec<Problem>) -> Vec<Entry> {
    let mut entries: indexmap::IndexMap<Text, Entry> = indexmap::IndexMap::with_capacity(yaml.len());
    for (key, value) in yaml {
        let key_at = at(file, &key.referenced, &key.defined);
        let value = convert(file, value, problems);
        let reader::Kind::Text(key) = key.value else {
            let message = "a key has to be text".to_owned();
            problems.push(Problem::error("bad_key", file, key_at.span, message).help("put it in quotes"));
            continue;
        };
        let key = Text::from(key);
        if let Some(first) = entries.get(&key) {
            problems.push(
                Problem::error("duplicate_key", file, key_at.span, format!("the key `{key}` comes twice"))
                    .related(file, first.key_at.span.clone(), "it stands here first")
                    .help("keep one of them"),
            );
            continue;
        }
        entries.insert(key.clone(), Entry { key, key_at, value });
    }
    entries.into_values().collect()
}

/// The bytes to underline for a node: of a map or list, its first line.
pub fn underlined(sources: &Sources, node: &Node) -> Range<usize> {
    let span = node.at.span.clone();
    let is_collection = matches!(node.kind, Kind::List(_) | Kind::Map(_));
    let Some(text) = sources.get(&node.at.file).filter(|_| is_collection || span.is_empty()) else { return span };
    let rest = text.get(span.start..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let line = line.split(" #").next().unwrap_or_default().trim_end();
    span.start..span.start + line.len()
}
