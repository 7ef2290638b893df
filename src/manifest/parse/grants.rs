//! `grants` of roles: licences, names, places; one owner for office and licence.

use indexmap::IndexMap;

use super::{Judge, mappings};
use crate::{
    manifest::{
        Choice, ContactCenterGrant, DepartmentGrant, Exclusive, GrantRules, Grants, OfficeAdmin, PolicyAt, PolicyGrant,
        Role, Setting, SettingGrant, attributes, raw,
    },
    names::{AttrPath, License, Post, Text, fold, near_miss},
};

/// SCIM attributes by which Dialpad chooses the office (its SCIM FAQs), on any schema.
const OFFICE: [&str; 2] = ["officeName", "physicalDeliveryOfficeName"];
/// The SCIM attribute by which Dialpad chooses the licence.
const LICENSE: [&str; 1] = ["licenseType"];

/// How grants are kept.
pub(super) fn rules(raw: &raw::GrantRules) -> GrantRules {
    let raw::GrantRules {
        departments,
        contact_centers,
        office_admin,
        company_admin,
        policies,
        channels,
        keep_paid_numbers,
        note_free_seats,
        on_create: raw::OnCreate { office, license },
    } = raw;
    GrantRules {
        exclusive: Exclusive {
            departments: departments.exclusive,
            contact_centers: contact_centers.exclusive,
            office_admin: office_admin.exclusive,
            company_admin: company_admin.exclusive,
            policies: policies.exclusive,
            channels: channels.exclusive,
        },
        keep_paid_numbers: *keep_paid_numbers,
        note_free_seats: *note_free_seats,
        office_on_create: *office,
        license_on_create: *license,
    }
}

/// Fills in what each role gives.
pub(super) fn grants(raw: &raw::Manifest, roles: &mut [Role], judge: &mut Judge) {
    let has_api = match (&raw.target.dialpad, &raw.target.sandbox) {
        (Some(dialpad), _) => dialpad.api.is_some() || !judge.pruned.is_whole("/target/dialpad/api"),
        (None, _) => true,
    };
    for role in roles {
        let name = role.name.as_str();
        let Some(written) = raw.roles.get(name).and_then(|role| role.grants.as_ref()) else { continue };
        role.grants = GrantsOf { name, scope: raw.scope, judge }.grants(written);
        no_agent(name, &role.grants, judge);
        if !has_api && !role.grants.is_empty() {
            let spot = judge.key(&["roles", name, "grants"]);
            let message = "grants go through the admin API, and `target.dialpad` has no `api`";
            judge.error(&spot, "no_api", message).help =
                Some("add `api: { key: { env: DIALPAD_API_KEY } }` beside `scim`".to_owned());
        }
    }
    two_owners(raw, judge);
}

/// A contact center needs an agent's licence: with Connect Dialpad would change it, and the
/// next plan would change it back. Of other licences nobody knows.
fn no_agent(role: &str, grants: &Grants, judge: &mut Judge) {
    let Some(license) = &grants.license else { return };
    let Choice::Always(wanted) = &license.value else { return };
    if *wanted != License::Talk || grants.contact_centers.is_empty() {
        return;
    }
    let spot = judge.spot(&["roles", role, "grants", "license"]);
    let centers = judge.key(&["roles", role, "grants", "contact_centers"]);
    let message = format!("a contact center needs Sell or Support, and the role gives {}", wanted.product());
    let problem = judge.warning(&spot, "no_agent_license", message);
    *problem = problem
        .clone()
        .related(&centers.file, centers.span, "this needs it")
        .help("write `license: sell` or `license: support`, or take the contact centers out");
}

/// Office and licence have one owner each: a grant or a mapping.
fn two_owners(raw: &raw::Manifest, judge: &mut Judge) {
    for (key, names) in [("office", &OFFICE[..]), ("license", &LICENSE[..])] {
        let granted = raw.roles.iter().find(|(_, role)| {
            let grants = role.grants.as_ref();
            grants
                .is_some_and(|grants| if key == "office" { grants.office.is_some() } else { grants.license.is_some() })
        });
        let mapped = raw.mappings.users.attributes.keys().find(|target| {
            AttrPath::parse(target)
                .is_ok_and(|path| names.iter().any(|name| path.attribute().eq_ignore_ascii_case(name)))
        });
        let (Some((role, _)), Some(mapped)) = (granted, mapped) else { continue };
        let spot = judge.key(&["mappings", "users", "attributes", mapped]);
        let other = judge.key(&["roles", role, "grants", key]);
        let message = format!("the {} is mapped here and granted by the role `{role}`", word(key));
        let problem = judge.error(&spot, "two_owners", message);
        *problem = problem
            .clone()
            .related(&other.file, other.span, "it is granted here")
            .help("keep one of them; a grant is sent with the create too");
    }
}

