//! Offices, departments, contact centers, policies and channels by the names of the manifest.

use crate::{
    live::{
        Tenant,
        tenant::{Channel, ContactCenter, Department, Office, Policy, PolicyLevel, Section},
    },
    manifest::{Choice, Manifest, OfficeAdmin, PolicyAt},
    names::{ApiId, Folded, HashMap, Place, Text, near_miss},
    plan::PolicyTarget,
};

/// A name of the manifest that leads to nothing, or to several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// What is the matter, a lower-case fragment: "there is no contact center `Suport`".
    pub message: String,
    /// The next step, where there is a near miss or a choice.
    pub help: Option<String>,
    /// The line of the role.
    pub place: Place,
}

/// Everything that has a name, by its name without case.
#[derive(Debug)]
pub(in crate::plan) struct Names<'a> {
    tenant: &'a Tenant,
    offices: HashMap<Folded, Vec<&'a Office>>,
    departments: HashMap<Folded, Vec<&'a Department>>,
    contact_centers: HashMap<Folded, Vec<&'a ContactCenter>>,
    policies: HashMap<Folded, Vec<&'a Policy>>,
    channels: HashMap<Folded, Vec<&'a Channel>>,
}

/// What is the matter with a name, and the next step.
type Lost = (String, Option<String>);

impl<'a> Names<'a> {
    pub fn new(tenant: &'a Tenant) -> Self {
        Self {
            tenant,
            offices: by_name(&tenant.offices, |office| &office.name),
            departments: by_name(&tenant.departments, |department| &department.name),
            contact_centers: by_name(&tenant.contact_centers, |center| &center.name),
            policies: by_name(&tenant.policies, |policy| &policy.name),
            channels: by_name(&tenant.channels, |channel| &channel.name),
        }
    }

    pub fn office(&self, name: &str) -> Result<&'a Office, Lost> {
        one("office", name, &self.offices, |office| &office.name, |office| office.id.to_string())
    }

    pub fn department(&self, name: &str, office: Option<&Text>) -> Result<&'a Department, Lost> {
        let list = self.within("department", name, office, &self.departments, |department| department.office.as_ref());
        let (map, within) = list?;
        one(&format!("department{within}"), name, &map, |of| &of.name, |of| self.in_office(of.office.as_ref()))
    }

    pub fn contact_center(&self, name: &str, office: Option<&Text>) -> Result<&'a ContactCenter, Lost> {
        let list = self.within("contact center", name, office, &self.contact_centers, |center| center.office.as_ref());
        let (map, within) = list?;
        one(&format!("contact center{within}"), name, &map, |of| &of.name, |of| self.in_office(of.office.as_ref()))
    }

    pub fn channel(&self, name: &str) -> Result<&'a Channel, Lost> {
        one("channel", name, &self.channels, |channel| &channel.name, |channel| channel.id.to_string())
    }

    /// The policy, and where it is to hold.
    pub fn policy(&self, name: &str, at: &PolicyAt) -> Result<(&'a Policy, Option<PolicyTarget>, Option<Text>), Lost> {
        let policy = one("policy", name, &self.policies, |policy| &policy.name, |policy| policy.id.to_string())?;
        let (wanted, target, shown) = match at {
            PolicyAt::Company => (PolicyLevel::Company, None, None),
            PolicyAt::Office(name) => {
                let office = self.office(name)?;
                let shown = format!("office {}", office.name);
                (PolicyLevel::Office, Some(PolicyTarget::Office(office.id.clone())), Some(shown.into()))
            }
            PolicyAt::ContactCenter(name) => {
                let center = self.contact_center(name, None)?;
                let shown = format!("contact center {}", center.name);
                (PolicyLevel::ContactCenter, Some(PolicyTarget::ContactCenter(center.id.clone())), Some(shown.into()))
            }
        };
        match policy.level {
            Some(level) if level != wanted => Err((
                format!("the policy `{}` is for a {}, not for a {}", policy.name, level.noun(), wanted.noun()),
                Some(format!("say which {} with `at`, or use another policy", level.noun())),
            )),
            Some(_) | None => Ok((policy, target, shown)),
        }
    }

    /// The things of one office, where the manifest names it.
    #[expect(clippy::type_complexity, reason = "a map, and the words for what it was narrowed to")]
    fn within<'m, T>(
        &self,
        noun: &str,
        name: &str,
        office: Option<&Text>,
        all: &'m HashMap<Folded, Vec<&'a T>>,
        of: impl Fn(&T) -> Option<&ApiId>,
    ) -> Result<(std::borrow::Cow<'m, HashMap<Folded, Vec<&'a T>>>, String), Lost> {
        let Some(office) = office else { return Ok((std::borrow::Cow::Borrowed(all), String::new())) };
        let office =
            self.office(office).map_err(|(message, help)| (format!("{message} (of the {noun} `{name}`)"), help))?;
        let mut narrowed: HashMap<Folded, Vec<&'a T>> = HashMap::default();
        for (key, items) in all {
            let here: Vec<&T> = items.iter().copied().filter(|item| of(item) == Some(&office.id)).collect();
            if !here.is_empty() {
                narrowed.insert(key.clone(), here);
            }
        }
        Ok((std::borrow::Cow::Owned(narrowed), format!(" of the office `{}`", office.name)))
    }

    fn in_office(&self, office: Option<&ApiId>) -> String {
        let office = office.and_then(|id| self.tenant.office(id));
        office.map_or_else(|| "without an office".to_owned(), |office| format!("in {}", office.name))
    }
}

