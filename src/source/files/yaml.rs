//! YAML: a list of maps, or a map that holds one.
//!
//! Read as events, so that a plain scalar can become what its attribute is: the
//! phone number `+4930123` and the employee number `007` stay as they were written.

use std::{borrow::Cow, ops::Range};

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::{
    columns::{Columns, Table},
    report::Report,
    row::{Cell, Row, RowCell},
    text::Input,
    values::plain,
};
use crate::names::{Place, Text, Value};

/// The keys of a map that holds the list.
const LISTS: [&str; 5] = ["value", "people", "users", "groups", "members"];
/// The deepest nesting. A group with its members needs four.
const MAX_DEPTH: usize = 16;

/// Reads the maps of a list.
pub(super) fn rows<'a>(
    input: &'a Input,
    columns: &mut Columns,
    report: &mut Report,
    each: impl FnMut(Row<'a>, &mut Columns, &mut Report),
) {
    let mut events = Events { input, parser: Parser::new_from_str(&input.text[input.start()..]) };
    if let Err(wrong) = document(&mut events, columns, report, each) {
        let Wrong { code, span, message, help } = wrong;
        report.error(code, &input.file, span, message, |problem| problem.help(help));
    }
}

/// What ends the reading.
struct Wrong {
    code: &'static str,
    span: Range<usize>,
    message: String,
    help: &'static str,
}

fn wrong<T>(
    code: &'static str,
    span: Range<usize>,
    message: impl Into<String>,
    help: &'static str,
) -> Result<T, Wrong> {
    Err(Wrong { code, span, message: message.into(), help })
}

const DEEP: &str = "a person is a map of texts and lists of texts";
const EXPECTED: &str = "expected a list with a map for each: `- userPrincipalName: …`";

fn document<'a>(
    events: &mut Events<'a>,
    columns: &mut Columns,
    report: &mut Report,
    mut each: impl FnMut(Row<'a>, &mut Columns, &mut Report),
) -> Result<(), Wrong> {
    match events.next()? {
        // Nothing but comments.
        None => return Ok(()),
        Some(Token { what: What::List, .. }) => items(events, columns, report, &mut each)?,
        Some(Token { what: What::Map, span, .. }) => {
            let mut found = false;
            while let Some(key) = events.next()?.filter(|token| token.what != What::End) {
                let is_list = matches!(&key.what, What::Scalar { text, .. } if LISTS.contains(&&**text));
                let Some(value) = events.next()? else { break };
                if is_list && !found && value.what == What::List {
                    found = true;
                    items(events, columns, report, &mut each)?;
                } else {
                    events.node(value, 0)?;
                }
            }
            if !found {
                return wrong("no_list", span, "the file holds one map, not a list", EXPECTED);
            }
        }
        Some(Token { what: What::Scalar { text, .. }, .. }) if text.is_empty() => {}
        Some(other) => return wrong("no_list", other.span, "the file holds no list", EXPECTED),
    }
    match events.next()? {
        Some(second) => {
            wrong("several_documents", second.span, "a second document begins here", "keep everybody in one list")
        }
        None => Ok(()),
    }
}

fn items<'a>(
    events: &mut Events<'a>,
    columns: &mut Columns,
    report: &mut Report,
    each: &mut impl FnMut(Row<'a>, &mut Columns, &mut Report),
) -> Result<(), Wrong> {
    while let Some(token) = events.next()?.filter(|token| token.what != What::End) {
        let place = Place::new(events.input.file.clone(), token.line, token.column);
        let node = events.node(token, 0)?;
        if let Some(row) = row(&events.input.file, node, place, columns, report) {
            each(row, columns, report);
        }
    }
    Ok(())
}

fn row<'a>(file: &Text, node: Node<'a>, place: Place, columns: &mut Columns, report: &mut Report) -> Option<Row<'a>> {
    let span = node.span.clone();
    let entries = match node.kind {
        Kind::Map(entries) => entries,
        Kind::Scalar { .. } if columns.table == Table::Members => {
            let column = columns.number("member", span.clone(), report);
            let cells = vec![RowCell { column, span: span.clone(), cell: node.kind.cell() }];
            return Some(Row { span, place, cells });
        }
        Kind::Scalar { .. } | Kind::List(_) => {
            let message = format!("expected a map that describes a {}", columns.table.noun());
            report.error("no_object", file, span, message, |problem| problem.help(EXPECTED));
            return None;
        }
    };
    columns.begin_row();
    let mut cells: Vec<RowCell<'a>> = Vec::with_capacity(entries.len());
    for (key, key_span, value) in entries {
        let column = columns.number(&key, key_span.clone(), report);
        if columns.is_doubled(column) {
            let name = columns.get(column).name.clone();
            let first = cells.iter().find(|cell| columns.get(cell.column).name == name).map(|cell| cell.span.clone());
            let message = format!("`{}` comes twice", name.escape_debug());
            report.error("duplicate_key", file, key_span, message, |problem| {
                let problem = problem.help("keep one of them");
                first.map_or(problem.clone(), |first| problem.related(file, first, "the other one"))
            });
            return None;
        }
        let span = value.span.clone();
        cells.push(RowCell { column, span, cell: value.kind.cell() });
    }
    Some(Row { span, place, cells })
}

/// A node with its bytes. Of a list or map from its first byte to the last of its content.
struct Node<'a> {
    kind: Kind<'a>,
    span: Range<usize>,
}

