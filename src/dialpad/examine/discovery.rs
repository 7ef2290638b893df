//! What the service says of itself.

use serde_json::Value as Json;

use super::Examination;
use crate::{
    dialpad::scim::{self, discovery},
    live::Resource,
    names::near_miss,
};

impl Examination<'_> {
    pub(super) async fn discovery(&mut self) {
        match self.told("/ServiceProviderConfig").await {
            None => {
                self.note("configuration", "the service does not say what it supports (`/ServiceProviderConfig`)", "");
            }
            Some(config) => self.configuration(&config),
        }
        match self.told("/Schemas").await.and_then(discovery::schema) {
            None => self.note(
                "schema",
                "the service does not tell its attributes (`/Schemas`)",
                "those of RFC 7643 are assumed; what is accepted and not stored is noticed after a change",
            ),
            Some(schema) => {
                let count = schema.paths(Resource::User).filter(|(path, _)| !path.is_empty()).count();
                self.good("schema", format!("the service tells {count} attributes of accounts"));
                for path in &self.interest.mapped {
                    if schema.get(Resource::User, path).is_some() {
                        continue;
                    }
                    let near = near_miss(path.key(), schema.paths(Resource::User).map(|(known, _)| &**known));
                    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    let remedy = "the value may be refused or not stored; map another attribute or leave it out";
                    self.warning(
                        "schema",
                        format!("`{path}` is mapped, and the service does not have it{near}"),
                        remedy,
                    );
                }
            }
        }
    }

    async fn told(&mut self, path: &str) -> Option<Json> {
        let answer = self.get(path).await.ok()?;
        answer.status.is_success().then(|| scim::parse(&answer.body).ok()).flatten()
    }

    fn configuration(&mut self, config: &Json) {
        let features =
            [("patch", "PATCH"), ("filter", "filters"), ("etag", "ETags"), ("sort", "sorting"), ("bulk", "bulk")];
        let (has, lacks): (Vec<_>, Vec<_>) = features.iter().partition(|(key, _)| discovery::announces(config, key));
        let names = |list: &[&(&str, &str)]| list.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
        let (has, lacks) = (names(&has), names(&lacks));
        let said = match (has.is_empty(), lacks.is_empty()) {
            (true, _) => format!("the service announces nothing of {lacks}"),
            (false, true) => format!("the service announces {has}"),
            (false, false) => format!("the service announces {has}; not {lacks}"),
        };
        self.good("configuration", said);
        if !discovery::announces(config, "patch") {
            self.warning(
                "configuration",
                "the service does not announce PATCH, which every update and disable uses",
                "many services have it all the same; the first `apply` tells",
            );
        }
    }
}
