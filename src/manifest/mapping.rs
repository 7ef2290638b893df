//! Attribute mappings: what each target attribute gets.

use crate::{
    expr::Expression,
    names::{AttrPath, Place, Text, Value},
};

/// How people become accounts.
#[derive(Clone, Debug)]
pub struct UserMappings {
    /// Whether accounts are created.
    pub create: bool,
    /// Whether accounts are updated; without it nobody is disabled either, as in Entra.
    pub update: bool,
    /// Whether accounts are deleted.
    pub delete: bool,
    /// Days between disable and delete.
    pub delete_after: Option<u32>,
    /// Matching attributes, lowest precedence number first.
    pub matching: Vec<AttrPath>,
    /// The mappings, in file order; one for each target path.
    pub attributes: Vec<Mapping>,
    /// Where the section was written.
    pub place: Place,
}

/// How groups become groups.
#[derive(Clone, Debug)]
pub struct GroupMappings {
    /// Off by default: what Dialpad does with SCIM groups is not documented.
    pub enabled: bool,
    /// Whether groups are created.
    pub create: bool,
    /// Whether groups are updated, membership included.
    pub update: bool,
    /// Whether groups are deleted.
    pub delete: bool,
    /// Matching attributes, lowest precedence number first.
    pub matching: Vec<AttrPath>,
    /// The mappings, without `members`.
    pub attributes: Vec<Mapping>,
    /// Whether `members` is mapped, and where.
    pub members: Option<Place>,
    /// What a new name in the source does.
    pub on_rename: OnRename,
    /// Whether members that do not belong are removed.
    pub membership: Membership,
    /// Where the section was written.
    pub place: Place,
}

/// One attribute mapping.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The target attribute.
    pub target: AttrPath,
    /// Where the value comes from.
    pub source: MappingSource,
    /// Used on create only, when the source gives nothing.
    pub default: Option<Value>,
    /// When the mapping applies.
    pub apply: Apply,
    /// What an empty value does.
    pub when_empty: WhenEmpty,
    /// Where it was written.
    pub place: Place,
}

/// Where a mapped value comes from.
#[derive(Clone, Debug)]
pub enum MappingSource {
    /// A source attribute, as it is.
    Attribute(Text),
    /// The same for everybody.
    Constant(Value),
    /// An expression over source attributes.
    Expression(Box<Expression>),
    /// Left alone; only `default` is sent, on create.
    None,
}

impl Mapping {
    /// Names of the source attributes that the mapping reads.
    pub fn reads(&self) -> Vec<&Text> {
        match &self.source {
            MappingSource::Attribute(name) => vec![name],
            MappingSource::Expression(expression) => expression.attributes().iter().map(|a| &a.name).collect(),
            MappingSource::Constant(_) | MappingSource::None => Vec::new(),
        }
    }

    /// Whether the mapping reads `IsSoftDeleted`, and so says what happens to a leaver.
    pub fn tells_of_leaving(&self) -> bool {
        self.reads().iter().any(|name| name.as_ref() == "IsSoftDeleted")
    }
}

/// What a service fills in by itself (RFC 7643 §3.1, §4.1.2).
const READ_ONLY: [&str; 4] = ["id", "meta", "schemas", "groups"];

/// Whether a service fills an attribute in by itself, so that it cannot be mapped.
pub fn is_read_only(target: &AttrPath) -> bool {
    target.schema().is_none() && READ_ONLY.iter().any(|name| name.eq_ignore_ascii_case(target.attribute()))
}

/// When a mapping applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Apply {
    /// On create and on every later plan.
    #[default]
    Always,
    /// On create; afterwards the attribute is left alone.
    OnCreate,
}

/// What an empty value does to what the account holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenEmpty {
    /// Nothing is sent and the account keeps its value: Entra's way.
    #[default]
    Keep,
    /// The account's value is removed.
    Clear,
}

/// What a group's new name in the source does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnRename {
    /// The old name stays, with a note in the plan: Dialpad does not rename groups.
    #[default]
    Keep,
    /// The new name is sent.
    Update,
    /// A new group is created, the members are moved, the old group is removed.
    Recreate,
}

/// What happens to members that do not belong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// Members that do not belong are removed: drift is repaired.
    #[default]
    Exact,
    /// Members that do not belong stay.
    AddOnly,
}