enum Kind<'a> {
    Scalar { text: Cow<'a, str>, is_plain: bool },
    List(Vec<Node<'a>>),
    Map(Vec<(Cow<'a, str>, Range<usize>, Node<'a>)>),
}

impl<'a> Kind<'a> {
    fn cell(self) -> Cell<'a> {
        match self {
            Kind::Scalar { text, is_plain: true } => Cell::Plain(text),
            Kind::Scalar { text, is_plain: false } => Cell::Value(Value::text(&*text)),
            Kind::List(_) | Kind::Map(_) => {
                // A list without anything in it is an empty list.
                Cell::Value(self.value().unwrap_or(Value::List(Vec::new())))
            }
        }
    }

    fn value(self) -> Option<Value> {
        match self {
            Kind::Scalar { text, is_plain: true } => plain(&text),
            Kind::Scalar { text, is_plain: false } => Some(Value::text(&*text)),
            Kind::List(items) => Some(Value::List(items.into_iter().filter_map(|item| item.kind.value()).collect())),
            Kind::Map(entries) => {
                let member =
                    |(key, _, node): (Cow<'a, str>, _, Node<'a>)| Some((Text::from(&*key), node.kind.value()?));
                Some(Value::Record(entries.into_iter().filter_map(member).collect()))
            }
        }
    }
}

/// What the parser says, without what no list of people needs.
struct Token<'a> {
    what: What<'a>,
    span: Range<usize>,
    line: u32,
    column: u32,
}

#[derive(PartialEq)]
enum What<'a> {
    Scalar { text: Cow<'a, str>, is_plain: bool },
    List,
    Map,
    End,
}

struct Events<'a> {
    input: &'a Input,
    parser: Parser<'a, StrInput<'a>>,
}

impl<'a> Events<'a> {
    /// The next token; `None` at the end of the file.
    fn next(&mut self) -> Result<Option<Token<'a>>, Wrong> {
        loop {
            let Some(next) = self.parser.next() else { return Ok(None) };
            let (event, span) = next.map_err(|error| self.syntax(&error))?;
            let bytes = self.bytes(&span);
            let tagged = event.tag().is_some();
            let what = match event {
                Event::StreamEnd => return Ok(None),
                Event::Scalar(text, style, ..) => What::Scalar { text, is_plain: style == ScalarStyle::Plain },
                Event::SequenceStart(..) => What::List,
                Event::MappingStart(..) => What::Map,
                Event::SequenceEnd | Event::MappingEnd => What::End,
                Event::Alias(_) => {
                    let help = "write the value out; for text that begins with `*` write quotes";
                    return wrong("alias", bytes, "aliases are not supported in a list of people", help);
                }
                _ => continue,
            };
            if tagged {
                let help = "write the value without a tag; quotes make any value text";
                return wrong("tag", bytes, "tags are not supported in a list of people", help);
            }
            let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let (line, column) = (small(span.start.line()), small(span.start.col()).saturating_add(1));
            return Ok(Some(Token { what, span: bytes, line, column }));
        }
    }

    /// The node that begins with a token.
    fn node(&mut self, token: Token<'a>, depth: usize) -> Result<Node<'a>, Wrong> {
        if depth > MAX_DEPTH {
            return wrong("too_deep", token.span, format!("the nesting is deeper than {MAX_DEPTH}"), DEEP);
        }
        let mut span = token.span;
        let kind = match token.what {
            What::Scalar { text, is_plain } => Kind::Scalar { text, is_plain },
            What::End => Kind::Scalar { text: Cow::Borrowed(""), is_plain: true },
            What::List => {
                let mut items = Vec::new();
                while let Some(token) = self.next()?.filter(|token| token.what != What::End) {
                    let item = self.node(token, depth + 1)?;
                    span.end = span.end.max(item.span.end);
                    items.push(item);
                }
                Kind::List(items)
            }
            What::Map => {
                let mut entries = Vec::new();
                while let Some(token) = self.next()?.filter(|token| token.what != What::End) {
                    let key = self.node(token, depth + 1)?;
                    let Kind::Scalar { text, .. } = key.kind else {
                        return wrong("bad_key", key.span, "a key has to be text", "put it in quotes");
                    };
                    let Some(token) = self.next()? else { break };
                    let value = self.node(token, depth + 1)?;
                    span.end = span.end.max(value.span.end);
                    entries.push((text, key.span, value));
                }
                Kind::Map(entries)
            }
        };
        Ok(Node { kind, span })
    }

    fn bytes(&self, span: &Span) -> Range<usize> {
        let (base, length) = (self.input.start(), self.input.text.len());
        let range = span.byte_range().unwrap_or(0..0);
        (base + range.start).min(length)..(base + range.end).min(length)
    }

    fn syntax(&self, error: &ScanError) -> Wrong {
        let at = self.input.start() + error.marker().byte_offset().unwrap_or(0);
        let mut at = at.min(self.input.text.len());
        while !self.input.text.is_char_boundary(at) {
            at -= 1;
        }
        let info = error.info();
        if info.contains("recursion limit") {
            let message = "the nesting is too deep".to_owned();
            return Wrong { code: "too_deep", span: at..at, message, help: DEEP };
        }
        let message = format!("this is not YAML: {}", info.escape_debug());
        Wrong {
            code: "bad_yaml",
            span: at..at,
            message,
            help: "check the indentation, and put text with `: ` in quotes",
        }
    }
}
