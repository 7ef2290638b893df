//! What the sandbox says of its users and groups: one table of attributes for
//! each schema, from which `/Schemas` is made, and by which bodies, paths and
//! filters are read.
//!
//! Core and enterprise users and groups are those of RFC 7643 §4 and §8.7.
//! Dialpad adds `officeName`, `physicalDeliveryOfficeName` and `licenseType`
//! to the enterprise extension (its "SCIM FAQs" page).

use serde_json::{Map, Value, json};

use super::super::store::ResourceKind;

/// The core schema of users.
pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The core schema of groups.
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The enterprise extension of users.
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// One attribute or sub-attribute (RFC 7643 §7).
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) says: &'static str,
    pub(crate) shape: Shape,
    pub(crate) many: bool,
    pub(crate) exact: bool,
    pub(crate) required: bool,
    pub(crate) mutability: Mutability,
    pub(crate) unique: bool,
    pub(crate) canonical: &'static [&'static str],
}

/// What a value of an attribute is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Text,
    Boolean,
    Time,
    Reference(&'static [&'static str]),
    Binary,
    Complex(&'static [Attribute]),
}

/// Who may set an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutability {
    ReadWrite,
    ReadOnly,
    /// Set once, with its element: a group's `members.value`.
    Immutable,
}

const fn attribute(name: &'static str, says: &'static str, shape: Shape) -> Attribute {
    Attribute {
        name,
        says,
        shape,
        many: false,
        exact: false,
        required: false,
        mutability: Mutability::ReadWrite,
        unique: false,
        canonical: &[],
    }
}

const fn text(name: &'static str, says: &'static str) -> Attribute {
    attribute(name, says, Shape::Text)
}

const fn complex(name: &'static str, says: &'static str, parts: &'static [Attribute]) -> Attribute {
    attribute(name, says, Shape::Complex(parts))
}

const fn many(name: &'static str, says: &'static str, parts: &'static [Attribute]) -> Attribute {
    complex(name, says, parts).several()
}

impl Attribute {
    const fn several(mut self) -> Self {
        self.many = true;
        self
    }

    const fn exact(mut self) -> Self {
        self.exact = true;
        self
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    const fn mutability(mut self, mutability: Mutability) -> Self {
        self.mutability = mutability;
        self
    }

    const fn canonical(mut self, values: &'static [&'static str]) -> Self {
        self.canonical = values;
        self
    }

    /// The sub-attributes; none for a simple attribute.
    pub(crate) fn parts(&self) -> &'static [Attribute] {
        match self.shape {
            Shape::Complex(parts) => parts,
            Shape::Text | Shape::Boolean | Shape::Time | Shape::Reference(_) | Shape::Binary => &[],
        }
    }

    /// The sub-attribute `name`, without case.
    pub(crate) fn part(&self, name: &str) -> Option<&'static Attribute> {
        find(self.parts(), name)
    }

    fn type_name(&self) -> &'static str {
        match self.shape {
            Shape::Text => "string",
            Shape::Boolean => "boolean",
            Shape::Time => "dateTime",
            Shape::Reference(_) => "reference",
            Shape::Binary => "binary",
            Shape::Complex(_) => "complex",
        }
    }

    fn to_json(&self) -> Value {
        let mut json = Map::new();
        json.insert("name".into(), self.name.into());
        json.insert("type".into(), self.type_name().into());
        json.insert("multiValued".into(), self.many.into());
        json.insert("description".into(), self.says.into());
        json.insert("required".into(), self.required.into());
        if !self.canonical.is_empty() {
            json.insert("canonicalValues".into(), self.canonical.into());
        }
        let mutability = match self.mutability {
            Mutability::ReadWrite => "readWrite",
            Mutability::ReadOnly => "readOnly",
            Mutability::Immutable => "immutable",
        };
        json.insert("mutability".into(), mutability.into());
        json.insert("returned".into(), "default".into());
        match self.shape {
            Shape::Complex(parts) => {
                json.insert("subAttributes".into(), parts.iter().map(Attribute::to_json).collect());
            }
            Shape::Boolean | Shape::Time => {}
            Shape::Reference(types) => {
                json.insert("referenceTypes".into(), types.into());
                json.insert("caseExact".into(), self.exact.into());
                json.insert("uniqueness".into(), "none".into());
            }
            Shape::Text | Shape::Binary => {
                json.insert("caseExact".into(), self.exact.into());
                json.insert("uniqueness".into(), if self.unique { "server" } else { "none" }.into());
            }
        }
        Value::Object(json)
    }
}

const PRIMARY: Attribute =
    attribute("primary", "Whether this is the preferred value; true for one value at most.", Shape::Boolean);
const DISPLAY: Attribute = text("display", "A name for people to read.");
const WORK_HOME_OTHER: &[&str] = &["work", "home", "other"];

