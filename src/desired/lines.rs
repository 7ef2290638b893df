//! The assignments, one a line: those of the manifest, and where it says `{ entra: true }`
//! those of the application in Entra in place of that line.

use std::collections::BTreeMap;

use super::index::{Found, Index};
use crate::{
    directory::{AppRole, AppRoleAssignment, Application, Directory, Member},
    manifest::{Assignment, DefaultAccess, Manifest, Principal},
    names::{Folded, Place, RoleName, Text, Value, count, eq_fold},
};

/// Why an assignment of Entra does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NotCounted {
    /// It carries Default Access alone, which the manifest excludes.
    DefaultAccess,
    /// Its role or its group is not one that can be meant.
    Mistake(Text),
}

/// Assignments of the manifest and of Entra.
pub(super) struct Lines {
    /// In the manifest's order.
    pub all: Vec<Assignment>,
    /// For each its position in the manifest.
    origin: Vec<usize>,
    /// Whether it stands in Entra.
    entra: Vec<bool>,
    /// Why it does not count, if so.
    not_counted: Vec<Option<NotCounted>>,
    /// The name of the application, and the line that asks for its assignments.
    application: Option<(Text, Place)>,
}

impl Lines {
    pub fn new(manifest: &Manifest, directory: &Directory, index: &Index) -> Self {
        let mut lines = Self {
            all: Vec::with_capacity(manifest.assignments.len()),
            origin: Vec::new(),
            entra: Vec::new(),
            not_counted: Vec::new(),
            application: None,
        };
        for (at, assignment) in manifest.assignments.iter().enumerate() {
            match (&assignment.principal, &directory.application) {
                (Principal::Entra, Some(application)) => {
                    lines.application = Some((application.name.clone(), assignment.place.clone()));
                    for assigned in &application.assigned {
                        lines.of_entra(at, manifest, assignment, application, assigned, index);
                    }
                }
                // A source without an application, or a test of the manifest.
                (Principal::Entra, None) => {}
                (Principal::User(_) | Principal::Group { .. }, _) => lines.push(at, assignment.clone(), false, None),
            }
        }
        lines
    }

    fn push(&mut self, origin: usize, assignment: Assignment, entra: bool, not_counted: Option<NotCounted>) {
        self.all.push(assignment);
        self.origin.push(origin);
        self.entra.push(entra);
        self.not_counted.push(not_counted);
    }

    fn of_entra(
        &mut self,
        at: usize,
        manifest: &Manifest,
        line: &Assignment,
        application: &Application,
        assigned: &AppRoleAssignment,
        index: &Index,
    ) {
        let principal = match &assigned.principal {
            Member::Person(id) => Principal::User(Folded::new(id.as_str())),
            Member::Group(id) => Principal::Group { name: id.text().clone(), nested: false },
        };
        let (role, not_counted) = match role(manifest, application, assigned.role.as_ref()) {
            Ok(role) => (role, not_security_enabled(&principal, index).map(NotCounted::Mistake)),
            Err(why) => (None, Some(why)),
        };
        self.push(at, Assignment { principal, role, ..line.clone() }, true, not_counted);
    }

    /// Positions in the manifest, each once.
    pub fn in_manifest(&self, lines: &[usize]) -> Vec<usize> {
        let mut positions: Vec<usize> = lines.iter().map(|at| self.origin[*at]).collect();
        positions.dedup();
        positions
    }

    /// Whether an assignment stands in Entra.
    pub fn is_entra(&self, at: usize) -> bool {
        self.entra[at]
    }

    /// Whether an assignment entitles anybody.
    pub fn counts(&self, at: usize) -> bool {
        self.not_counted[at].is_none()
    }

    /// Whether it does not count because it is Default Access alone.
    pub fn is_default_access(&self, at: usize) -> bool {
        self.not_counted[at] == Some(NotCounted::DefaultAccess)
    }

    /// Why it does not count.
    pub fn said_of(&self, at: usize) -> Option<&str> {
        Some(match self.not_counted[at].as_ref()? {
            NotCounted::DefaultAccess => "Default Access alone, which counts only with `default_access: include`",
            NotCounted::Mistake(said) => said,
        })
    }

    /// The application's name and the line that asks for its assignments.
    pub fn application(&self) -> Option<(&Text, &Place)> {
        self.application.as_ref().map(|(name, place)| (name, place))
    }

    /// How many assignments of Entra do not count, by why: line, code and message.
    pub fn notes(&self) -> Vec<(usize, &'static str, String)> {
        let mut kinds: BTreeMap<(usize, &'static str, &str), (usize, usize)> = BTreeMap::new();
        for (at, why) in self.not_counted.iter().enumerate() {
            let (Some(why), Some(said)) = (why, self.said_of(at)) else { continue };
            let code = match why {
                NotCounted::DefaultAccess => "default_access",
                NotCounted::Mistake(_) => "unknown_role",
            };
            kinds.entry((self.origin[at], code, said)).or_insert((at, 0)).1 += 1;
        }
        let note = |((_, code, said), (at, n)): ((usize, &'static str, &str), (usize, usize))| {
            (at, code, format!("{} in Entra: {said}", count(n, "assignment", "assignments")))
        };
        kinds.into_iter().map(note).collect()
    }
}

/// The declared role of an assignment of Entra; none where the manifest declares none.
fn role(manifest: &Manifest, application: &Application, id: Option<&Text>) -> Result<Option<RoleName>, NotCounted> {
    let Some(id) = id else {
        return match manifest.default_access {
            DefaultAccess::Include => Ok(None),
            DefaultAccess::Exclude => Err(NotCounted::DefaultAccess),
        };
    };
    let mistake = |said: String| Err(NotCounted::Mistake(said.into()));
    let Some(found) = application.roles.iter().find(|role| eq_fold(&role.id, id)) else {
        return mistake(format!("the app role {id}, which the application no longer has"));
    };
    let called = found.value.as_ref().unwrap_or(&found.name);
    if !found.enabled {
        return mistake(format!("the app role `{called}`, which is disabled"));
    }
    if manifest.roles.is_empty() {
        return Ok(None);
    }
    match manifest
        .roles
        .iter()
        .find(|declared| is_meant(declared.app_role.as_ref().unwrap_or(declared.name.text()), found))
    {
        Some(declared) => Ok(Some(declared.name.clone())),
        None => mistake(format!("the app role `{called}`, which no role of the manifest names")),
    }
}

/// An app role is called by its value, or where it has none by its name.
fn is_meant(name: &str, role: &AppRole) -> bool {
    eq_fold(name, role.value.as_ref().unwrap_or(&role.name))
}

/// Entra provisions only from groups that are security-enabled.
fn not_security_enabled(principal: &Principal, index: &Index) -> Option<Text> {
    let Principal::Group { name, .. } = principal else { return None };
    let Found::One(at) = index.group(name) else { return None };
    let disabled = index.groups[at].attributes.get("securityEnabled") == Some(&Value::Boolean(false));
    disabled.then(|| "the group is not security-enabled, and Entra does not provision from such".into())
}
