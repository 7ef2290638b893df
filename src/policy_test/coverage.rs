//! Which lines of the manifest the tests touched.

use crate::{
    desired::{CauseKind, Standing, Subject, User},
    manifest::{Assignment, Manifest, Principal},
    names::{AttrPath, Place, Text},
};

/// The lines of the manifest by kind, each with what the tests did with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Assignments: touched when they name a person of a test.
    pub assignments: Vec<Covered>,
    /// Roles: touched when somebody in scope has them.
    pub roles: Vec<Covered>,
    /// Filters of people: touched when they let somebody pass and stop somebody else.
    pub filters: Vec<Covered>,
    /// Mappings of people: touched when a test expects their value.
    pub mappings: Vec<Covered>,
}

/// A line of the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// What it is, for people.
    pub what: Text,
    /// Where it was written.
    pub place: Place,
    /// Tests that touched it; of a filter those whose person it let pass.
    pub touched: usize,
    /// Of a filter the tests whose person it stopped; nothing of the rest.
    pub stopped: Option<usize>,
}

impl Covered {
    fn new(what: String, place: &Place) -> Self {
        Self { what: what.into(), place: place.clone(), touched: 0, stopped: None }
    }

    /// What is not tested of it, if anything.
    pub fn lacks(&self) -> Option<&'static str> {
        match (self.touched, self.stopped) {
            (0, None | Some(0)) => Some("no test touches it"),
            (0, Some(_)) => Some("no test has somebody who passes it"),
            (_, Some(0)) => Some("no test has somebody whom it stops"),
            (_, None | Some(_)) => None,
        }
    }
}

/// A kind of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `assignments`
    Assignments,
    /// `roles`
    Roles,
    /// `filters`
    Filters,
    /// `mappings`
    Mappings,
}

impl Part {
    /// The key in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Part::Assignments => "assignments",
            Part::Roles => "roles",
            Part::Filters => "filters",
            Part::Mappings => "mappings",
        }
    }
}

impl Coverage {
    pub(super) fn of(manifest: &Manifest) -> Self {
        let roles = manifest.roles.iter().map(|role| Covered::new(format!("role {}", role.name), &role.place));
        let mappings = manifest.users.attributes.iter();
        Self {
            assignments: manifest.assignments.iter().map(|a| Covered::new(label(a), &a.place)).collect(),
            roles: roles.collect(),
            filters: manifest
                .user_filters
                .iter()
                .map(|filter| Covered {
                    stopped: Some(0),
                    ..Covered::new(format!("filter `{}`", filter.name), &filter.place)
                })
                .collect(),
            mappings: mappings
                .map(|mapping| Covered::new(format!("mapping {}", mapping.target), &mapping.place))
                .collect(),
        }
    }

    /// Everything, kind by kind.
    pub fn parts(&self) -> [(Part, &[Covered]); 4] {
        [
            (Part::Assignments, &self.assignments),
            (Part::Roles, &self.roles),
            (Part::Filters, &self.filters),
            (Part::Mappings, &self.mappings),
        ]
    }

    pub(super) fn touch(&mut self, manifest: &Manifest, user: &User, expected: &[&AttrPath]) {
        for assignment in &user.assignments {
            self.assignments[*assignment].touched += 1;
        }
        let reached_filters = match &user.standing {
            Standing::Entitled { roles, .. } => {
                for (covered, role) in self.roles.iter_mut().zip(&manifest.roles) {
                    covered.touched += usize::from(roles.contains(&role.name));
                }
                true
            }
            Standing::Out(cause) => cause.kind == CauseKind::Filter,
            Standing::Unclear(_) => false,
        };
        if reached_filters {
            let subject = Subject::new(user.person, false);
            for (covered, filter) in self.filters.iter_mut().zip(&manifest.user_filters) {
                if filter.passes(&subject) {
                    covered.touched += 1;
                } else {
                    covered.stopped = covered.stopped.map(|stopped| stopped + 1);
                }
            }
        }
        for (covered, mapping) in self.mappings.iter_mut().zip(&manifest.users.attributes) {
            covered.touched += usize::from(expected.contains(&&mapping.target));
        }
    }
}

/// `group SG-Sales as member`, `user ana@acme.example`.
pub(super) fn label(assignment: &Assignment) -> String {
    let who = match &assignment.principal {
        Principal::User(name) => format!("user {}", name.as_str()),
        Principal::Group { name, nested: false } => format!("group {name}"),
        Principal::Group { name, nested: true } => format!("group {name}, nested"),
        Principal::Entra => "the application in Entra".to_owned(),
    };
    assignment.role.as_ref().map_or_else(|| who.clone(), |role| format!("{who} as {role}"))
}