/// The attributes of the core user.
pub(crate) const USER_ATTRIBUTES: &[Attribute] = &[
    text("userName", "The login: an e-mail address, unique without case.").required().unique(),
    complex(
        "name",
        "The parts of the person's name.",
        &[
            text("formatted", "The whole name."),
            text("familyName", "The family name."),
            text("givenName", "The given name."),
            text("middleName", "The middle names."),
            text("honorificPrefix", "What stands before the name."),
            text("honorificSuffix", "What stands after the name."),
        ],
    ),
    text("displayName", "The name as shown."),
    text("nickName", "The casual name."),
    attribute("profileUrl", "The address of the person's page.", Shape::Reference(&["external"])).exact(),
    text("title", "The job title."),
    text("userType", "The relation to the organization."),
    text("preferredLanguage", "The preferred language, as in Accept-Language."),
    text("locale", "The locale for formats."),
    text("timezone", "The time zone, as in the Olson database."),
    attribute("active", "False when the user is suspended.", Shape::Boolean),
    many(
        "emails",
        "E-mail addresses.",
        &[
            text("value", "The address."),
            DISPLAY,
            text("type", "What the address is for.").canonical(WORK_HOME_OTHER),
            PRIMARY,
        ],
    ),
    many(
        "phoneNumbers",
        "Telephone numbers.",
        &[
            text("value", "The number."),
            DISPLAY,
            text("type", "What the number is for.")
                .canonical(&["work", "home", "mobile", "fax", "pager", "other", "Dialpad"]),
            PRIMARY,
        ],
    ),
    many(
        "ims",
        "Instant messaging addresses.",
        &[text("value", "The address."), DISPLAY, text("type", "The service."), PRIMARY],
    ),
    many(
        "photos",
        "Addresses of pictures.",
        &[
            attribute("value", "The picture's address.", Shape::Reference(&["external"])).exact(),
            DISPLAY,
            text("type", "The kind of picture.").canonical(&["photo", "thumbnail"]),
            PRIMARY,
        ],
    ),
    many(
        "addresses",
        "Postal addresses.",
        &[
            text("formatted", "The whole address."),
            text("streetAddress", "Street and number."),
            text("locality", "The city."),
            text("region", "The state or region."),
            text("postalCode", "The postal code."),
            text("country", "The country."),
            text("type", "What the address is for.").canonical(WORK_HOME_OTHER),
            PRIMARY,
        ],
    ),
    many(
        "entitlements",
        "What the person is entitled to.",
        &[text("value", "The entitlement."), DISPLAY, text("type", "The kind."), PRIMARY],
    ),
    many("roles", "The person's roles.", &[text("value", "The role."), DISPLAY, text("type", "The kind."), PRIMARY]),
    many(
        "x509Certificates",
        "Certificates of the person.",
        &[
            attribute("value", "The certificate, DER in base64.", Shape::Binary).exact(),
            DISPLAY,
            text("type", "The kind."),
            PRIMARY,
        ],
    ),
];

/// The attributes of the enterprise user. The last three are Dialpad's.
pub(crate) const ENTERPRISE_ATTRIBUTES: &[Attribute] = &[
    text("employeeNumber", "The number or code of the employee."),
    text("costCenter", "The cost center."),
    text("organization", "The organization."),
    text("division", "The division."),
    text("department", "The department; Dialpad can be told to take it for the office."),
    complex(
        "manager",
        "The person's manager.",
        &[
            text("value", "The id of the manager's user.").exact(),
            attribute("$ref", "The address of the manager's user.", Shape::Reference(&["User"])).exact(),
            text("displayName", "The manager's name.").mutability(Mutability::ReadOnly),
        ],
    ),
    text("officeName", "The name of the Dialpad office."),
    text("physicalDeliveryOfficeName", "The name of the Dialpad office, by Active Directory's name for it."),
    text("licenseType", "The Dialpad licence.").canonical(&["Dialpad_Ai Voice", "Dialpad_Support", "Dialpad_Ai Sales"]),
];

/// The attributes of groups.
pub(crate) const GROUP_ATTRIBUTES: &[Attribute] = &[
    text("displayName", "The group's name, unique without case.").required().unique(),
    many(
        "members",
        "Users and groups in the group.",
        &[
            text("value", "The id of the member.").exact().mutability(Mutability::Immutable),
            attribute("$ref", "The address of the member.", Shape::Reference(&["User", "Group"]))
                .exact()
                .mutability(Mutability::Immutable),
            text("type", "What the member is.").canonical(&["User", "Group"]).mutability(Mutability::Immutable),
        ],
    ),
];

/// `externalId`: every resource has it, no schema lists it (RFC 7643 §3.1).
pub(crate) const EXTERNAL_ID: Attribute = text("externalId", "The id in the client's own system.").exact();

/// `id`, as filters and paths see it.
pub(crate) const ID: Attribute =
    text("id", "The id that Dialpad gave.").exact().unique().mutability(Mutability::ReadOnly);

/// `schemas`, as filters and paths see it.
pub(crate) const SCHEMAS: Attribute =
    attribute("schemas", "The schemas in the resource.", Shape::Reference(&["uri"])).exact().several();

/// `meta` (RFC 7643 §3.1), as filters and paths see it.
pub(crate) const META: Attribute = complex(
    "meta",
    "When and what.",
    &[
        text("resourceType", "The type.").exact().mutability(Mutability::ReadOnly),
        attribute("created", "When it came to be.", Shape::Time).mutability(Mutability::ReadOnly),
        attribute("lastModified", "When it last changed.", Shape::Time).mutability(Mutability::ReadOnly),
        text("location", "Its address.").exact().mutability(Mutability::ReadOnly),
    ],
)
.mutability(Mutability::ReadOnly);

static COMMON: &[Attribute] = &[EXTERNAL_ID, ID, SCHEMAS, META];

/// The attribute `name` of a list, without case.
pub(crate) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

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
