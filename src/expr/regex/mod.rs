//! .NET regular expressions, as `Replace` and scoping filters use them.
//!
//! A pattern is read by .NET's rules and written anew for `fancy-regex`, which
//! alone would misread class subtraction, `\<`, group numbers and more without
//! a word. One difference stays: `.` takes a character outside the Basic
//! Multilingual Plane as one, where .NET sees two halves.

mod blocks;
mod emit;
mod escape;
mod syntax;
mod template;
mod tree;

use fancy_regex::{Regex, RegexBuilder};

use crate::names::Text;
pub(super) use template::Template;

/// Steps of backtracking that one search may take.
const PATIENCE: usize = 100_000;
/// Steps that are tried first; enough for nearly every search.
const QUICK: usize = 2_000;
/// Bytes that one compiled automaton may take.
const MAX_COMPILED: usize = 32_000_000;
/// Longest text that a pattern is tried on, in bytes.
const MAX_TEXT: usize = 100_000;
/// The same where backtracking is needed: one step there may look at the whole text.
const MAX_HARD_TEXT: usize = 4_000;

/// A compiled .NET regular expression.
#[derive(Debug)]
pub struct Pattern {
    source: Text,
    groups: Vec<Group>,
    anchored: bool,
    /// How large it is, see [`Pattern::weight`].
    weight: u64,
    plain: Engines,
    /// For texts that end with a newline, when the pattern has `$` or `\Z`.
    before_newline: Option<Engines>,
}

#[derive(Debug)]
struct Engines {
    quick: Regex,
    /// The same with more patience; `None` when no backtracking is needed.
    patient: Option<Regex>,
}

/// A group by .NET's number and name, with the parentheses that fill it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    number: u32,
    name: Option<String>,
    slots: Vec<usize>,
}

/// Why a text is no pattern, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// A lower-case fragment.
    pub message: String,
    /// Byte offset into the pattern.
    pub offset: usize,
    /// Length in bytes.
    pub length: usize,
    /// The next step.
    pub help: Option<String>,
}

/// A search took more steps than any sensible one, or the text is longer than
/// such a pattern is tried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the regular expression takes too many steps on this text, or the text is too long for it")]
pub struct TooExpensive;

/// Where a match and its groups lie in the text.
pub(super) struct Found<'p> {
    pattern: &'p Pattern,
    /// By order of parentheses; the whole match first.
    spans: Vec<Option<(usize, usize)>>,
}

impl Engines {
    fn fits(&self, text: &str) -> Result<(), TooExpensive> {
        let most = if self.patient.is_some() { MAX_HARD_TEXT } else { MAX_TEXT };
        if text.len() > most { Err(TooExpensive) } else { Ok(()) }
    }
}

impl Group {
    fn is(&self, name: &str) -> bool {
        match name.parse::<u32>() {
            Ok(number) => self.number == number,
            Err(_) => self.name.as_deref() == Some(name),
        }
    }
}

/// .NET's numbers: unnamed parentheses first, then names in order of appearance.
fn number_groups(captures: &syntax::Captures) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut put = |number: u32, name: Option<&str>, slot: usize| match groups.iter_mut().find(|g| g.number == number) {
        Some(group) => group.slots.push(slot),
        None => groups.push(Group { number, name: name.map(str::to_owned), slots: vec![slot] }),
    };
    let mut next = 1;
    for (i, name) in captures.iter().enumerate() {
        match name.as_deref().map(|name| (name, name.parse::<u32>())) {
            None => {
                put(next, None, i + 1);
                next += 1;
            }
            Some((_, Ok(number))) => put(number, None, i + 1),
            Some((_, Err(_))) => {}
        }
    }
    for (i, name) in captures.iter().enumerate() {
        let Some(name) = name.as_deref().filter(|name| name.parse::<u32>().is_err()) else { continue };
        if let Some(group) = groups.iter_mut().find(|group| group.name.as_deref() == Some(name)) {
            group.slots.push(i + 1);
            continue;
        }
        while groups.iter().any(|group| group.number == next) {
            next += 1;
        }
        groups.push(Group { number: next, name: Some(name.to_owned()), slots: vec![i + 1] });
    }
    groups.sort_by_key(|group| group.number);
    groups
}

