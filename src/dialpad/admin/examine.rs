//! What the key of the admin API can do, found without writing.

use std::future::Future;

use super::{
    super::{
        ConnectError, End, ReadError, Reader,
        scim::{Trouble, escaped},
    },
    AdminEnd, Api, because, pages, places,
};
use crate::{
    http::Patience,
    live::{
        Finding, Grade,
        tenant::{Office, Section},
    },
    manifest::Scim,
    names::{License, Text, count},
};

const KEY: &str = "make a key at Admin > My Company > Authentication > API Keys as a company admin, and put it where `api.key` takes it from";
const ADDRESS: &str = "check `target.dialpad.api.url`: `https://dialpad.com`, without `/api/v2`";

/// Asks the admin API and says what was found. `company` is the id that the manifest names.
///
/// # Errors
/// When the connection cannot even be tried.
pub async fn examine_admin(
    end: End,
    settings: &Scim,
    admin: Option<AdminEnd>,
    company: Option<&Text>,
) -> Result<Vec<Finding>, ConnectError> {
    let reader = Reader::connect_with(end, settings, admin)?;
    let mut found = Findings::default();
    if let Some(api) = reader.api()
        && found.reach(api).await
    {
        found.company(api, company).await;
        found.parts(api).await;
    }
    Ok(found.0)
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, check: &'static str, grade: Grade, message: impl Into<String>, remedy: &str) {
        let remedy = (!remedy.is_empty()).then(|| remedy.to_owned());
        self.0.push(Finding { check, grade, message: message.into(), remedy });
    }

    /// Whether people can be read, which everything needs.
    async fn reach(&mut self, api: &Api) -> bool {
        let address = api.client.address().to_owned();
        match api.ask("/users?state=all", "the people", Patience::BRIEF).await {
            Ok(json) if json.is_object() || json.is_array() => {
                self.add("admin_api", Grade::Good, format!("{address} accepts the key, and people can be read"), "");
                true
            }
            Ok(_) => {
                self.add("admin_api", Grade::Error, format!("what came from {address} is no list of people"), ADDRESS);
                false
            }
            Err(Trouble { error: ReadError::Credentials { message, .. }, .. }) => {
                self.add("admin_api", Grade::Error, format!("the key is refused: {message}"), KEY);
                false
            }
            Err(trouble) => {
                self.add("admin_api", Grade::Error, format!("people cannot be read: {}", because(&trouble)), ADDRESS);
                false
            }
        }
    }

    async fn company(&mut self, api: &Api, wanted: Option<&Text>) {
        let read = api.ask("/company", "the company", Patience::BRIEF).await;
        let told = match &read {
            Ok(json) => places::company(json),
            Err(trouble) => {
                let message =
                    format!("the key is no company admin's: it may not read the company ({})", because(trouble));
                let remedy = "policies and operators cannot be changed with it; make the key as a company admin";
                self.add("admin_key", Grade::Warning, message, remedy);
                return;
            }
        };
        let Some(company) = told else {
            self.add("admin_company", Grade::Note, "the company's id is not told", "");
            return;
        };
        let name = company.name.as_deref().map(|name| format!(" ({})", api.client.fit(name))).unwrap_or_default();
        let id = api.client.fit(company.id.as_str());
        self.add("admin_key", Grade::Good, "the key is a company admin's: it may read the company", "");
        match wanted {
            Some(wanted) if **wanted != *company.id.as_str() => {
                let message = format!("the key belongs to the company {id}{name}, and the manifest names {wanted}");
                let remedy = "nothing is sent until they agree: check `target.dialpad.company` and the key";
                self.add("admin_company", Grade::Error, message, remedy);
            }
            Some(_) => {
                self.add("admin_company", Grade::Good, format!("the company is {id}{name}, as the manifest says"), "");
            }
            None => {
                let remedy = format!("`target.dialpad.company: \"{id}\"` keeps another company's key from doing harm");
                self.add("admin_company", Grade::Note, format!("the company is {id}{name}"), &remedy);
            }
        }
    }

    /// The parts that grants may need, each by its first page.
    async fn parts(&mut self, api: &Api) {
        self.offices(api).await;
        let first = |path: &'static str| async move { api.ask(path, "a list", Patience::BRIEF).await.map(|_| ()) };
        self.part(
            "admin_departments",
            Section::Departments,
            "`departments` in grants cannot be planned",
            first("/departments"),
        )
        .await;
        self.part(
            "admin_contact_centers",
            Section::ContactCenters,
            "`contact_centers` in grants cannot be planned",
            first("/callcenters"),
        )
        .await;
        let early = "access control policies are in Early Access: ask the Customer Success Manager; `policies` in grants cannot be planned";
        self.part("admin_policies", Section::Policies, early, first("/accesscontrolpolicies")).await;
        self.part("admin_channels", Section::Channels, "`channels` in grants cannot be planned", first("/channels"))
            .await;
    }

    async fn part(
        &mut self,
        check: &'static str,
        section: Section,
        remedy: &str,
        read: impl Future<Output = Result<(), Trouble>>,
    ) {
        match read.await {
            Ok(()) => self.add(check, Grade::Good, format!("{} can be read", section.noun()), ""),
            Err(trouble) => {
                let message = format!("{} cannot be read: {}", section.noun(), because(&trouble));
                self.add(check, Grade::Warning, message, remedy);
            }
        }
    }

    async fn offices(&mut self, api: &Api) {
        let offices = match pages::list(api, "/offices", "offices", places::office, &|_| {}).await {
            Ok(offices) => offices,
            Err(trouble) => {
                let message = format!("offices cannot be read: {}", because(&trouble));
                self.add("admin_offices", Grade::Warning, message, "`office` and seats cannot be planned");
                return;
            }
        };
        let number = count(offices.len(), "office", "offices");
        self.add("admin_offices", Grade::Good, format!("{number} can be read"), "");
        for office in offices.iter().take(MOST_OFFICES) {
            self.seats(api, office).await;
        }
        if offices.len() > MOST_OFFICES {
            let more = count(offices.len() - MOST_OFFICES, "more office", "more offices");
            self.add("admin_seats", Grade::Note, format!("free licences of {more} were not asked for"), "");
        }
    }

    async fn seats(&mut self, api: &Api, office: &Office) {
        let name = api.client.fit(&office.name);
        let path = format!("/offices/{}/available_licenses", escaped(office.id.as_str()));
        match api.ask(&path, "free licences", Patience::BRIEF).await {
            Ok(json) => {
                let free = places::seats(&json).unwrap_or_default();
                let of = |license: &License| {
                    format!("{} {}", free.get(license).map_or("?".to_owned(), u64::to_string), license.product())
                };
                let free = License::COUNTED.iter().map(of).collect::<Vec<_>>().join(", ");
                self.add("admin_seats", Grade::Good, format!("free licences in {name}: {free}"), "");
            }
            Err(trouble) => {
                let message = format!("free licences in {name} cannot be read: {}", because(&trouble));
                self.add("admin_seats", Grade::Warning, message, "seats cannot be planned");
            }
        }
    }
}

/// So many offices are asked for their free licences.
const MOST_OFFICES: usize = 20;
