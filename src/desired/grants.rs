//! What a person's roles give beyond SCIM: sets united, single values by the order of the roles.

use crate::{
    directory::Person,
    expr::Lookup,
    manifest::{
        Choice, ContactCenterGrant, DepartmentGrant, Grants, Manifest, MappingSource, OfficeAdmin, PolicyAt,
        PolicyGrant, SettingGrant,
    },
    names::{Folded, License, Place, Post, RoleName, Text, fold},
};

use super::Subject;

/// What one person is to have, each with the role that gives it.
#[derive(Clone, Debug, Default)]
pub struct Granted<'m> {
    /// The licence.
    pub license: Option<Single<'m, License>>,
    /// The office, by name.
    pub office: Option<Single<'m, Text>>,
    /// Departments to operate, each once.
    pub departments: Vec<Given<'m, DepartmentGrant>>,
    /// Contact centers to operate, each once.
    pub contact_centers: Vec<Given<'m, ContactCenterGrant>>,
    /// Offices to administer.
    pub office_admin: Vec<Given<'m, OfficeAdmin>>,
    /// Whether the company is administered, and which line says so.
    pub company_admin: Option<(&'m RoleName, &'m Place)>,
    /// Policies.
    pub policies: Vec<Given<'m, PolicyGrant>>,
    /// Channels, by name.
    pub channels: Vec<Given<'m, Text>>,
    /// Settings, each once.
    pub settings: Vec<(&'m RoleName, &'m SettingGrant)>,
}

impl Granted<'_> {
    /// Whether no role gives anything.
    pub fn is_empty(&self) -> bool {
        let Self {
            license,
            office,
            departments,
            contact_centers,
            office_admin,
            company_admin,
            policies,
            channels,
            settings,
        } = self;
        license.is_none()
            && office.is_none()
            && departments.is_empty()
            && contact_centers.is_empty()
            && office_admin.is_empty()
            && company_admin.is_none()
            && policies.is_empty()
            && channels.is_empty()
            && settings.is_empty()
    }
}

impl Granted<'_> {
    /// What it comes to in words, for comparing two manifests: what is given, as what, and the line.
    pub fn lines(&self) -> Vec<(Text, Text, Place)> {
        let mut lines: Vec<(Text, Text, Place)> = Vec::new();
        let mut add = |what: String, text: Text, place: &Place| lines.push((what.into(), text, place.clone()));
        fn chosen<T>(single: &Single<T>, text: impl Fn(&T) -> Text) -> Text {
            match &single.value {
                Picked::Value(value) => text(value),
                Picked::Silent { attribute, value: Some(value) } => {
                    format!("held: `{attribute}` is \"{value}\"").into()
                }
                Picked::Silent { attribute, value: None } => format!("held: `{attribute}` is empty").into(),
            }
        }
        if let Some(single) = &self.license {
            add("licence".into(), chosen(single, |license| license.product().into()), single.place);
        }
        if let Some(single) = &self.office {
            add("office".into(), chosen(single, Text::clone), single.place);
        }
        for Given { value, place, .. } in &self.departments {
            add(format!("department {}", value.name), value.post.as_str().into(), place);
        }
        for Given { value, place, .. } in &self.contact_centers {
            add(format!("contact center {}", value.name), post_text(value.post, value.skill), place);
        }
        for Given { value, place, .. } in &self.office_admin {
            let offices = match value {
                OfficeAdmin::Own => "their own".into(),
                OfficeAdmin::Named(names) => names.iter().map(|name| &**name).collect::<Vec<_>>().join(", ").into(),
            };
            add("office administration".into(), offices, place);
        }
        if let Some((_, place)) = self.company_admin {
            add("company administration".into(), "yes".into(), place);
        }
        for Given { value, place, .. } in &self.policies {
            let at = match &value.at {
                PolicyAt::Company => "the company".into(),
                PolicyAt::Office(name) => format!("office {name}").into(),
                PolicyAt::ContactCenter(name) => format!("contact center {name}").into(),
            };
            add(format!("policy {}", value.name), at, place);
        }
        for Given { value, place, .. } in &self.channels {
            add(format!("channel {value}"), "member".into(), place);
        }
        for (_, grant) in &self.settings {
            let source = match &grant.mapping.source {
                MappingSource::Attribute(name) => format!("[{name}]"),
                MappingSource::Constant(value) => value.to_string(),
                MappingSource::Expression(expression) => expression.text().to_string(),
                MappingSource::None => "left alone".to_owned(),
            };
            add(format!("setting {}", grant.setting.name()), source.into(), &grant.mapping.place);
        }
        lines
    }
}

