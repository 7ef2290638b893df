//! What becomes the manifest, before it is text; and what the files do not say.

use super::{
    Origin,
    at::At,
    directories,
    job::{self, Switches},
    object::{self, Actions, Object},
    recognise::Inputs,
    report::{Carried, Findings, Kind, quoted},
    roles::{self, Assigned, Roles},
    rules::Chosen,
};
use crate::{
    manifest::{Auth, Cloud},
    names::Text,
};

/// A manifest that is not text yet.
pub(super) struct Draft {
    pub(super) files: Vec<Text>,
    pub(super) name: String,
    /// The application's id and its name.
    pub(super) application: Option<(String, Option<String>)>,
    /// The tenant, where it is known.
    pub(super) tenant: Option<Text>,
    /// Which of Microsoft's clouds, where it is another than the public one.
    pub(super) cloud: Option<Cloud>,
    /// How to sign in, where that is known.
    pub(super) auth: Option<Auth>,
    pub(super) switches: Switches,
    pub(super) roles: Roles,
    pub(super) assigned: Assigned,
    pub(super) users: Option<Object>,
    pub(super) groups: Option<Object>,
}

impl Draft {
    /// Reads everything that was recognised.
    pub(super) fn of(inputs: &Inputs, chosen: &Chosen, origin: &Origin, findings: &mut Findings) -> Self {
        directories::read(&inputs.schema, findings);
        let mut users = chosen.users.as_ref().map(|at| object::object(at, "users", findings));
        let groups = chosen.groups.as_ref().map(|at| object::object(at, "groups", findings));
        match (&mut users, &chosen.users) {
            (Some(object), Some(at)) if !object.enabled => {
                let why = "the object mapping is off in Entra, so nothing is created, updated or deleted";
                object.actions = Actions::default();
                object.notes.push(format!("confirm: {why}"));
                let next = "set `create` and `update` under `mappings.users`";
                findings.add(Kind::Changed, "users_disabled", at, "the mapping of users".to_owned(), why, next);
            }
            (None, _) => {
                let next = "write `mappings.users`, and set `create` and `update`";
                let why = "no object mapping of the file is about users, so nothing is done to accounts";
                findings.absent(Kind::Confirm, "no_users", "the mapping of users", why, next);
            }
            _ => {}
        }
        let application = roles::application(&inputs.principals, findings);
        let name = application.as_ref().and_then(|(_, name)| name.as_deref()).or(chosen.target);
        let draft = Self {
            files: Vec::new(),
            name: job_name(name.unwrap_or_default()),
            tenant: origin.tenant.clone(),
            cloud: origin.cloud.or_else(|| cloud(&inputs.schema)).filter(|cloud| *cloud != Cloud::Public),
            auth: origin.auth.filter(|auth| *auth != Auth::Auto),
            switches: job::switches(inputs, findings),
            roles: roles::roles(inputs, findings),
            assigned: roles::assigned(inputs, findings),
            application,
            users,
            groups,
        };
        draft.unsaid(findings);
        draft
    }

    /// How many filters are carried over.
    pub(super) fn filters(&self) -> Carried {
        let each = [&self.users, &self.groups].into_iter().flatten().map(|object| object.filters.carried);
        each.fold(Carried::default(), |sum, one| Carried { carried: sum.carried + one.carried, all: sum.all + one.all })
    }

    /// What the files do not say: written in its safest form, and to be confirmed.
    fn unsaid(&self, findings: &mut Findings) {
        let mut say = |code, what: &str, why: &str, next: &str| findings.absent(Kind::Confirm, code, what, why, next);
        say(
            "enabled",
            "`enabled`",
            "it is false, so `plan` works and `apply` refuses",
            "set it to true when the plan is what you want and Entra's job is paused",
        );
        if self.tenant.is_none() {
            let why = "it stands in none of the files";
            say("tenant", "`source.entra.tenant`", why, "write the tenant's id or domain");
        }
        if self.application.is_none() {
            let next = "write the name or an id of the enterprise application, or import its service principal too";
            say("application", "`source.entra.application`", "it stands in none of the files", next);
        }
        if self.switches.url.is_none() {
            let why = "no Tenant URL was taken from the files; this is the one of Microsoft's tutorial";
            say("url", "`target.dialpad.scim.url`", why, "compare it with the portal's Tenant URL");
        }
        if self.switches.sync_all.is_none() {
            let why = "the files do not say it; only who is assigned is the narrower one";
            let next = "compare it with Scope in the portal: `everyone` for \"Sync all users and groups\"";
            say("scope", "`scope`", why, next);
        }
        if self.switches.skip_out_of_scope.is_none() {
            let why = "the files do not say it; `keep` disables nobody who merely left the scope";
            let next = "write `disable`, which is Entra's usual, unless the job has `SkipOutOfScopeDeletions`";
            say("on_out_of_scope", "`safety.on_out_of_scope`", why, next);
        }
        if !self.assigned.is_known || self.assigned.default_access > 0 {
            let why = match self.assigned.default_access {
                0 => "whether anybody has only Default Access is not in the files".to_owned(),
                number => format!("assignments with only Default Access: {number}"),
            };
            let next = "`include` if they have Dialpad today; Microsoft's pages contradict each other about it";
            say("default_access", "`default_access`", &why, next);
        }
        if [&self.users, &self.groups].into_iter().flatten().any(|object| object.filters.nobody) {
            let why = "no filter of the file is carried over, and without one everybody would pass; nobody does";
            say(
                "nobody_passes",
                "`filters`",
                why,
                "write the filters by hand, and take the one that nobody passes out",
            );
        }
    }
}

/// A name for the job, in letters that need no quotes.
fn job_name(name: &str) -> String {
    let name = if quoted(name) == name { name.to_lowercase() } else { String::new() };
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = name.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    match name.as_str() {
        "" => "dialpad".to_owned(),
        name if name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.len() > 5 => name.to_owned(),
        name => format!("dialpad-{name}"),
    }
}

/// The cloud, by the host that answered (Microsoft, "National cloud deployments").
fn cloud(schema: &At) -> Option<Cloud> {
    let context = schema.string("@odata.context")?.to_ascii_lowercase();
    let host = context.strip_prefix("https://")?.split('/').next()?;
    match host {
        "graph.microsoft.us" => Some(Cloud::UsGovernment),
        "dod-graph.microsoft.us" => Some(Cloud::UsDod),
        "microsoftgraph.chinacloudapi.cn" => Some(Cloud::China),
        _ => None,
    }
}
