//! A .NET regular expression as a tree.

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ast {
    Empty,
    Char {
        c: char,
        fold: bool,
    },
    Class {
        class: Class,
        fold: bool,
    },
    /// `.`
    Any {
        newline: bool,
    },
    /// `^` or `\A`.
    Start {
        lines: bool,
    },
    /// `$`, `\Z`: the end, or before a newline at the end.
    End {
        lines: bool,
    },
    /// `\z`
    VeryEnd,
    Boundary {
        not: bool,
    },
    /// `\G`
    Continue,
    Concat(Vec<Ast>),
    Alternate(Vec<Ast>),
    Repeat {
        body: Box<Ast>,
        least: u32,
        most: Option<u32>,
        lazy: bool,
    },
    Group(Box<Ast>),
    /// The n-th capturing parenthesis of the pattern, from 1.
    Capture {
        slot: usize,
        body: Box<Ast>,
    },
    Look {
        behind: bool,
        not: bool,
        body: Box<Ast>,
    },
    Atomic(Box<Ast>),
    Back {
        to: GroupRef,
        fold: bool,
    },
    /// `(?(group)yes|no)`
    IfGroup {
        group: GroupRef,
        yes: Box<Ast>,
        no: Box<Ast>,
    },
    /// `(?(?=…)yes|no)`
    IfLook {
        look: Box<Ast>,
        yes: Box<Ast>,
        no: Box<Ast>,
    },
}

impl Ast {
    /// Whether every branch begins with an anchor, or every branch ends with one,
    /// or all begin and end with `.*`.
    pub(super) fn is_anchored(&self) -> bool {
        let branches = match self {
            Ast::Group(body) | Ast::Capture { body, .. } => return body.is_anchored(),
            Ast::Alternate(branches) => branches.as_slice(),
            single => std::slice::from_ref(single),
        };
        let all = |holds: &dyn Fn(&Ast, bool) -> bool, first: bool| branches.iter().all(|branch| holds(branch, first));
        let anchor =
            |ast: &Ast, first: bool| matches!(ast.edge(first), Ast::Start { .. } | Ast::End { .. } | Ast::VeryEnd);
        let any = |ast: &Ast, first: bool| {
            let edge = ast.edge(first);
            matches!(edge, Ast::Repeat { body, least: 0, most: None, .. } if matches!(**body, Ast::Any { .. }))
        };
        all(&anchor, true) || all(&anchor, false) || all(&any, true) && all(&any, false)
    }

    /// The first or last part.
    fn edge(&self, first: bool) -> &Ast {
        match self {
            Ast::Concat(items) => match if first { items.first() } else { items.last() } {
                Some(item) => item.edge(first),
                None => self,
            },
            Ast::Group(body) | Ast::Capture { body, .. } => body.edge(first),
            other => other,
        }
    }
}

/// A group by number or name, with the byte where it is referred to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GroupRef {
    pub(super) name: String,
    pub(super) at: usize,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Class {
    pub(super) negated: bool,
    pub(super) items: Vec<ClassItem>,
    pub(super) without: Option<Box<Class>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ClassItem {
    Range(char, char),
    Digit {
        not: bool,
    },
    Word {
        not: bool,
    },
    Space {
        not: bool,
    },
    /// A general category, by its short name.
    Category {
        name: String,
        not: bool,
    },
    /// A named block.
    Block {
        from: char,
        to: char,
        not: bool,
    },
}
