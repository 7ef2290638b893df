//! Which file is what, by what stands in it.

use super::{
    Refused,
    at::At,
    json::Document,
    report::{Findings, Kind, Read},
};

/// What was found in the files.
pub(super) struct Inputs<'a> {
    pub(super) schema: At<'a>,
    pub(super) jobs: Vec<At<'a>>,
    /// Name and value of the job's settings.
    pub(super) settings: Vec<At<'a>>,
    /// Key and value of the job's secrets, which also hold some switches.
    pub(super) secrets: Vec<At<'a>>,
    pub(super) principals: Vec<At<'a>>,
    pub(super) app_roles: Vec<At<'a>>,
    pub(super) assignments: Vec<At<'a>>,
    pub(super) read: Vec<Read>,
}

/// What one object is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Schema,
    Job,
    Setting,
    Secret,
    Principal,
    AppRole,
    Assignment,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            What::Schema => "schema",
            What::Job => "job",
            What::Setting => "settings",
            What::Secret => "secrets",
            What::Principal => "service principal",
            What::AppRole => "app roles",
            What::Assignment => "assignments",
        }
    }
}

const EXPORT: &str = "in the portal: Attribute mapping → Show advanced options → Review your schema here → Download; \
or the answer of `GET /servicePrincipals/{id}/synchronization/jobs/{id}/schema`";

/// Takes the documents apart.
pub(super) fn recognise<'a>(documents: &'a [Document], findings: &mut Findings) -> Result<Inputs<'a>, Vec<Refused>> {
    let mut found: Vec<(What, At)> = Vec::new();
    let (mut read, mut refused) = (Vec::new(), Vec::new());
    for document in documents {
        let before = found.len();
        let root = At::root(document);
        collect(&root, 0, &mut found, findings);
        let mut holds: Vec<&'static str> = Vec::new();
        for (what, _) in &found[before..] {
            if !holds.contains(&what.name()) {
                holds.push(what.name());
            }
        }
        if holds.is_empty() {
            let is_empty_list = root.get("value").is_some_and(|list| list.is_empty()) || root.is_empty();
            if is_empty_list {
                let next = "if it should hold something, ask for it again with the permission to read it";
                findings.add(Kind::Noted, "empty_file", &root, "an empty answer".to_owned(), "it holds nothing", next);
            } else {
                refused.push(unknown(&root));
            }
        }
        read.push(Read { file: document.file.clone(), holds });
    }
    let of = |wanted: What| -> Vec<At<'a>> {
        found.iter().filter(|(what, _)| *what == wanted).map(|(_, at)| at.clone()).collect()
    };
    let mut schemas = of(What::Schema);
    // A job may carry the schema that is there a second time as a file.
    schemas.dedup_by(|one, two| one.json == two.json);
    if schemas.is_empty() && refused.is_empty() {
        let file = documents.first().map_or("", |document| &document.file);
        refused.push(Refused::new(file, "", "no file holds a synchronization schema", EXPORT));
    }
    for second in schemas.iter().skip(1) {
        let message = format!("this is a second schema; the first is in `{}`", schemas[0].file);
        refused.push(Refused::at(second, message, "import one job at a time"));
    }
    let schema = match schemas.into_iter().next() {
        Some(schema) if refused.is_empty() => schema,
        _ => return Err(refused),
    };
    let (jobs, settings, secrets) = (of(What::Job), of(What::Setting), of(What::Secret));
    let (principals, app_roles, assignments) = (of(What::Principal), of(What::AppRole), of(What::Assignment));
    Ok(Inputs { schema, jobs, settings, secrets, principals, app_roles, assignments, read })
}

/// Looks into the wrappers of OData: `value` of a list, and a list without one.
fn collect<'a>(at: &At<'a>, depth: usize, found: &mut Vec<(What, At<'a>)>, findings: &mut Findings) {
    if at.members().iter().any(|(name, next)| name.ends_with("nextLink") && !next.is_empty()) {
        let next = "ask for all pages, and put their `value` lists together";
        let why = "the list goes on where `nextLink` points";
        findings.add(Kind::NotCarried, "more_pages", at, "the rest of a list".to_owned(), why, next);
    }
    if let Some(items) = at.items() {
        if depth < 2 {
            items.iter().for_each(|item| collect(item, depth + 1, found, findings));
        }
        return;
    }
    match what(at) {
        Some(what) => found.push((what, at.clone())),
        None => {
            if let Some(value) = at.get("value").filter(|value| depth < 2 && value.items().is_some()) {
                return collect(&value, depth + 1, found, findings);
            }
        }
    }
    match what(at) {
        Some(What::Job) => {
            found.extend(at.list("synchronizationJobSettings").into_iter().map(|setting| (What::Setting, setting)));
            found.extend(at.get("schema").filter(|schema| is_schema(schema)).map(|schema| (What::Schema, schema)));
        }
        Some(What::Principal) => {
            found.extend(at.list("appRoles").into_iter().map(|role| (What::AppRole, role)));
            found.extend(at.list("appRoleAssignedTo").into_iter().map(|line| (What::Assignment, line)));
        }
        _ => {}
    }
}

fn is_schema(at: &At) -> bool {
    at.get("synchronizationRules").is_some()
}

fn what(at: &At) -> Option<What> {
    let has = |name: &str| at.get(name).is_some();
    let has_member = |name: &str| at.members().iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
    if is_schema(at) {
        Some(What::Schema)
    } else if has("principalId") && has("appRoleId") {
        Some(What::Assignment)
    } else if has("appRoles") || has("appId") {
        Some(What::Principal)
    } else if has("synchronizationJobSettings") || has("schedule") || has("templateId") && has("status") {
        Some(What::Job)
    } else if has("allowedMemberTypes") {
        Some(What::AppRole)
    } else if has("key") && has_member("value") {
        Some(What::Secret)
    } else if has("name") && has_member("value") {
        Some(What::Setting)
    } else {
        None
    }
}

/// A document that is nothing we know, with what it seems to be.
fn unknown(root: &At) -> Refused {
    if let Some(error) = root.get("error") {
        let message = match error.string("message").or_else(|| error.string("code")) {
            Some(text) => format!("this is an error of Microsoft Graph: {}", super::report::quoted(text)),
            None => "this is an error of Microsoft Graph".to_owned(),
        };
        return Refused::at(&error, message, "ask again with the permission `Synchronization.Read.All`");
    }
    if root.members().iter().any(|(name, _)| name.eq_ignore_ascii_case("synchronizationRules")) {
        return Refused::at(root, "the schema has no synchronization rules", EXPORT);
    }
    let message = match root.get("directories").or_else(|| root.get("objectMappings")) {
        Some(_) => "this is a part of a schema, without its `synchronizationRules`",
        None => "this is neither a schema nor a job, an application, settings or assignments",
    };
    Refused::at(root, message, EXPORT)
}
