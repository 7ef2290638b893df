//! The tree of a .NET pattern, written for `fancy-regex`.
//!
//! Only forms that mean the same in both are written, everything else is
//! spelled out: punctuation as code points (a `\<` would be a word boundary
//! there), `.` and `\w` as classes, class subtraction as `--`, group numbers as
//! the order of parentheses.

use super::{
    Group, PatternError,
    tree::{Ast, Class, ClassItem, GroupRef},
};

/// How large a pattern may grow when its counted repeats are written out. One
/// literal is 1, one `\w` 100: `\w{1,255}` fits, `(\w{255}){255}` does not.
const MAX_WEIGHT: u64 = 50_000;

pub(super) struct Emitter<'g> {
    groups: &'g [Group],
    /// What `$` and `\Z` are: different when the text ends with a newline.
    end: &'static str,
    out: String,
    /// Whether the backtracking engine is needed.
    pub(super) hard: bool,
    /// Whether `$` or `\Z` occur.
    pub(super) ends: bool,
}

impl<'g> Emitter<'g> {
    pub(super) fn new(groups: &'g [Group], before_newline: bool) -> Self {
        let end = if before_newline { r"(?=\x{0A}?\z)" } else { r"\z" };
        Self { groups, end, out: String::new(), hard: before_newline, ends: false }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    pub(super) fn ast(&mut self, ast: &Ast) -> Result<(), PatternError> {
        match ast {
            Ast::Empty => self.out.push_str("(?:)"),
            Ast::Char { c, fold } => self.folded(*fold, |out| literal(out, *c)),
            Ast::Class { class, fold } => self.folded(*fold, |out| write_class(out, class)),
            Ast::Any { newline: true } => self.out.push_str("(?s:.)"),
            Ast::Any { newline: false } => self.out.push_str(r"[^\x{0A}]"),
            Ast::Start { lines: true } => self.out.push_str("(?m:^)"),
            Ast::Start { lines: false } => self.out.push_str(r"\A"),
            Ast::End { lines: true } => self.out.push_str("(?m:$)"),
            Ast::End { lines: false } => {
                self.ends = true;
                self.out.push_str(self.end);
            }
            Ast::VeryEnd => self.out.push_str(r"\z"),
            Ast::Boundary { not } => self.out.push_str(if *not { r"\B" } else { r"\b" }),
            Ast::Continue => {
                self.hard = true;
                self.out.push_str(r"\G");
            }
            Ast::Concat(items) => {
                for item in items {
                    self.ast(item)?;
                }
            }
            Ast::Alternate(branches) => {
                self.out.push_str("(?:");
                for (i, branch) in branches.iter().enumerate() {
                    if i > 0 {
                        self.out.push('|');
                    }
                    self.ast(branch)?;
                }
                self.out.push(')');
            }
            Ast::Repeat { body, least, most, lazy } => self.repeat(body, *least, *most, *lazy)?,
            Ast::Group(body) => self.wrapped("(?:", body)?,
            Ast::Capture { body, .. } => self.wrapped("(", body)?,
            Ast::Atomic(body) => self.hard("(?>", body)?,
            Ast::Look { behind, not, body } => {
                let open = match (behind, not) {
                    (false, false) => "(?=",
                    (false, true) => "(?!",
                    (true, false) => "(?<=",
                    (true, true) => "(?<!",
                };
                self.hard(open, body)?;
            }
            Ast::Back { to, fold } => self.back(to, *fold)?,
            Ast::IfGroup { group, yes, no } => {
                let [slot] = self.slots(group)? else {
                    return Err(refused(group, "a condition on a group that occurs twice is not supported"));
                };
                self.out.push_str(&format!("(?({slot})"));
                self.hard = true;
                self.branches(yes, no)?;
            }
            Ast::IfLook { look, yes, no } => {
                self.hard = true;
                self.out.push_str("(?:");
                self.ast(look)?;
                self.wrapped("(?:", yes)?;
                self.out.push('|');
                if let Ast::Look { behind, not, body } = look.as_ref() {
                    self.ast(&Ast::Look { behind: *behind, not: !not, body: body.clone() })?;
                }
                self.wrapped("(?:", no)?;
                self.out.push(')');
            }
        }
        Ok(())
    }

    fn branches(&mut self, yes: &Ast, no: &Ast) -> Result<(), PatternError> {
        self.wrapped("(?:", yes)?;
        self.out.push('|');
        self.wrapped("(?:", no)?;
        self.out.push(')');
        Ok(())
    }

    fn folded(&mut self, fold: bool, write: impl FnOnce(&mut String)) {
        if fold {
            self.out.push_str("(?i:");
            write(&mut self.out);
            self.out.push(')');
        } else {
            write(&mut self.out);
        }
    }

    fn wrapped(&mut self, open: &str, body: &Ast) -> Result<(), PatternError> {
        self.out.push_str(open);
        self.ast(body)?;
        self.out.push(')');
        Ok(())
    }

    fn hard(&mut self, open: &str, body: &Ast) -> Result<(), PatternError> {
        self.hard = true;
        self.wrapped(open, body)
    }

    fn repeat(&mut self, body: &Ast, least: u32, most: Option<u32>, lazy: bool) -> Result<(), PatternError> {
        if is_empty(body) {
            // Once is as often as it can matter; the engine refuses to repeat it.
            return match (least, lazy) {
                (0, true) => self.wrapped("(?:|", body),
                (0, false) => self.ast(&Ast::Alternate(vec![body.clone(), Ast::Empty])),
                _ => self.ast(body),
            };
        }
        match body {
            Ast::Char { .. } | Ast::Class { .. } | Ast::Any { .. } | Ast::Capture { .. } => self.ast(body)?,
            _ => self.wrapped("(?:", body)?,
        }
        let quantifier = match (least, most) {
            (0, None) => "*".to_owned(),
            (1, None) => "+".to_owned(),
            (0, Some(1)) => "?".to_owned(),
            (least, None) => format!("{{{least},}}"),
            (least, Some(most)) if least == most => format!("{{{least}}}"),
            (least, Some(most)) => format!("{{{least},{most}}}"),
        };
        self.out.push_str(&quantifier);
        if lazy {
            self.out.push('?');
        }
        Ok(())
    }

    fn slots(&self, group: &GroupRef) -> Result<&'g [usize], PatternError> {
        match self.groups.iter().find(|known| known.is(&group.name)) {
            Some(known) => Ok(&known.slots),
            None => Err(refused(group, &format!("there is no group `{}` in the regular expression", group.name))),
        }
    }

