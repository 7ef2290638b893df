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

#[cfg(test)]
mod tests {
    use super::{
        super::{Cause, Standing, build, fixture::*},
        *,
    };
    use crate::names::{Attributes, SourceId};

    fn to(who: &str, role: &str) -> AppRoleAssignment {
        let principal = match who.strip_prefix('+') {
            Some(group) => Member::Group(SourceId::new(format!("id-{group}"))),
            None => Member::Person(SourceId::new(format!("id-{who}"))),
        };
        AppRoleAssignment { principal, role: (!role.is_empty()).then(|| role.into()), name: who.into() }
    }

    fn scene(assigned: Vec<AppRoleAssignment>) -> (Manifest, Directory) {
        let role = |id: &str, value: Option<&str>, enabled| AppRole {
            id: id.into(),
            name: format!("{id} role").into(),
            value: value.map(Text::from),
            enabled,
        };
        let mut plain = group("plain", &["cy"]);
        plain.attributes = [("securityEnabled".into(), Value::Boolean(false))].into_iter().collect::<Attributes>();
        let people = ["ana", "bo", "cy", "di"].map(|name| person(name, &[])).into();
        let mut directory = directory(people, vec![group("all", &["ana", "bo"]), plain]);
        directory.application = Some(Application {
            name: "Dialpad".into(),
            roles: vec![
                role("r1", Some("Member"), true),
                role("r2", None, true),
                role("r3", Some("supervisor"), false),
                role("r4", Some("agent"), true),
            ],
            assigned,
        });
        let mut manifest = manifest();
        let line = Assignment { principal: Principal::Entra, role: None, from: None, until: None, place: at(10) };
        manifest.assignments = vec![assign("di@acme.example", "supervisor", 9), line];
        (manifest, directory)
    }

    fn told((manifest, directory): &(Manifest, Directory), name: &str) -> String {
        let desired = build(manifest, directory, noon("2027-01-01"));
        let line = |cause: &Cause| cause.place.as_ref().map_or(0, |place| place.line);
        match &desired.user(&SourceId::new(format!("id-{name}"))).unwrap().standing {
            Standing::Entitled { cause, roles } => {
                let roles: Vec<&str> = roles.iter().map(RoleName::as_str).collect();
                format!("{} by {} on {}", roles.join("+"), cause.text, line(cause))
            }
            Standing::Out(cause) => format!("out, {} on {}", cause.text, line(cause)),
            Standing::Unclear(cause) => format!("unclear, {} on {}", cause.text, line(cause)),
        }
    }

    #[test]
    fn assignments_of_entra_are_united_with_those_of_the_manifest() {
        let scene = scene(vec![to("+all", "r1"), to("di", "R1")]);
        assert_eq!(told(&scene, "ana"), "member by group all as member, in Entra on 10");
        assert_eq!(told(&scene, "di"), "supervisor+member by user di@acme.example as supervisor on 9");
        assert_eq!(told(&scene, "cy"), "out, not named by an assignment, and not assigned to Dialpad in Entra on 10");
        let desired = build(&scene.0, &scene.1, noon("2027-01-01"));
        assert_eq!(desired.user(&"id-di".into()).unwrap().assignments, [0, 1]);
    }

    #[test]
    fn a_role_that_is_unknown_or_disabled_is_a_mistake_and_not_a_leaver() {
        for (role, said) in [
            ("r3", "the app role `supervisor`, which is disabled"),
            ("r4", "the app role `agent`, which no role of the manifest names"),
            ("r2", "the app role `r2 role`, which no role of the manifest names"),
            ("r9", "the app role r9, which the application no longer has"),
        ] {
            let scene = scene(vec![to("ana", role)]);
            assert_eq!(told(&scene, "ana"), format!("unclear, user ana@acme.example, in Entra: {said} on 10"));
        }
        // Another assignment that counts is enough.
        assert!(told(&scene(vec![to("ana", "r3"), to("+all", "r1")]), "ana").starts_with("member by group all"));
    }

    #[test]
    fn a_role_without_a_value_is_called_by_its_name_and_without_roles_any_will_do() {
        let mut named = scene(vec![to("ana", "r2")]);
        named.0.roles[1].app_role = Some("r2 role".into());
        assert_eq!(told(&named, "ana"), "member by user ana@acme.example as member, in Entra on 10");
        let mut none = scene(vec![to("ana", "r4"), to("bo", "r3")]);
        none.0.roles.clear();
        none.0.assignments.remove(0);
        assert_eq!(told(&none, "ana"), " by user ana@acme.example, in Entra on 10");
        assert!(told(&none, "bo").starts_with("unclear"));
        assert_eq!(told(&none, "cy"), "out, not assigned to Dialpad in Entra on 10");
    }

    #[test]
    fn default_access_counts_only_where_the_manifest_includes_it() {
        let mut scene = scene(vec![to("+all", ""), to("ana", "r1")]);
        let out = "out, group all, in Entra: Default Access alone, which counts only with \
                   `default_access: include` on 10";
        assert_eq!(told(&scene, "bo"), out);
        assert!(told(&scene, "ana").starts_with("member by"));
        let notes = build(&scene.0, &scene.1, noon("2027-01-01")).notes;
        assert!(notes.iter().any(|note| &*note.code == "default_access" && note.message.contains("1 assignment")));
        scene.0.default_access = DefaultAccess::Include;
        assert_eq!(told(&scene, "bo"), " by group all, in Entra on 10");
    }

    #[test]
    fn a_group_that_is_not_security_enabled_is_a_mistake() {
        let scene = scene(vec![to("+plain", "r1")]);
        let said = "unclear, group plain as member, in Entra: the group is not security-enabled, \
                    and Entra does not provision from such on 10";
        assert_eq!(told(&scene, "cy"), said);
    }
}
