//! What an export says: who is not in its files, and what of the others is not.

use std::collections::HashMap;

use crate::names::Text;

/// What came of an export, beside the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Accounts that SCIM has.
    pub accounts: usize,
    /// People in the file.
    pub people: usize,
    /// Groups of Dialpad that the people's file names.
    pub groups: usize,
    /// The roles, in the order of the manifest.
    pub roles: Vec<RoleLine>,
    /// Who is not in the files.
    pub strangers: Vec<Stranger>,
    /// What the files cannot say.
    pub notes: Vec<Note>,
}

/// A role and how many people have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleLine {
    /// Its name.
    pub name: Text,
    /// What it gives, in words.
    pub gives: Text,
    /// How many people have it.
    pub people: usize,
}

/// Somebody who is not in the files. The plan leaves them as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Why.
    pub why: Why,
    /// The user name or address, else the id.
    pub name: Text,
    /// The id: of SCIM, or of the admin API for who is only there.
    pub id: Text,
    /// More about it, such as the state in the admin API.
    pub detail: Option<Text>,
}

/// Why somebody is not in the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// The account is suspended.
    Suspended,
    /// The account has no user name.
    NoUserName,
    /// Neither the user name nor anything else is a mail address.
    NoEmail,
    /// Several accounts have the user name.
    DuplicateUserName,
    /// A file of people would be read as saying another user name.
    UnusableUserName,
    /// The admin API has the person, and SCIM has no account with one of their addresses.
    OnlyInApi,
}

impl Why {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Why; 6] =
        [Why::Suspended, Why::NoEmail, Why::NoUserName, Why::DuplicateUserName, Why::UnusableUserName, Why::OnlyInApi];

    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            Why::Suspended => "suspended",
            Why::NoUserName => "no_user_name",
            Why::NoEmail => "no_email",
            Why::DuplicateUserName => "duplicate_user_name",
            Why::UnusableUserName => "unusable_user_name",
            Why::OnlyInApi => "only_in_api",
        }
    }

    /// Why, for people.
    pub fn because(self) -> &'static str {
        match self {
            Why::Suspended => "suspended in Dialpad",
            Why::NoUserName => "the account has no user name",
            Why::NoEmail => "no mail address; perhaps a service account",
            Why::DuplicateUserName => "several accounts have this user name",
            Why::UnusableUserName => "the user name has blanks around it or characters that cannot be seen",
            Why::OnlyInApi => "the admin API has the person, SCIM has no account with one of their addresses",
        }
    }

    /// The next step.
    pub fn next(self) -> &'static str {
        match self {
            Why::Suspended => "to manage one, enable it in Dialpad and export again, or add the person to the file",
            Why::NoUserName | Why::NoEmail => "leave it as it is, or give it an address in Dialpad and export again",
            Why::DuplicateUserName => "remove the account that is not used in Dialpad, and export again",
            Why::UnusableUserName => "correct it in Dialpad, and export again",
            Why::OnlyInApi => "nothing, unless SCIM should manage them: then provision them by SCIM once",
        }
    }
}

/// Something that the files do not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// A stable name in snake case.
    pub code: &'static str,
    /// A sentence.
    pub message: String,
    /// Whom it is about; empty where it is about nobody alone.
    pub who: Vec<Text>,
}

/// Notes, the same one of several people once.
#[derive(Debug, Default)]
pub(super) struct Notes {
    notes: Vec<Note>,
    said: HashMap<(&'static str, String), usize>,
}

impl Notes {
    /// Adds a note; `who` is empty where it is about nobody alone.
    pub(super) fn add(&mut self, code: &'static str, message: &str, who: &str) {
        let key = (code, message.to_owned());
        let at = *self.said.entry(key).or_insert_with(|| {
            self.notes.push(Note { code, message: message.to_owned(), who: Vec::new() });
            self.notes.len() - 1
        });
        if !who.is_empty() {
            self.notes[at].who.push(who.into());
        }
    }

    pub(super) fn into_inner(self) -> Vec<Note> {
        self.notes
    }
}
