//! Names that a reading came upon, for completion.

use crate::{
    dialpad::{Want, Wanted},
    directory::Directory,
    live::{Live, Tenant, tenant::Section},
    manifest::{
        Manifest, Source,
        vocabulary::{Heard, Noun},
    },
    names::Text,
};

/// The names that a plan's reading came upon.
pub fn of_plan(manifest: &Manifest, directory: &Directory, want: &Want, live: &Live) -> Vec<Heard> {
    let mut heard = Vec::new();
    match &manifest.source {
        // Files are at hand for whoever completes, and newer.
        Source::Files(_) => {}
        // Of Entra those were read that the manifest names.
        Source::Entra(_) => heard.extend(groups(directory, false)),
    }
    if let (Some(wanted), Some(tenant)) = (&want.tenant, &live.tenant) {
        heard.extend(of_tenant(wanted, tenant));
    }
    heard
}

/// The groups of a directory.
pub fn groups(directory: &Directory, is_whole: bool) -> Option<Heard> {
    let groups = directory.groups.items()?;
    Some(Heard::new(Noun::Group, groups.iter().map(|group| group.name.clone()), is_whole))
}

/// The names of a tenant, of what was wanted.
pub fn of_tenant(wanted: &Wanted, tenant: &Tenant) -> Vec<Heard> {
    let mut heard = Vec::new();
    let mut hear = |noun, section, was_read: bool, names: Vec<Text>| {
        let is_whole = !tenant.unread.contains_key(&section);
        // A part that failed may have listed some.
        if was_read && (is_whole || !names.is_empty()) {
            heard.push(Heard::new(noun, names, is_whole));
        }
    };
    let Wanted { offices, seats, departments, contact_centers, policies, channels, .. } = wanted;
    let names = tenant.offices.iter().map(|office| office.name.clone()).collect();
    hear(Noun::Office, Section::Offices, *offices || *seats, names);
    let names = tenant.departments.iter().map(|department| department.name.clone()).collect();
    hear(Noun::Department, Section::Departments, !departments.is_none(), names);
    let names = tenant.contact_centers.iter().map(|center| center.name.clone()).collect();
    hear(Noun::ContactCenter, Section::ContactCenters, !contact_centers.is_none(), names);
    let names = tenant.policies.iter().map(|policy| policy.name.clone()).collect();
    hear(Noun::Policy, Section::Policies, !policies.is_none(), names);
    let names = tenant.channels.iter().map(|channel| channel.name.clone()).collect();
    hear(Noun::Channel, Section::Channels, !channels.is_none(), names);
    heard
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dialpad::Part,
        live::tenant::{Channel, Office},
        names::ApiId,
    };

    #[test]
    fn a_list_that_was_not_read_is_not_heard_of_and_one_that_failed_is_a_part() {
        let office =
            Office { id: ApiId::from("1"), name: "London".into(), country: None, is_primary: true, free: None };
        let channel = Channel { id: ApiId::from("2"), name: "News".into(), members: None };
        let mut tenant = Tenant { offices: vec![office], channels: vec![channel], ..Tenant::default() };
        tenant.unread.insert(Section::Channels, "it said no".into());
        tenant.unread.insert(Section::Policies, "it said no".into());
        let wanted = Wanted {
            seats: true,
            contact_centers: Part::list(),
            policies: Part::list(),
            channels: Part::list(),
            ..Wanted::default()
        };
        let expected = [
            Heard::new(Noun::Office, ["London".into()], true),
            Heard::new(Noun::ContactCenter, [], true),
            Heard::new(Noun::Channel, ["News".into()], false),
        ];
        assert_eq!(of_tenant(&wanted, &tenant), expected);
    }
}