fn by_name<T>(items: &[T], name: impl Fn(&T) -> &Text) -> HashMap<Folded, Vec<&T>> {
    let mut map: HashMap<Folded, Vec<&T>> = HashMap::default();
    for item in items {
        map.entry(Folded::new(name(item))).or_default().push(item);
    }
    map
}

/// The only one of that name.
fn one<'a, T>(
    noun: &str,
    name: &str,
    map: &HashMap<Folded, Vec<&'a T>>,
    called: impl Fn(&T) -> &Text,
    apart: impl Fn(&T) -> String,
) -> Result<&'a T, Lost> {
    match map.get(&Folded::new(name)).map(Vec::as_slice) {
        Some([single]) => Ok(single),
        Some(several) => {
            let mut which: Vec<String> = several.iter().map(|item| apart(item)).collect();
            which.sort();
            let message = format!("there are {} of the {noun} `{name}`: {}", several.len(), which.join(", "));
            Err((message, Some("say which with `office`, or rename one of them in Dialpad".to_owned())))
        }
        None => {
            let mut names: Vec<&str> = map.values().flatten().map(|item| &**called(item)).collect();
            names.sort_unstable();
            names.dedup();
            let help = match near_miss(name, names.iter().copied()) {
                Some(near) => Some(format!("did you mean `{near}`?")),
                None if names.is_empty() => Some(format!("there is no {noun} at all")),
                None if names.len() <= 8 => Some(format!("there are {}", quoted(&names))),
                None => None,
            };
            Err((format!("there is no {noun} `{name}`"), help))
        }
    }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Names of the roles' grants that the tenant does not have, or has several times; all
/// at once, in the order of the manifest. Of what could not be read nothing is said.
pub fn unknown_names(manifest: &Manifest, tenant: &Tenant) -> Vec<UnknownName> {
    let names = Names::new(tenant);
    let is_read = |section: Section| !tenant.unread.contains_key(&section);
    let mut unknown = Vec::new();
    let mut check = |section: Section, place: &Place, found: Result<(), Lost>| {
        if let Err((message, help)) = found
            && is_read(section)
        {
            unknown.push(UnknownName { message, help, place: place.clone() });
        }
    };
    for grants in manifest.roles.iter().map(|role| &role.grants) {
        for office in grants.office.iter().flat_map(|office| match &office.value {
            Choice::Always(name) => vec![(name, &office.place)],
            Choice::By { map, otherwise, .. } => {
                let mut names: Vec<(&Text, &Place)> = Vec::with_capacity(map.len() + 1);
                for name in map.values().chain(otherwise) {
                    if !names.iter().any(|(other, _)| Folded::new(other) == Folded::new(name)) {
                        names.push((name, &office.place));
                    }
                }
                names
            }
        }) {
            check(Section::Offices, office.1, names.office(office.0).map(drop));
        }
        for grant in &grants.departments {
            let found = names.department(&grant.value.name, grant.value.office.as_ref());
            check(Section::Departments, &grant.place, found.map(drop));
        }
        for grant in &grants.contact_centers {
            let found = names.contact_center(&grant.value.name, grant.value.office.as_ref());
            check(Section::ContactCenters, &grant.place, found.map(drop));
        }
        if let Some(offices) = &grants.office_admin
            && let OfficeAdmin::Named(list) = &offices.value
        {
            for name in list {
                check(Section::Offices, &offices.place, names.office(name).map(drop));
            }
        }
        for grant in &grants.policies {
            check(Section::Policies, &grant.place, names.policy(&grant.value.name, &grant.value.at).map(drop));
        }
        for channel in &grants.channels {
            check(Section::Channels, &channel.place, names.channel(&channel.value).map(drop));
        }
    }
    unknown.dedup();
    unknown
}
