//! What a service says of itself (RFC 7644 §4). All of it is optional: whatever
//! cannot be read is as if it were not there.

use serde_json::Value as Json;

use super::{listing::Page, member, parse, truth};
use crate::{
    http::{Call, Client, Patience},
    live::{AttributeType, Kind, Resource, Schema, Service},
};

/// The core schemas, whose attributes have no URN before them.
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

const EXTERNAL_ID: AttributeType =
    AttributeType { kind: Kind::String, multi_valued: false, case_exact: true, required: false, read_only: false };

/// Attributes deeper than this are not declared; SCIM has two levels.
const DEEPEST: usize = 3;

/// Reads the service's configuration and schemas, with two requests.
pub(crate) async fn read(client: &Client) -> (Schema, Service) {
    let (config, schemas) = tokio::join!(ask(client, "/ServiceProviderConfig"), ask(client, "/Schemas"));
    let service = Service { etag: config.is_some_and(|config| announces(&config, "etag")), ..Service::default() };
    (schemas.and_then(schema).unwrap_or_else(Schema::rfc7643), service)
}

async fn ask(client: &Client, path: &str) -> Option<Json> {
    let answer = client.send(&Call { patience: Patience::BRIEF, ..Call::get(path) }).await.ok()?;
    answer.status.is_success().then(|| parse(&answer.body).ok()).flatten()
}

/// Whether a configuration says that something is supported.
pub(crate) fn announces(config: &Json, what: &str) -> bool {
    member(config, what).and_then(|feature| member(feature, "supported")).and_then(truth).unwrap_or(false)
}

/// The types of all declared attributes; `None` when users are not among them.
pub(crate) fn schema(json: Json) -> Option<Schema> {
    let schemas = match json {
        Json::Array(list) => list,
        other => Page::read(other).ok()?.resources,
    };
    let mut schema = Schema::discovered();
    // Common attributes, which are in no schema (RFC 7643 §3.1).
    for resource in [Resource::User, Resource::Group] {
        schema.declare(resource, "externalId", EXTERNAL_ID);
    }
    let mut users = false;
    for declared in &schemas {
        let Some(urn) = member(declared, "id").and_then(Json::as_str) else { continue };
        let (resource, prefix) = if urn.eq_ignore_ascii_case(USER) {
            users = true;
            (Resource::User, String::new())
        } else if urn.eq_ignore_ascii_case(GROUP) {
            (Resource::Group, String::new())
        } else if urn.to_ascii_lowercase().ends_with(":group") {
            (Resource::Group, format!("{urn}:"))
        } else {
            (Resource::User, format!("{urn}:"))
        };
        declare(&mut schema, resource, &prefix, member(declared, "attributes"), 1);
    }
    users.then_some(schema)
}

fn declare(schema: &mut Schema, resource: Resource, prefix: &str, attributes: Option<&Json>, depth: usize) {
    for attribute in attributes.and_then(Json::as_array).into_iter().flatten() {
        let Some(name) = member(attribute, "name").and_then(Json::as_str) else { continue };
        let path = format!("{prefix}{name}");
        let is = |what: &str| member(attribute, what).and_then(truth).unwrap_or(false);
        let mutability = member(attribute, "mutability").and_then(Json::as_str).unwrap_or_default();
        let kind = kind(member(attribute, "type").and_then(Json::as_str).unwrap_or_default());
        schema.declare(
            resource,
            &path,
            AttributeType {
                kind,
                multi_valued: is("multiValued"),
                case_exact: is("caseExact"),
                required: is("required"),
                read_only: mutability.eq_ignore_ascii_case("readOnly"),
            },
        );
        if depth < DEEPEST {
            declare(schema, resource, &format!("{path}."), member(attribute, "subAttributes"), depth + 1);
        }
    }
}

fn kind(name: &str) -> Kind {
    match name.to_ascii_lowercase().as_str() {
        "boolean" => Kind::Boolean,
        "integer" => Kind::Integer,
        "decimal" => Kind::Decimal,
        "datetime" => Kind::DateTime,
        "binary" => Kind::Binary,
        "reference" => Kind::Reference,
        "complex" => Kind::Complex,
        // RFC 7643 §7: text unless it says otherwise.
        _ => Kind::String,
    }
}