impl Pattern {
    /// Reads and compiles a pattern.
    ///
    /// # Errors
    /// What .NET would refuse, what is not supported here, and what would grow
    /// too large.
    pub fn new(source: &str) -> Result<Self, PatternError> {
        let (ast, captures) = syntax::parse(source)?;
        let weight = emit::checked_weight(&ast)?;
        let groups = number_groups(&captures);
        let compile = |before_newline: bool| -> Result<(Engines, bool), PatternError> {
            let mut emitter = emit::Emitter::new(&groups, before_newline);
            emitter.ast(&ast)?;
            let (hard, ends) = (emitter.hard, emitter.ends);
            let written = emitter.finish();
            let build = |steps: usize| {
                RegexBuilder::new(&written).backtrack_limit(steps).delegate_size_limit(MAX_COMPILED).build().map_err(
                    |_| PatternError {
                        message: "the regular expression is not supported: its lookaround or its counts are too much"
                            .to_owned(),
                        offset: 0,
                        length: source.len(),
                        help: None,
                    },
                )
            };
            let engines = Engines { quick: build(QUICK)?, patient: if hard { Some(build(PATIENCE)?) } else { None } };
            Ok((engines, ends))
        };
        let (plain, ends) = compile(false)?;
        let before_newline = if ends { Some(compile(true)?.0) } else { None };
        Ok(Self { source: source.into(), groups, anchored: ast.is_anchored(), weight, plain, before_newline })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the pattern has a group of this name or number; `0` is the whole match.
    pub fn has_group(&self, name: &str) -> bool {
        name == "0" || self.groups.iter().any(|group| group.is(name))
    }

    /// The names of the named groups.
    pub fn group_names(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().filter_map(|group| group.name.as_deref())
    }

    /// Whether the pattern says where in the value it is looked for: every branch
    /// begins with `^`, or every branch ends with `$`, or `.*` stands at both ends.
    pub fn is_anchored(&self) -> bool {
        self.anchored
    }

    /// How large the compiled pattern is; one literal character is 1.
    pub(super) fn weight(&self) -> u64 {
        self.weight
    }

    /// Whether the pattern occurs anywhere in `text`.
    ///
    /// # Errors
    /// When the search is not finished after 100,000 steps, and on texts beyond
    /// 100,000 bytes (4,000 where the pattern needs backtracking).
    pub fn is_match(&self, text: &str) -> Result<bool, TooExpensive> {
        let engines = self.engines(text);
        engines.fits(text)?;
        match (engines.quick.is_match(text), &engines.patient) {
            (Ok(found), _) => Ok(found),
            (Err(_), Some(patient)) => patient.is_match(text).map_err(|_| TooExpensive),
            (Err(_), None) => Err(TooExpensive),
        }
    }

    fn engines(&self, text: &str) -> &Engines {
        match &self.before_newline {
            Some(engines) if text.ends_with('\n') => engines,
            _ => &self.plain,
        }
    }

    /// The first match from byte `from` on. `spend` is told the work before it is done.
    pub(super) fn find<E: From<TooExpensive>>(
        &self,
        text: &str,
        from: usize,
        spend: &dyn Fn(usize) -> Result<(), E>,
    ) -> Result<Option<Found<'_>>, E> {
        let engines = self.engines(text);
        engines.fits(text)?;
        // Each byte may be looked at by every part of the pattern, each step by the whole text.
        let parts = 1 + usize::try_from(self.weight / 100).unwrap_or(usize::MAX);
        let steps = if engines.patient.is_some() { QUICK } else { 0 };
        spend((text.len() - from + steps).saturating_mul(parts))?;
        let mut found = engines.quick.captures_from_pos(text, from);
        if found.is_err() {
            let patient = engines.patient.as_ref().ok_or(TooExpensive)?;
            spend(PATIENCE * 20)?;
            found = patient.captures_from_pos(text, from);
        }
        let captures = found.map_err(|_| TooExpensive)?;
        Ok(captures.map(|captures| Found {
            pattern: self,
            spans: captures.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect(),
        }))
    }

