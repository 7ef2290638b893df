use crate::{
    directory::{Group, Person},
    expr::Lookup,
    manifest::attributes::portal_name,
    names::{SourceId, Value},
};

/// A person as mappings and filters see them: the attributes of the source, and
/// what is computed.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    person: &'a Person,
    id: Value,
    manager: Option<Value>,
    soft_deleted: Value,
}

impl<'a> Subject<'a> {
    /// A person; `out` is what `IsSoftDeleted` says: that any check of scope fails.
    pub fn new(person: &'a Person, out: bool) -> Self {
        let id = |id: &SourceId| Value::Text(id.text().clone());
        Self { person, id: id(&person.id), manager: person.manager.as_ref().map(id), soft_deleted: Value::Boolean(out) }
    }
}

impl Lookup for Subject<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        match name {
            "IsSoftDeleted" => Some(&self.soft_deleted),
            "manager" => self.manager.as_ref(),
            // Files without the column have the user principal name as the id.
            "objectId" => self.person.attributes.get(name).or(Some(&self.id)),
            _ => self.person.attributes.get(name).or_else(|| self.by_other_name(name)),
        }
    }
}

impl Subject<'_> {
    /// Where the name is Graph's, what the portal's name for the same has.
    fn by_other_name(&self, name: &str) -> Option<&Value> {
        self.get(portal_name(name)?)
    }
}

impl Lookup for Group {
    fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name).or_else(|| self.attributes.get(portal_name(name)?))
    }
}

/// A seed of `Guid` and `RandomString` for a person whom no plan is about: the same id
/// gives the same values each time (FNV-1a).
pub fn seed(id: &SourceId) -> u64 {
    id.as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