    fn back(&mut self, to: &GroupRef, fold: bool) -> Result<(), PatternError> {
        self.hard = true;
        let slots = self.slots(to)?;
        self.out.push_str(if fold { "(?i:" } else { "(?:" });
        for (i, slot) in slots.iter().rev().enumerate() {
            if i > 0 {
                self.out.push('|');
            }
            self.out.push_str(&format!("(?:\\{slot})"));
        }
        self.out.push(')');
        Ok(())
    }
}

/// Whether it never takes a character.
fn is_empty(ast: &Ast) -> bool {
    match ast {
        Ast::Empty
        | Ast::Start { .. }
        | Ast::End { .. }
        | Ast::VeryEnd
        | Ast::Boundary { .. }
        | Ast::Continue
        | Ast::Look { .. } => true,
        Ast::Group(body) | Ast::Atomic(body) => is_empty(body),
        Ast::Concat(items) => items.iter().all(is_empty),
        Ast::Char { .. }
        | Ast::Class { .. }
        | Ast::Any { .. }
        | Ast::Alternate(_)
        | Ast::Repeat { .. }
        | Ast::Capture { .. }
        | Ast::Back { .. }
        | Ast::IfGroup { .. }
        | Ast::IfLook { .. } => false,
    }
}

fn refused(group: &GroupRef, message: &str) -> PatternError {
    PatternError { message: message.to_owned(), offset: group.at, length: group.name.len() + 1, help: None }
}