    /// Every match in order, as .NET finds them: an empty match may follow a
    /// match directly. Stops when `each` says so.
    pub(super) fn find_all<E: From<TooExpensive>>(
        &self,
        text: &str,
        spend: &dyn Fn(usize) -> Result<(), E>,
        each: &mut dyn FnMut(&Found) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut at = 0;
        while at <= text.len() {
            let Some(found) = self.find(text, at, spend)? else { break };
            let (start, end) = found.span();
            each(&found)?;
            at = if start == end {
                match text[end..].chars().next() {
                    Some(c) => end + c.len_utf8(),
                    None => break,
                }
            } else {
                end
            };
        }
        Ok(())
    }
}

impl Found<'_> {
    /// Start and end of the whole match.
    pub(super) fn span(&self) -> (usize, usize) {
        self.spans.first().copied().flatten().unwrap_or((0, 0))
    }

    /// Start and end of a group by name or number; `None` when it did not take part.
    pub(super) fn group(&self, name: &str) -> Option<(usize, usize)> {
        if name == "0" {
            return Some(self.span());
        }
        self.filled(self.pattern.groups.iter().find(|group| group.is(name))?)
    }

    /// The group with the highest number.
    fn last(&self) -> Option<(usize, usize)> {
        self.filled(self.pattern.groups.last()?)
    }

    /// Of several parentheses with one name, the one that lies last.
    fn filled(&self, group: &Group) -> Option<(usize, usize)> {
        group.slots.iter().filter_map(|slot| self.spans.get(*slot).copied().flatten()).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")).is_match(text).unwrap()
    }

    fn replace(pattern: &str, text: &str, template: &str) -> String {
        let pattern = Pattern::new(pattern).unwrap();
        let template = Template::parse(template, &pattern);
        let (mut out, mut last) = (String::new(), 0);
        pattern
            .find_all::<TooExpensive>(text, &|_| Ok(()), &mut |found| {
                let (start, end) = found.span();
                out.push_str(&text[last..start]);
                template.expand(found, text, &mut out);
                last = end;
                Ok(())
            })
            .unwrap();
        out.push_str(&text[last..]);
        out
    }

    #[test]
    fn class_subtraction_is_subtraction() {
        assert!(is_match("^[a-z-[aeiou]]+$", "bcd"));
        assert!(!is_match("^[a-z-[aeiou]]+$", "bad"));
        assert!(is_match("^[^a-z-[A-C]]$", "D"));
        assert!(!is_match("^[^a-z-[A-C]]$", "B"));
        assert!(!is_match("^[^a-z-[A-C]]$", "d"));
        assert!(is_match(r"^[\w-[\d_]]+$", "abc"));
        assert!(!is_match(r"^[\w-[\d_]]+$", "ab1"));
    }

    #[test]
    fn punctuation_in_classes_is_itself() {
        assert!(is_match(r"^[\/\\\[\]\:\;\|\=\,\+\*\?\<\>]+$", r"/\[]:;|=,+*?<>"));
        assert!(is_match("^[]a]+$", "]a"));
        assert!(is_match("^[a&&b]+$", "a&b"));
        assert!(is_match("^[[a]+$", "[a"));
        assert!(is_match("^[a-]+$", "a-"));
        assert!(is_match(r"^[\d-x]+$", "1-x"));
    }

    #[test]
    fn the_dollar_also_stands_before_a_newline_at_the_end() {
        assert!(is_match("^ab$", "ab\n"));
        assert!(!is_match("^ab$", "ab\n\n"));
        assert!(!is_match(r"^ab\z", "ab\n"));
        assert!(is_match(r"^ab\Z", "ab\n"));
        assert!(is_match("(?m)^b$", "a\nb\nc"));
    }

    #[test]
    fn options_last_to_the_end_of_their_group() {
        assert!(is_match("^(?i)sales$", "SALES"));
        assert!(is_match("^(?i:s)ales$", "Sales"));
        assert!(!is_match("^(?i:s)ales$", "SALES"));
        assert!(is_match("^((?i)a)b$", "Ab"));
        assert!(!is_match("^((?i)a)b$", "AB"));
        assert!(is_match("(?x) a b # comment", "ab"));
        assert_eq!(replace("(?n)(a)(?<x>b)", "ab", "$1"), "b");
        assert!(is_match("a(?i)b|c", "C"));
    }

    #[test]
    fn lookaround_references_and_conditions_work() {
        assert!(is_match("^(?!.*#EXT#)", "ann@contoso.com"));
        assert!(!is_match("^(?!.*#EXT#)", "ann#EXT#@contoso.com"));
        assert!(is_match(r"(?<=\$)\d+", "$42"));
        assert!(is_match(r"^(\w)\1$", "aa"));
        assert!(is_match(r"^(?<q>['x]).*\k<q>$", "'a'"));
        assert!(is_match(r"^(?'q'a)\<q>$", "aa"));
        assert!(is_match(r"^(\()?a(?(1)\))$", "(a)"));
        assert!(!is_match(r"^(\()?a(?(1)\))$", "(a"));
        assert!(is_match("^(?(?=a)ab|cd)$", "cd"));
        assert!(is_match("^(?>a|ab)c$", "ac"));
        assert!(!is_match("^(?>a|ab)c$", "abc"));
    }

    #[test]
    fn unnamed_groups_are_numbered_before_named_ones() {
        assert_eq!(replace("(?<n>a)(b)", "ab", "$1-$2-${n}"), "b-a-a");
        assert_eq!(replace("(a)(?<2>b)(c)", "abc", "$1$2$+"), "acc");
    }

    #[test]
    fn templates_have_all_substitutions_of_dot_net() {
        assert_eq!(replace("b", "abc", "[$&]"), "a[b]c");
        assert_eq!(replace("b", "abc", "[$`|$'|$_]"), "a[a|c|abc]c");
        assert_eq!(replace("(b)(c)?", "abd", "[$1|$2|$+]"), "a[b||]d");
        assert_eq!(replace("b", "abc", "$$1"), "a$1c");
        assert_eq!(replace("(b)", "abc", "$1x${1}0$10$2${no}$"), "abxb0b0$2${no}$c");
        assert_eq!(replace(".*", "abc", "X"), "XX");
        assert_eq!(replace("", "ab", "-"), "-a-b-");
    }

    #[test]
    fn what_is_not_dot_net_is_refused_with_its_place() {
        let offset = |pattern: &str| Pattern::new(pattern).unwrap_err().offset;
        assert_eq!(offset("ab(["), 3);
        assert_eq!(offset("a++"), 1);
        assert_eq!(offset("*a"), 0);
        assert_eq!(offset("a(b"), 1);
        assert_eq!(offset("ab)"), 2);
        assert_eq!(offset("(?<o>a)(?<-o>b)"), 7);
        assert_eq!(offset("(?P<o>a)"), 0);
        assert_eq!(offset(r"a\h"), 1);
        assert_eq!(offset(r"a\2"), 1);
        assert_eq!(offset(r"éé\2"), 4);
        assert_eq!(offset(r"\p{Nope}"), 0);
        assert_eq!(offset("[z-a]"), 3);
        assert_eq!(offset("a{3,2}"), 1);
        assert_eq!(offset("(?~a)"), 0);
        assert!(Pattern::new(r"((\w{255}){255}){255}").is_err());
        assert!(is_match("^a{,5}{x}$", "a{,5}{x}"));
    }

    #[test]
    fn a_search_that_backtracks_without_end_is_given_up() {
        let pattern = Pattern::new(r"^((a|aa)\2?)*$").unwrap();
        assert_eq!(pattern.is_match(&"a".repeat(60)), Ok(true));
        let text = format!("{}!", "a".repeat(60));
        assert_eq!(pattern.is_match(&text), Err(TooExpensive));
    }

    #[test]
    fn blocks_and_categories_have_their_dot_net_names() {
        assert!(is_match(r"^\p{IsCyrillic}+$", "Анна"));
        assert!(!is_match(r"^\p{IsCyrillic}+$", "Anna"));
        assert!(is_match(r"^\P{IsBasicLatin}$", "é"));
        assert!(is_match(r"^\p{Lu}\p{Ll}+$", "Ärger"));
        assert!(is_match(r"^[\p{L}\s]+$", "van der Berg"));
    }
}
