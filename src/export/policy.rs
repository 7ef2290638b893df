//! A first file of tests: what each role gives, with somebody who does not exist.

use super::{
    roles::{Role, Roles, Where},
    table::OFFICE,
};
use crate::manifest::yaml::write::{Page, scalar};

pub(super) const PATH: &str = "tests/exported.yaml";

/// So many roles are tested; the file is a beginning.
const MOST: usize = 25;

pub(super) fn text(roles: &Roles) -> String {
    let mut page = Page::default();
    page.comment(
        0,
        "Made by `dialform export`: what the roles give, by people who do not exist. `dialform test` runs them.",
    );
    for role in roles.all.iter().take(MOST) {
        one(role, &mut page);
    }
    if roles.all.len() > MOST {
        page.comment(0, &format!("{} more roles are not tested here", roles.all.len() - MOST));
    }
    page.line(0, &format!("- name: {}", scalar("somebody without a group does not get Dialpad")));
    page.line(1, "person: { userPrincipalName: somebody@example.com }");
    page.line(1, "expect: { in_scope: false, because: unassigned }");
    page.text
}

fn one(role: &Role, page: &mut Page) {
    let office = match &role.office {
        Where::Nowhere => None,
        Where::Always(office) => Some(office),
        Where::By(offices) => offices.first(),
    };
    page.line(
        0,
        &format!("- name: {}", scalar(&format!("the role {} gives what it gave when it was exported", role.name))),
    );
    let column = match &role.office {
        Where::By(_) => office.map(|office| format!(", {OFFICE}: {}", scalar(office))).unwrap_or_default(),
        Where::Nowhere | Where::Always(_) => String::new(),
    };
    page.line(1, &format!("person: {{ userPrincipalName: somebody@example.com{column} }}"));
    page.line(1, &format!("groups: [{}]", scalar(&role.group)));
    let license = role.gives.as_ref().and_then(|gives| gives.license.as_ref());
    let license = license.map(|license| format!(", license: {}", scalar(license.as_str()))).unwrap_or_default();
    let office = office.map(|office| format!(", office: {}", scalar(office))).unwrap_or_default();
    page.line(1, &format!("expect: {{ in_scope: true, roles: [{}]{license}{office} }}", scalar(&role.name)));
}
