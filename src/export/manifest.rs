//! The manifest's text.

use super::{
    Origin,
    attributes::Column,
    holdings::{At, Gives, Holdings, Source},
    naming::Named,
    roles::{Role, Roles, Where},
    table::OFFICE,
    target,
};
use crate::{
    live::Live,
    manifest::yaml::write::{Page, expression, key, scalar},
    names::{Post, count},
};

pub(super) const PATH: &str = "dialform.yaml";

/// What the text is made of.
pub(super) struct Parts<'p> {
    pub(super) people: &'static str,
    pub(super) columns: &'p [Column],
    pub(super) holdings: &'p Holdings,
    pub(super) roles: &'p Roles,
    pub(super) strangers: usize,
    pub(super) all_have_external_id: bool,
}

pub(super) fn text(origin: &Origin, live: &Live, parts: &Parts) -> String {
    let mut page = Page::default();
    let company =
        live.tenant.as_ref().and_then(|tenant| tenant.company.as_ref()).and_then(|company| company.name.as_ref());
    let company = company.or(live.service.company.as_ref()).map(|name| format!(" of {name}")).unwrap_or_default();
    page.comment(
        0,
        &format!("Made by `dialform export` from what Dialpad{company} holds. A plan of it has no changes;"),
    );
    page.comment(0, "from now on an edit here, or in the people's file, is what changes Dialpad.");
    page.line(0, "version: 1");
    page.line(0, &format!("name: {}", scalar(&origin.name)));
    page.gap();
    page.line(0, "source:");
    page.line(1, "files:");
    page.line(2, &format!("people: {}", parts.people));
    page.gap();
    target::target(&origin.target, &mut page);
    page.gap();
    page.comment(
        0,
        "people who have the same share a role; rename roles and groups as you like, here and in the people's file",
    );
    page.line(0, if parts.roles.all.is_empty() { "roles: {}" } else { "roles:" });
    for role in &parts.roles.all {
        one(role, parts.holdings, &mut page);
    }
    page.gap();
    page.line(0, if parts.roles.all.is_empty() { "assignments: []" } else { "assignments:" });
    for role in &parts.roles.all {
        page.line(1, &format!("- {{ group: {}, role: {} }}", scalar(&role.group), scalar(&role.name)));
    }
    mappings(parts, &mut page);
    page.gap();
    page.line(0, "safety:");
    page.comment(
        1,
        "only accounts that the state links are ours: those of the people's file. Nobody else is ever disabled",
    );
    if parts.strangers > 0 {
        let strangers = count(parts.strangers, "other account", "other accounts");
        page.comment(1, &format!("left as they are: {strangers} (`dialform plan --unmanaged`)"));
    }
    page.line(1, "ownership: linked");
    page.text
}

fn one(role: &Role, holdings: &Holdings, page: &mut Page) {
    page.line(1, &format!("{}:", scalar(&role.name)));
    page.comment(2, &format!("{} when it was exported", count(role.people, "person", "people")));
    page.line(2, &format!("description: {}", scalar(&role.words())));
    let Some(gives) = &role.gives else { return };
    let is_bare = *gives == Gives::default() && role.office == Where::Nowhere && holdings.settings.is_empty();
    if is_bare {
        return;
    }
    let Gives { license, office: _, contact_centers, departments, company_admin, office_admin, policies, channels } =
        gives;
    page.line(2, "grants:");
    if let Some(license) = license {
        page.line(3, &format!("license: {}", scalar(license.as_str())));
    }
    match &role.office {
        Where::Nowhere => {}
        Where::Always(office) => page.line(3, &format!("office: {}", scalar(office))),
        Where::By(offices) => {
            let map: Vec<String> = offices.iter().map(|office| format!("{0}: {0}", scalar(office))).collect();
            page.line(3, &format!("office: {{ attribute: {OFFICE}, map: {{ {} }}, otherwise: hold }}", map.join(", ")));
        }
    }
    list(page, "departments", departments.iter().map(|(named, post)| place(named, *post, None)));
    list(page, "contact_centers", contact_centers.iter().map(|(named, (post, skill))| place(named, *post, *skill)));
    if !office_admin.is_empty() {
        let offices: Vec<String> = office_admin.iter().map(|office| scalar(office)).collect();
        page.line(3, &format!("office_admin: [{}]", offices.join(", ")));
    }
    if *company_admin {
        page.line(3, "company_admin: true");
    }
    list(
        page,
        "policies",
        policies.iter().map(|(name, at)| {
            let at = match at {
                At::Company => "company".to_owned(),
                At::Office(office) => format!("{{ office: {} }}", scalar(office)),
                At::ContactCenter(center) => format!("{{ contact_center: {} }}", scalar(center)),
            };
            format!("{{ name: {}, at: {at} }}", scalar(name))
        }),
    );
    list(page, "channels", channels.iter().map(|name| scalar(name)));
    if !holdings.settings.is_empty() {
        page.line(3, "settings:");
        for setting in &holdings.settings {
            let (name, source) = setting.setting;
            page.line(4, &format!("{name}: {}", from(source)));
        }
    }
}

fn from(source: Source) -> String {
    match source {
        Source::Attribute(name) => format!("{{ attribute: {} }}", scalar(name)),
        Source::Expression(text) => format!("{{ expression: {} }}", expression(text)),
    }
}

fn list(page: &mut Page, name: &str, items: impl Iterator<Item = String>) {
    for (nth, item) in items.enumerate() {
        if nth == 0 {
            page.line(3, &format!("{name}:"));
        }
        page.line(4, &format!("- {item}"));
    }
}

fn place((name, office): &Named, post: Post, skill: Option<u8>) -> String {
    let office = office.as_ref().map(|office| format!(", office: {}", scalar(office))).unwrap_or_default();
    let skill = skill.map(|skill| format!(", skill: {skill}")).unwrap_or_default();
    format!("{{ name: {}{office}, as: {}{skill} }}", scalar(name), post.as_str())
}

fn mappings(parts: &Parts, page: &mut Page) {
    page.gap();
    page.line(0, "mappings:");
    page.line(1, "users:");
    page.line(2, "match: [userName]");
    page.line(2, "attributes:");
    page.line(3, "userName: { attribute: userPrincipalName }");
    if parts.all_have_external_id {
        page.line(3, "externalId: { attribute: objectId }");
    } else {
        page.comment(3, "not everybody has an external id, so only new accounts get one");
        page.line(3, "externalId: { attribute: objectId, apply: on_create }");
    }
    page.line(3, "active: { expression: 'Not([IsSoftDeleted])' }");
    for column in parts.columns {
        page.line(3, &format!("{}: {{ attribute: {} }}", key(column.path.as_str()), scalar(&column.name)));
    }
}
