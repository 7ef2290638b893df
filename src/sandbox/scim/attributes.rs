//! The attributes of users and groups, one table for each schema.
//!
//! Core and enterprise users and groups are those of RFC 7643 §4 and §8.7.
//! Dialpad adds `officeName`, `physicalDeliveryOfficeName` and `licenseType`
//! to the enterprise extension (its "SCIM FAQs" page).

use serde_json::{Map, Value};

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

    /// The attribute as `/Schemas` has it.
    pub(crate) fn to_json(&self) -> Value {
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
const EXTERNAL_ID: Attribute = text("externalId", "The id in the client's own system.").exact();

/// `id`, as filters and paths see it.
const ID: Attribute = text("id", "The id that Dialpad gave.").exact().unique().mutability(Mutability::ReadOnly);

/// `schemas`, as filters and paths see it.
const SCHEMAS: Attribute =
    attribute("schemas", "The schemas in the resource.", Shape::Reference(&["uri"])).exact().several();

/// `meta` (RFC 7643 §3.1), as filters and paths see it.
const META: Attribute = complex(
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

/// What every resource has.
pub(crate) static COMMON: &[Attribute] = &[EXTERNAL_ID, ID, SCHEMAS, META];

/// The attribute `name` of a list, without case.
pub(crate) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}