fn word(key: &str) -> &str {
    if key == "license" { "licence" } else { key }
}

/// One role's grants.
struct GrantsOf<'a, 'j> {
    name: &'a str,
    scope: raw::Scope,
    judge: &'a mut Judge<'j>,
}

impl GrantsOf<'_, '_> {
    fn grants(&mut self, raw: &raw::Grants) -> Grants {
        let raw::Grants {
            license,
            office,
            departments,
            contact_centers,
            office_admin,
            company_admin,
            policies,
            channels,
            settings,
        } = raw;
        let name = self.name;
        let license = license.as_ref().and_then(|raw| {
            let choice = self.choice("license", raw, |role, path, text| role.license(path, text))?;
            Some(self.judge.placed(&["roles", name, "grants", "license"], choice))
        });
        let office = office.as_ref().and_then(|raw| {
            let choice = self.choice("office", raw, |_, _, text| Some(text.trim().into()))?;
            Some(self.judge.placed(&["roles", name, "grants", "office"], choice))
        });
        self.twice("departments", departments.iter().map(|grant| named(&grant.name, grant.office.as_deref())));
        self.twice("contact_centers", contact_centers.iter().map(|grant| named(&grant.name, grant.office.as_deref())));
        self.twice("channels", channels.iter().map(|name| named(name, None)));
        self.twice(
            "policies",
            policies.iter().map(|grant| format!("{} {:?}", fold(&grant.name), policy_at(&grant.at))),
        );
        Grants {
            license,
            office,
            departments: self.departments(departments),
            contact_centers: self.contact_centers(contact_centers),
            office_admin: office_admin.as_ref().map(|raw| {
                let offices = match raw {
                    raw::OfficeAdmin::Own(_) => OfficeAdmin::Own,
                    raw::OfficeAdmin::Named(names) => OfficeAdmin::Named(names.iter().map(|name| text(name)).collect()),
                };
                self.judge.placed(&["roles", name, "grants", "office_admin"], offices)
            }),
            company_admin: company_admin
                .is_some_and(|is| is)
                .then(|| self.judge.place(&["roles", name, "grants", "company_admin"])),
            policies: self.policies(policies),
            channels: channels
                .iter()
                .enumerate()
                .map(|(i, channel)| {
                    self.judge.placed(&["roles", name, "grants", "channels", &i.to_string()], text(channel))
                })
                .collect(),
            settings: self.settings(settings),
        }
    }

    fn departments(&mut self, raw: &[raw::DepartmentGrant]) -> Vec<crate::manifest::Placed<DepartmentGrant>> {
        let mut grants = Vec::with_capacity(raw.len());
        for (i, raw::DepartmentGrant { name, office, post }) in raw.iter().enumerate() {
            let index = i.to_string();
            if *post == Post::Supervisor {
                let spot = self.judge.spot(&["roles", self.name, "grants", "departments", &index, "as"]);
                self.judge.error(&spot, "bad_post", "a department has no supervisors").help =
                    Some("write `operator` or `admin`".to_owned());
            }
            let grant = DepartmentGrant { name: text(name), office: office.as_deref().map(text), post: *post };
            grants.push(self.judge.placed(&["roles", self.name, "grants", "departments", &index], grant));
        }
        grants
    }

    fn contact_centers(&mut self, raw: &[raw::ContactCenterGrant]) -> Vec<crate::manifest::Placed<ContactCenterGrant>> {
        let mut grants = Vec::with_capacity(raw.len());
        for (i, raw::ContactCenterGrant { name, office, post, skill }) in raw.iter().enumerate() {
            let index = i.to_string();
            let grant = ContactCenterGrant {
                name: text(name),
                office: office.as_deref().map(text),
                post: *post,
                skill: *skill,
            };
            grants.push(self.judge.placed(&["roles", self.name, "grants", "contact_centers", &index], grant));
        }
        grants
    }

