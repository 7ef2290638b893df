//! What comes of the steps.

use super::{Explanation, Passed};
use crate::plan::{Cause, Change, Held, Kind, MemberName, Plan, Ref, Subject};

impl Explanation {
    /// What the whole plan says of the subject.
    pub(super) fn conclude(&mut self, plan: Plan) {
        let subject = self.subject.clone();
        let is = |other: &Subject| {
            other.kind == subject.kind
                && (other.source.is_some() && other.source == subject.source
                    || other.target.is_some() && other.target == subject.target)
        };
        let is_member = |change: &Change| {
            subject.kind == Kind::User
                && change.members.added.iter().chain(&change.members.removed).any(|member| match &member.account {
                    Ref::Live(id) => subject.target.as_ref() == Some(id),
                    Ref::Created(id) => {
                        subject.source.as_ref().is_some_and(|source| *id.0 == format!("create_user:{source}"))
                    }
                })
        };
        let own = |change: &Change| is(&change.subject);
        let unmanaged = plan.unmanaged.iter().any(is);
        let (mine, others): (Vec<Change>, Vec<Change>) = plan.changes.into_iter().partition(own);
        let held: Vec<Held> = plan.held.into_iter().filter(|held| is(&held.subject)).collect();
        self.verdict.text = self.sentence(&mine, &held, unmanaged).into();
        let mut memberships: Vec<Change> = others.into_iter().filter(is_member).collect();
        for change in &mut memberships {
            narrow(change, &subject);
        }
        self.verdict.changes = mine;
        self.verdict.changes.append(&mut memberships);
        self.verdict.held = held;
        let name = subject.name.clone();
        self.verdict.notes = plan.notes.into_iter().filter(|note| mentions(&note.message, &name)).collect();
    }

    fn sentence(&self, changes: &[Change], held: &[Held], unmanaged: bool) -> String {
        let verbs: Vec<&str> = changes.iter().map(|change| change.action.verb()).collect();
        if let Some(held) = held.first() {
            let what = held.action.map(|action| format!("{} is held back", action.verb()));
            let what = what.unwrap_or_else(|| "it is held back".to_owned());
            let done = if verbs.is_empty() { String::new() } else { format!("{}; ", verbs.join(", ")) };
            return format!("{done}{what}: {} ({})", held.message, held.reason.name());
        }
        if !verbs.is_empty() {
            let cause: Option<&Cause> = changes.last().map(|change| &change.cause);
            let because = cause.map(|cause| format!(": {}", cause.text)).unwrap_or_default();
            return format!("{}{because}", verbs.join(", "));
        }
        let failed = self.scope.iter().find(|check| check.passed == Passed::No);
        match (&self.matching.account, failed) {
            _ if unmanaged => "not ours: nobody of the directory matches it, and it is left alone".to_owned(),
            (Some(account), Some(check)) if !account.active => {
                format!("out of scope, and the account is suspended already: {}", check.because)
            }
            (Some(_), Some(check)) => format!("out of scope, and the account is left as it is: {}", check.because),
            (None, Some(check)) => format!("out of scope, without an account: {}", check.because),
            (Some(_), None) => "nothing to do: the account is as it should be".to_owned(),
            (None, None) => "nothing is planned".to_owned(),
        }
    }
}

/// Only the subject's own place in a change of members.
fn narrow(change: &mut Change, subject: &Subject) {
    let is = |member: &MemberName| match &member.account {
        Ref::Live(id) => subject.target.as_ref() == Some(id),
        Ref::Created(_) => member.name == subject.name,
    };
    change.members.added.retain(is);
    change.members.removed.retain(is);
    change.requests.clear();
    change.depends_on.clear();
}

/// Whether a text names somebody, as a whole word: `ana@x` is not in `joana@x`.
fn mentions(text: &str, name: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || "@.-_+".contains(c);
    text.match_indices(name).any(|(start, found)| {
        let before = text[..start].chars().next_back();
        let rest = &text[start + found.len()..];
        let after = rest.chars().next().filter(|c| !(*c == '.' && rest.len() == 1));
        !name.is_empty() && !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
    })
}