/// Something that a role gives.
#[derive(Clone, Copy, Debug)]
pub struct Given<'m, T> {
    /// What.
    pub value: &'m T,
    /// The role.
    pub role: &'m RoleName,
    /// The line of the role.
    pub place: &'m Place,
}

/// A value of which there is one: that of the role declared first.
#[derive(Clone, Debug)]
pub struct Single<'m, T> {
    /// What it is, or why it is not known.
    pub value: Picked<'m, T>,
    /// The role whose value counts.
    pub role: &'m RoleName,
    /// The line of the role.
    pub place: &'m Place,
    /// Roles of the person that would give something else.
    pub beaten: Vec<&'m RoleName>,
}

/// A value, or the attribute that the role's map does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked<'m, T> {
    /// The value.
    Value(&'m T),
    /// The map is silent about what the person's attribute holds, and `otherwise` says `hold`.
    Silent {
        /// The attribute.
        attribute: &'m Text,
        /// What it holds, if anything.
        value: Option<Text>,
    },
}

/// What a person with these roles is to have. `roles` come in the order of the manifest.
pub fn granted<'m>(manifest: &'m Manifest, person: &Person, roles: &[RoleName]) -> Granted<'m> {
    let mut granted = Granted::default();
    let subject = Subject::new(person, false);
    for role in roles {
        let Some(declared) = manifest.roles.iter().find(|declared| declared.name == *role) else { continue };
        add(&mut granted, &declared.name, &declared.grants, &subject);
    }
    granted
}

fn add<'m>(granted: &mut Granted<'m>, role: &'m RoleName, grants: &'m Grants, subject: &Subject) {
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
    if let Some(license) = license {
        single(&mut granted.license, role, &license.value, &license.place, subject);
    }
    if let Some(office) = office {
        single(&mut granted.office, role, &office.value, &office.place, subject);
    }
    for grant in departments {
        let same = |other: &Given<DepartmentGrant>| key(&other.value.name, &other.value.office);
        if !granted.departments.iter().any(|other| same(other) == key(&grant.value.name, &grant.value.office)) {
            granted.departments.push(Given { value: &grant.value, role, place: &grant.place });
        }
    }
    for grant in contact_centers {
        let same = |other: &Given<ContactCenterGrant>| key(&other.value.name, &other.value.office);
        if !granted.contact_centers.iter().any(|other| same(other) == key(&grant.value.name, &grant.value.office)) {
            granted.contact_centers.push(Given { value: &grant.value, role, place: &grant.place });
        }
    }
    if let Some(offices) = office_admin {
        granted.office_admin.push(Given { value: &offices.value, role, place: &offices.place });
    }
    if let (Some(place), None) = (company_admin, granted.company_admin) {
        granted.company_admin = Some((role, place));
    }
    for grant in policies {
        if !granted.policies.iter().any(|other| *other.value == grant.value) {
            granted.policies.push(Given { value: &grant.value, role, place: &grant.place });
        }
    }
    for channel in channels {
        if !granted.channels.iter().any(|other| Folded::new(other.value) == Folded::new(&channel.value)) {
            granted.channels.push(Given { value: &channel.value, role, place: &channel.place });
        }
    }
    for grant in settings {
        if !granted.settings.iter().any(|(_, other)| other.setting == grant.setting) {
            granted.settings.push((role, grant));
        }
    }
}

fn key(name: &Text, office: &Option<Text>) -> (Folded, Option<Folded>) {
    (Folded::new(name), office.as_deref().map(Folded::new))
}

/// The first role's value stays; others that say something else are named.
fn single<'m, T: PartialEq>(
    slot: &mut Option<Single<'m, T>>,
    role: &'m RoleName,
    choice: &'m Choice<T>,
    place: &'m Place,
    subject: &Subject,
) {
    let value = picked(choice, subject);
    match slot {
        None => *slot = Some(Single { value, role, place, beaten: Vec::new() }),
        Some(first) if first.value != value => first.beaten.push(role),
        Some(_) => {}
    }
}