    fn policies(&mut self, raw: &[raw::PolicyGrant]) -> Vec<crate::manifest::Placed<PolicyGrant>> {
        let mut grants = Vec::with_capacity(raw.len());
        for (i, raw::PolicyGrant { name, at }) in raw.iter().enumerate() {
            let grant = PolicyGrant { name: text(name), at: policy_at(at) };
            grants.push(self.judge.placed(&["roles", self.name, "grants", "policies", &i.to_string()], grant));
        }
        grants
    }

    fn settings(&mut self, raw: &raw::Settings) -> Vec<SettingGrant> {
        let raw::Settings { job_title, extension, forwarding_numbers, international_dialing } = raw;
        let written = [
            (Setting::JobTitle, job_title),
            (Setting::Extension, extension),
            (Setting::ForwardingNumbers, forwarding_numbers),
            (Setting::InternationalDialing, international_dialing),
        ];
        let mut settings = Vec::new();
        for (setting, raw) in written {
            let Some(raw) = raw else { continue };
            let path = ["roles", self.name, "grants", "settings", setting.name()];
            if let Some(mapping) = mappings::setting(setting, raw, &path, self.scope, self.judge) {
                settings.push(SettingGrant { setting, mapping });
            }
        }
        settings
    }

    /// A single value or a map; `read` reads what is given.
    fn choice<T>(
        &mut self,
        key: &str,
        raw: &raw::Choice,
        read: impl Fn(&mut Self, &[&str], &str) -> Option<T>,
    ) -> Option<Choice<T>> {
        let name = self.name;
        let at = ["roles", name, "grants", key];
        let raw::ByAttribute { attribute, map, otherwise } = match raw {
            raw::Choice::Always(text) => return read(self, &at, text).map(Choice::Always),
            raw::Choice::By(by) => by,
        };
        let spot = self.judge.spot(&["roles", name, "grants", key, "attribute"]);
        self.judge.attribute(attribute, &attributes::USER, &spot);
        let mut given: IndexMap<Text, T> = IndexMap::with_capacity(map.len());
        let mut right = true;
        for (value, written) in map {
            let path = ["roles", name, "grants", key, "map", value];
            let folded: Text = fold(value.trim()).into();
            if given.contains_key(&folded) {
                let spot = self.judge.key(&path);
                self.judge.error(&spot, "doubled_value", format!("`{value}` stands in the map twice")).help =
                    Some("values are compared without case; keep one of them".to_owned());
            }
            match read(self, &path, written) {
                Some(read) => drop(given.insert(folded, read)),
                None => right = false,
            }
        }
        let otherwise = match otherwise.trim() {
            "hold" => None,
            written => match read(self, &["roles", name, "grants", key, "otherwise"], written) {
                Some(value) => Some(value),
                None => return None,
            },
        };
        right.then(|| Choice::By { attribute: text(attribute), map: given, otherwise })
    }

    fn license(&mut self, path: &[&str], written: &str) -> Option<License> {
        let license = License::parse(written);
        if license.is_none() {
            let spot = self.judge.spot(path);
            let help = match near_miss(written, License::words()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    "the licences are `connect` (talk), `sell` (agents) and `support` (lite_support_agents)".to_owned()
                }
            };
            self.judge.error(&spot, "unknown_license", format!("there is no licence `{written}`")).help = Some(help);
        }
        license
    }

    /// The same thing given twice by one role.
    fn twice(&mut self, key: &str, names: impl Iterator<Item = String>) {
        let names: Vec<String> = names.collect();
        for (i, name) in names.iter().enumerate() {
            if names[..i].contains(name) {
                let spot = self.judge.spot(&["roles", self.name, "grants", key, &i.to_string()]);
                self.judge.error(&spot, "doubled_grant", "the role gives this already").help =
                    Some("keep one of them".to_owned());
            }
        }
    }
}

fn text(written: &str) -> Text {
    written.trim().into()
}

fn named(name: &str, office: Option<&str>) -> String {
    format!("{} in {}", fold(name.trim()), fold(office.unwrap_or_default().trim()))
}

fn policy_at(raw: &raw::PolicyAt) -> PolicyAt {
    match raw {
        raw::PolicyAt::In { office: Some(office), .. } => PolicyAt::Office(text(office)),
        raw::PolicyAt::In { contact_center: Some(name), .. } => PolicyAt::ContactCenter(text(name)),
        raw::PolicyAt::Company(_) | raw::PolicyAt::In { office: None, contact_center: None } => PolicyAt::Company,
    }
}
