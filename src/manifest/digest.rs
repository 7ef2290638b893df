//! The digest of a manifest's meaning.
//!
//! What is not named here does not count: places, comments, the order of keys.
//! Structures are taken apart whole, so that a new field has to decide.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::{
    Api, Assignment, Budget, Budgets, Dialpad, Entra, Files, Filter, Grants, GroupFiles, GroupMappings, Manifest,
    Mapping, MappingSource, Principal, Protected, Role, Safety, Sandbox, Scim, Scope, SecretRef, Source, StateUrl,
    Target, UserMappings, paths,
};
use crate::names::Text;

/// SHA-256 in hex. Paths count as seen from the manifest's folder, so that it does
/// not matter where the command runs.
pub(super) fn of(manifest: &Manifest, folder: &str) -> Text {
    let mut lines = Lines { text: String::new(), folder };
    lines.manifest(manifest);
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(lines.text.as_bytes()) {
        // Writing into a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex.into()
}

struct Lines<'a> {
    text: String,
    folder: &'a str,
}

impl Lines<'_> {
    /// One fact. The parts are quoted, so that no two facts look alike.
    fn add(&mut self, name: &str, value: impl std::fmt::Debug) {
        let _ = writeln!(self.text, "{name} {value:?}");
    }

    fn path(&mut self, name: &str, path: &str) {
        self.add(name, paths::seen_from(self.folder, path));
    }

    fn manifest(&mut self, manifest: &Manifest) {
        let Manifest {
            name,
            enabled,
            timezone,
            pilot,
            source,
            target,
            scope,
            default_access,
            roles,
            assignments,
            user_filters,
            group_filters,
            users,
            groups,
            grants,
            safety,
            // Whom to tell changes no plan.
            notify: _,
            state,
            // When it is planned changes no plan.
            run: _,
            digest: _,
        } = manifest;
        self.add("name", name);
        self.add("enabled", enabled.value);
        self.add("timezone", timezone.iana_name());
        for person in pilot {
            self.add("pilot", person.value.as_str());
        }
        self.source(source);
        self.target(target);
        self.add("scope everyone", matches!(scope.value, Scope::Everyone));
        self.add("default access", default_access);
        for role in roles {
            self.role(role);
        }
        self.add("grants", grants);
        for Assignment { principal, role, from, until, place: _ } in assignments {
            let who = match principal {
                Principal::User(name) => ("user", name.as_str().to_owned(), false),
                Principal::Group { name, nested } => ("group", name.to_string(), *nested),
                Principal::Entra => ("entra", String::new(), false),
            };
            self.add("assignment", (who, role.as_ref().map(|role| role.as_str()), from, until));
        }
        self.filters("user filter", user_filters);
        self.filters("group filter", group_filters);
        self.users(users);
        self.groups(groups);
        self.safety(safety);
        match &state.value {
            StateUrl::Folder(folder) => self.path("state", folder),
            StateUrl::Objects { url, beside: _ } => self.add("state in objects", url),
        }
    }

    fn source(&mut self, source: &Source) {
        let Files { people, groups } = match source {
            Source::Files(files) => files,
            Source::Entra(Entra { tenant, application, cloud, auth }) => {
                let (tenant, application) = (&tenant.value, &application.value);
                return self.add("entra", (tenant, application, cloud, auth.value));
            }
        };
        self.path("people", &people.value);
        match groups {
            GroupFiles::None => {}
            GroupFiles::One(file) => self.path("groups", &file.value),
            GroupFiles::PerGroup(files) => {
                for (name, file) in files {
                    self.add("group", name);
                    self.path("group file", &file.value);
                }
            }
        }
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::Dialpad(Dialpad { url, token, scim, company, api }) => {
                self.add("dialpad", &url.value);
                self.secret("token", &token.value);
                self.scim(scim);
                self.add("company", company.as_ref().map(|company| &company.value));
                if let Some(api) = api {
                    let Api { url, key, expires: _, rate, owner } = &**api;
                    let owner = owner.as_ref().map(|owner| owner.value.as_str());
                    self.add("api", (&url.value, rate, owner));
                    self.secret("key", &key.value);
                }
            }
            Target::Sandbox(Sandbox { folder, scim, tenant }) => {
                self.path("sandbox", folder);
                self.scim(scim);
                if let Some(tenant) = tenant {
                    self.path("tenant", &tenant.value);
                }
            }
        }
    }

    fn scim(&mut self, scim: &Scim) {
        let Scim { rate, concurrency, patch, members, manager, read, page_size, members_per_request } = scim;
        self.add("scim", (rate, concurrency, patch, members, manager, read, page_size, members_per_request));
    }

    fn secret(&mut self, name: &str, secret: &SecretRef) {
        match secret {
            SecretRef::Env(variable) => self.add(&format!("{name} env"), variable),
            SecretRef::File(file) => self.path(&format!("{name} file"), file),
            SecretRef::Command(command) => self.add(&format!("{name} command"), command),
        }
    }

    fn role(&mut self, role: &Role) {
        let Role { name, description, app_role, grants, place: _ } = role;
        self.add("role", (name.as_str(), description, app_role));
        let Grants {
            license,
            office,
            departments,
            contact_centers,
            office_admin,
            company_admin,
            policies,
            channels,
            settings,
        } = grants;
        self.add("license", license.as_ref().map(|license| &license.value));
        self.add("office", office.as_ref().map(|office| &office.value));
        departments.iter().for_each(|grant| self.add("department", &grant.value));
        contact_centers.iter().for_each(|grant| self.add("contact center", &grant.value));
        self.add("office admin", office_admin.as_ref().map(|offices| &offices.value));
        self.add("company admin", company_admin.is_some());
        policies.iter().for_each(|grant| self.add("policy", &grant.value));
        channels.iter().for_each(|grant| self.add("channel", &grant.value));
        let settings: Vec<Mapping> = settings.iter().map(|setting| setting.mapping.clone()).collect();
        self.mappings(&[], &settings);
    }

    fn filters(&mut self, kind: &str, filters: &[Filter]) {
        for Filter { name, clauses, place: _ } in filters {
            self.add(kind, name);
            for clause in clauses {
                let value = clause.value.as_ref().filter(|_| clause.operator.takes_value());
                self.add("clause", (&clause.attribute, clause.operator, value));
            }
        }
    }

    fn users(&mut self, users: &UserMappings) {
        let UserMappings { create, update, delete, delete_after, matching, attributes, place: _ } = users;
        self.add("users", (create, update, delete, delete_after));
        self.mappings(matching, attributes);
    }

    fn groups(&mut self, groups: &GroupMappings) {
        let GroupMappings {
            enabled,
            create,
            update,
            delete,
            matching,
            attributes,
            members,
            on_rename,
            membership,
            place: _,
        } = groups;
        self.add("groups", (enabled, create, update, delete, members.is_some(), on_rename, membership));
        self.mappings(matching, attributes);
    }

    fn mappings(&mut self, matching: &[crate::names::AttrPath], attributes: &[Mapping]) {
        for path in matching {
            self.add("match", path.key());
        }
        // The order of mappings means nothing.
        let mut sorted: Vec<&Mapping> = attributes.iter().collect();
        sorted.sort_by(|one, two| one.target.cmp(&two.target));
        for Mapping { target, source, default, apply, when_empty, place: _ } in sorted {
            let source = match source {
                MappingSource::Attribute(name) => ("attribute", name.to_string()),
                MappingSource::Constant(value) => ("constant", format!("{value:?}")),
                MappingSource::Expression(expression) => ("expression", expression.to_string()),
                MappingSource::None => ("none", String::new()),
            };
            self.add("mapping", (target.key(), source, default, apply, when_empty));
        }
    }

    fn safety(&mut self, safety: &Safety) {
        let Safety { budgets, protect, ownership, on_out_of_scope, seats, place: _ } = safety;
        let Budgets { creates, adopts, enables, withdrawals, disables, deletes, member_removals, updates } = budgets;
        for budget in [creates, adopts, enables, withdrawals, disables, deletes, member_removals, updates] {
            let Budget { max, percent } = budget;
            self.add("budget", (max, percent));
        }
        for line in protect {
            match line {
                Protected::User { name, place: _ } => self.add("protect user", name.as_str()),
                Protected::Group { name, place: _ } => self.add("protect group", name),
                Protected::MembersOf { group, place: _ } => self.add("protect members", group),
            }
        }
        self.add("ownership", (ownership, on_out_of_scope, seats));
    }
}