/// What a choice gives for a person.
pub fn picked<'m, T>(choice: &'m Choice<T>, subject: &dyn Lookup) -> Picked<'m, T> {
    let (attribute, map, otherwise) = match choice {
        Choice::Always(value) => return Picked::Value(value),
        Choice::By { attribute, map, otherwise } => (attribute, map, otherwise),
    };
    let held: Option<Text> =
        subject.get(attribute).map(|value| value.to_string().trim().into()).filter(|text: &Text| !text.is_empty());
    let mapped = held.as_deref().and_then(|text| map.get(fold(text).as_str()));
    match mapped.or(otherwise.as_ref()) {
        Some(value) => Picked::Value(value),
        None => Picked::Silent { attribute, value: held },
    }
}

/// What somebody is in a department or contact center, in words: `operator, skill 80`.
pub fn post_text(post: Post, skill: Option<u8>) -> Text {
    match skill {
        Some(skill) => format!("{}, skill {skill}", post.as_str()).into(),
        None => post.as_str().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{self, person},
        *,
    };
    use crate::manifest::Placed;
    use indexmap::IndexMap;

    fn placed<T>(value: T, line: u32) -> Placed<T> {
        Placed { value, place: Place::new("m.yaml", line, 1) }
    }

    fn by_city(pairs: &[(&str, &str)], otherwise: Option<&str>) -> Choice<Text> {
        let map: IndexMap<Text, Text> = pairs.iter().map(|(from, to)| ((*from).into(), (*to).into())).collect();
        Choice::By { attribute: "city".into(), map, otherwise: otherwise.map(Text::from) }
    }

    fn roles(names: &[&str]) -> Vec<RoleName> {
        names.iter().map(|name| RoleName::from(*name)).collect()
    }

    #[test]
    fn of_single_values_the_role_declared_first_wins_and_the_others_are_named() {
        let mut manifest = fixture::manifest();
        manifest.roles[0].grants.license = Some(placed(Choice::Always(License::Agents), 3));
        manifest.roles[1].grants.license = Some(placed(Choice::Always(License::Talk), 7));
        let granted = granted(&manifest, &person("ana", &[]), &roles(&["supervisor", "member"]));
        let license = granted.license.unwrap();
        assert_eq!(license.value, Picked::Value(&License::Agents));
        assert_eq!((license.role.as_str(), license.place.line), ("supervisor", 3));
        assert_eq!(license.beaten, [&RoleName::from("member")]);
    }

    #[test]
    fn a_map_is_read_without_case_and_is_silent_where_nothing_is_said() {
        let choice = by_city(&[("lon", "London")], None);
        let of = |person: &Person| match picked(&choice, &Subject::new(person, false)) {
            Picked::Value(office) => office.to_string(),
            Picked::Silent { attribute, value } => format!("{attribute}: {value:?}"),
        };
        assert_eq!(of(&person("ana", &[("city", " LON ".into())])), "London");
        assert_eq!(of(&person("ben", &[("city", "PAR".into())])), "city: Some(\"PAR\")");
        assert_eq!(of(&person("eve", &[])), "city: None");
        let otherwise = by_city(&[("lon", "London")], Some("Berlin"));
        let eve = person("eve", &[]);
        assert_eq!(picked(&otherwise, &Subject::new(&eve, false)), Picked::Value(&"Berlin".into()));
    }

    #[test]
    fn sets_are_united_and_the_first_role_says_as_what() {
        let center = |post, skill| ContactCenterGrant { name: "Support".into(), office: None, post, skill };
        let mut manifest = fixture::manifest();
        manifest.roles[0].grants.contact_centers = vec![placed(center(Post::Supervisor, None), 3)];
        manifest.roles[1].grants.contact_centers = vec![
            placed(center(Post::Operator, Some(50)), 7),
            placed(ContactCenterGrant { name: "Sales".into(), ..center(Post::Operator, None) }, 8),
        ];
        let granted = granted(&manifest, &person("ana", &[]), &roles(&["supervisor", "member"]));
        let centers: Vec<_> = granted
            .contact_centers
            .iter()
            .map(|given| (&*given.value.name, given.value.post, given.place.line))
            .collect();
        assert_eq!(centers, [("Support", Post::Supervisor, 3), ("Sales", Post::Operator, 8)]);
    }
}
