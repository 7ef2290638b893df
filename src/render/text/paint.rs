//! Colours and symbols. Without colour every meaning is still there as a symbol.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

use crate::plan::Action;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::render) enum Ink {
    /// Comes, or is well.
    Added,
    /// Goes.
    Removed,
    /// Becomes another.
    Changed,
    /// Is taken over.
    Adopted,
    /// The part of a value that comes.
    NewPart,
    /// The part of a value that goes.
    OldPart,
    /// A heading.
    Heading,
    /// Needs a person.
    Warning,
    /// Failed.
    Failure,
    /// Less important than what stands before it.
    Aside,
}

/// Whether to paint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    color: bool,
}

impl Paint {
    pub(super) fn new(color: bool) -> Self {
        Self { color }
    }

    /// The text in its colour.
    pub(super) fn ink(self, ink: Ink, text: impl Display) -> String {
        if !self.color {
            return text.to_string();
        }
        let style = style(ink);
        format!("{style}{text}{style:#}")
    }
}

fn style(ink: Ink) -> Style {
    let fg = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    match ink {
        Ink::Added => fg(AnsiColor::Green),
        Ink::Removed => fg(AnsiColor::Red),
        Ink::Changed => fg(AnsiColor::Yellow),
        Ink::Adopted => fg(AnsiColor::Cyan),
        Ink::NewPart => fg(AnsiColor::Green).bold().underline(),
        Ink::OldPart => fg(AnsiColor::Red).bold().underline(),
        Ink::Heading => Style::new().bold(),
        Ink::Warning => fg(AnsiColor::Yellow).bold(),
        Ink::Failure => fg(AnsiColor::Red).bold(),
        Ink::Aside => Style::new().dimmed(),
    }
}

/// The symbol and colour of an action. A delete has its own: it is no disable.
pub(in crate::render) fn symbol(action: Action) -> (char, Ink) {
    match action {
        Action::AdoptUser | Action::AdoptGroup => ('=', Ink::Adopted),
        Action::CreateUser | Action::CreateGroup | Action::EnableUser | Action::AddMembers | Action::Grant => {
            ('+', Ink::Added)
        }
        Action::UpdateUser
        | Action::UpdateGroup
        | Action::SetManager
        | Action::MoveOffice
        | Action::SetLicense
        | Action::SetSettings
        | Action::Regrant => ('~', Ink::Changed),
        Action::DisableUser | Action::RemoveMembers | Action::Withdraw => ('-', Ink::Removed),
        Action::DeleteGroup | Action::DeleteUser => ('x', Ink::Failure),
    }
}
