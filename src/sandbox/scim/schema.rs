//! What the sandbox says of itself (`/Schemas`, `/ResourceTypes`,
//! `/ServiceProviderConfig`), and where the attribute is that a path names.

use serde_json::{Value, json};

use super::{
    super::store::ResourceKind,
    attributes::{Attribute, COMMON, ENTERPRISE_ATTRIBUTES, GROUP_ATTRIBUTES, USER_ATTRIBUTES, find},
};

/// The core schema of users.
pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The core schema of groups.
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The enterprise extension of users.
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The attributes of the core schema of a kind of resource.
pub(crate) fn core(kind: ResourceKind) -> &'static [Attribute] {
    match kind {
        ResourceKind::User => USER_ATTRIBUTES,
        ResourceKind::Group => GROUP_ATTRIBUTES,
    }
}

/// The URN of the core schema of a kind of resource.
pub(crate) fn urn(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::User => USER,
        ResourceKind::Group => GROUP,
    }
}

/// Where an attribute is kept and what is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// The extension's URN; `None` for the core schema.
    pub(crate) home: Option<String>,
    /// The attribute's name, in the schema's spelling where there is one.
    pub(crate) name: String,
    /// What the schema says; `None` for the attributes of extensions that the
    /// sandbox keeps without knowing them.
    pub(crate) known: Option<&'static Attribute>,
}

/// Finds the attribute that a path names. Names and URNs are compared without
/// case (RFC 7643 §2.1). `None` when the core schema has no such attribute;
/// an extension may hold any.
pub(crate) fn resolve(kind: ResourceKind, uri: Option<&str>, name: &str) -> Option<Found> {
    let uri = uri.filter(|uri| !uri.eq_ignore_ascii_case(urn(kind)));
    let Some(uri) = uri else {
        let known = find(core(kind), name).or_else(|| find(COMMON, name))?;
        return Some(Found { home: None, name: known.name.to_owned(), known: Some(known) });
    };
    if kind == ResourceKind::User && uri.eq_ignore_ascii_case(ENTERPRISE) {
        let known = find(ENTERPRISE_ATTRIBUTES, name);
        let name = known.map_or(name, |known| known.name).to_owned();
        return Some(Found { home: Some(ENTERPRISE.to_owned()), name, known });
    }
    is_urn(uri).then(|| Found { home: Some(uri.to_owned()), name: name.to_owned(), known: None })
}

/// Whether a key of a resource names an extension.
pub(crate) fn is_urn(key: &str) -> bool {
    key.len() > 4 && key.as_bytes()[..4].eq_ignore_ascii_case(b"urn:")
}

/// Whether a key is `home:name`, without case.
pub(crate) fn is_joined(key: &str, home: &str, name: &str) -> bool {
    key.len() == home.len() + 1 + name.len()
        && key.is_char_boundary(home.len())
        && key[..home.len()].eq_ignore_ascii_case(home)
        && key[home.len()..].strip_prefix(':').is_some_and(|rest| rest.eq_ignore_ascii_case(name))
}

/// The schemas, for `/Schemas`.
pub(crate) fn schemas(base: &str) -> Vec<Value> {
    [
        (USER, "User", "A Dialpad user", USER_ATTRIBUTES),
        (ENTERPRISE, "EnterpriseUser", "What an organization adds to a user", ENTERPRISE_ATTRIBUTES),
        (GROUP, "Group", "A group of users", GROUP_ATTRIBUTES),
    ]
    .into_iter()
    .map(|(id, name, says, attributes)| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
            "id": id,
            "name": name,
            "description": says,
            "attributes": attributes.iter().map(Attribute::to_json).collect::<Vec<_>>(),
            "meta": {"resourceType": "Schema", "location": format!("{base}/Schemas/{id}")},
        })
    })
    .collect()
}

/// The resource types, for `/ResourceTypes`.
pub(crate) fn resource_types(base: &str) -> Vec<Value> {
    let of = |kind: ResourceKind, extensions: Value| {
        let mut json = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": kind.name(),
            "name": kind.name(),
            "endpoint": format!("/{}", kind.endpoint()),
            "description": format!("Dialpad {}", kind.endpoint().to_lowercase()),
            "schema": urn(kind),
            "meta": {"resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{}", kind.name())},
        });
        if let (Some(json), Value::Array(list)) = (json.as_object_mut(), &extensions)
            && !list.is_empty()
        {
            json.insert("schemaExtensions".into(), extensions);
        }
        json
    };
    vec![of(ResourceKind::User, json!([{"schema": ENTERPRISE, "required": false}])), of(ResourceKind::Group, json!([]))]
}

/// What the sandbox can do, for `/ServiceProviderConfig`.
pub(crate) fn service_provider_config(base: &str, page_limit: usize) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "documentationUri": "https://help.dialpad.com/docs/okta-saml-scim-faqs",
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": page_limit},
        "changePassword": {"supported": false},
        "sort": {"supported": true},
        "etag": {"supported": false},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "API key",
            "description": "A Dialpad API key as bearer token",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            "primary": true,
        }],
        "meta": {"resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig")},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_without_case_and_with_or_without_the_core_urn() {
        let plain = resolve(ResourceKind::User, None, "USERNAME").unwrap();
        assert_eq!((plain.home, plain.name.as_str()), (None, "userName"));
        let long = resolve(ResourceKind::User, Some(&USER.to_uppercase()), "title").unwrap();
        assert_eq!((long.home, long.name.as_str()), (None, "title"));
        let office = resolve(ResourceKind::User, Some(&ENTERPRISE.to_lowercase()), "officename").unwrap();
        assert_eq!((office.home.as_deref(), office.name.as_str()), (Some(ENTERPRISE), "officeName"));
    }

    #[test]
    fn the_core_schema_is_closed_and_extensions_are_open() {
        assert!(resolve(ResourceKind::User, None, "shoeSize").is_none());
        assert!(resolve(ResourceKind::Group, None, "userName").is_none());
        let own = resolve(ResourceKind::User, Some("urn:acme:2.0:User"), "shoeSize").unwrap();
        assert!(own.known.is_none());
    }
}