/// One character, so that no engine takes it for syntax.
fn literal(out: &mut String, c: char) {
    if c.is_ascii() && !c.is_ascii_alphanumeric() || c.is_whitespace() || c.is_control() {
        out.push_str(&format!("\\x{{{:X}}}", u32::from(c)));
    } else {
        out.push(c);
    }
}

/// .NET's `\w`: `[\p{L}\p{Mn}\p{Nd}\p{Pc}]`.
const WORD: &str = r"\p{L}\p{Mn}\p{Nd}\p{Pc}";

fn write_class(out: &mut String, class: &Class) {
    if let Some(without) = &class.without {
        out.push('[');
        write_class(out, &Class { without: None, ..class.clone() });
        out.push_str("--");
        write_class(out, without);
        out.push(']');
        return;
    }
    out.push_str(if class.negated { "[^" } else { "[" });
    for item in &class.items {
        match item {
            ClassItem::Range(from, to) => {
                literal(out, *from);
                if from != to {
                    out.push('-');
                    literal(out, *to);
                }
            }
            ClassItem::Digit { not } => out.push_str(if *not { r"\P{Nd}" } else { r"\p{Nd}" }),
            ClassItem::Space { not } => out.push_str(if *not { r"\S" } else { r"\s" }),
            ClassItem::Word { not: false } => out.push_str(WORD),
            ClassItem::Word { not: true } => out.push_str(&format!("[^{WORD}]")),
            ClassItem::Category { name, not } => {
                out.push_str(&format!("\\{}{{{name}}}", if *not { 'P' } else { 'p' }));
            }
            ClassItem::Block { from, to, not } => {
                out.push_str(if *not { "[^" } else { "[" });
                out.push_str(&format!("\\x{{{:X}}}-\\x{{{:X}}}]", u32::from(*from), u32::from(*to)));
            }
        }
    }
    out.push(']');
}

/// How large the compiled pattern gets. See [`MAX_WEIGHT`].
fn weight(ast: &Ast) -> u64 {
    match ast {
        Ast::Empty
        | Ast::Char { .. }
        | Ast::Start { .. }
        | Ast::End { .. }
        | Ast::VeryEnd
        | Ast::Boundary { .. }
        | Ast::Continue
        | Ast::Back { .. } => 1,
        Ast::Any { .. } => 10,
        Ast::Class { class, .. } => class_weight(class),
        Ast::Concat(items) | Ast::Alternate(items) => items.iter().map(weight).fold(1, u64::saturating_add),
        Ast::Repeat { body, least, most, .. } => {
            let times = most.unwrap_or_else(|| least.saturating_add(1)).max(1);
            weight(body).saturating_mul(times.into()).saturating_add(1)
        }
        Ast::Group(body) | Ast::Capture { body, .. } | Ast::Look { body, .. } | Ast::Atomic(body) => weight(body) + 1,
        Ast::IfGroup { yes, no, .. } => weight(yes).saturating_add(weight(no)),
        Ast::IfLook { look, yes, no } => {
            weight(look).saturating_mul(2).saturating_add(weight(yes)).saturating_add(weight(no))
        }
    }
}

fn class_weight(class: &Class) -> u64 {
    let items = class.items.iter().map(|item| match item {
        ClassItem::Range(from, to) if to.is_ascii() || from == to => 2,
        ClassItem::Range(..) | ClassItem::Block { .. } => 10,
        ClassItem::Digit { .. } | ClassItem::Space { .. } => 30,
        ClassItem::Word { .. } | ClassItem::Category { .. } => 100,
    });
    let own: u64 = items.sum::<u64>() + if class.negated { 10 } else { 0 };
    own.min(200) + class.without.as_deref().map_or(0, class_weight)
}

/// The weight of a pattern. Refuses what would grow too large.
pub(super) fn checked_weight(ast: &Ast) -> Result<u64, PatternError> {
    let weight = weight(ast);
    if weight <= MAX_WEIGHT {
        return Ok(weight);
    }
    Err(PatternError {
        message: "the regular expression is too large: its repeats multiply".to_owned(),
        offset: 0,
        length: 0,
        help: Some("use smaller counts, or `*` and `+`".to_owned()),
    })
}
