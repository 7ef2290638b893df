//! Why somebody has, or does not have, an account: every step with its values and
//! the line of the manifest behind it. What `dialform show` prints.

mod steps;
mod verdict;

use serde::Serialize;

use super::{
    Change, Held, Inputs, Note, Options, Subject, draft,
    draft::user,
    finish,
    index::{At, Objects},
    matching::Found,
    scene::Scene,
    users::Users,
};
use crate::{
    desired,
    directory::Group,
    names::{Attributes, Folded, Place, RoleName, SourceId, TargetId, Text, Value, near_miss},
};

/// Why one person, account or group stands as it does.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Who it is.
    pub subject: Subject,
    /// Others who are called the same; ask for them by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Subject>,
    /// What the source says; absent for an account that is of nobody in the source.
    pub import: Option<Import>,
    /// Which live object it is, and how that was found.
    pub matching: Matching,
    /// The checks of scope, in their order; none for groups and for accounts of nobody.
    pub scope: Vec<Check>,
    /// The roles that hold, the one that counts first.
    pub roles: Vec<RoleName>,
    /// What each mapping gives, in the manifest's order.
    pub mapping: Vec<MappedValue>,
    /// What the roles give beyond SCIM.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<GivenGrant>,
    /// What the admin API has of the account; empty when it was not read, or has nobody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub record: Vec<(Text, Text)>,
    /// What comes of it.
    pub verdict: Verdict,
}

/// Something that a role gives beyond SCIM.
#[derive(Clone, Debug, Serialize)]
pub struct GivenGrant {
    /// What: `licence`, `contact center Support EMEA`.
    pub what: Text,
    /// As what: `Sell`, `operator, skill 80`.
    pub gives: Text,
    /// The line of the role.
    pub place: Place,
}

/// What the source says of somebody.
#[derive(Clone, Debug, Serialize)]
pub struct Import {
    /// The id.
    pub id: SourceId,
    /// Every attribute, by name.
    pub attributes: Attributes,
    /// The manager's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager: Option<Text>,
    /// Whether it lies in the source's recycle bin.
    pub soft_deleted: bool,
    /// Groups that it is a direct member of.
    pub groups: Vec<Text>,
    /// For a group: how many people and groups are in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<u64>,
    /// The row of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// How the live object was looked for.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Matching {
    /// The object, if there is one for certain.
    pub account: Option<Account>,
    /// How it was found: `link`, or the attribute.
    pub by: Option<Text>,
    /// The link that is remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<TargetId>,
    /// What was tried, in order, as far as it went.
    pub tried: Vec<Tried>,
}

/// A live object.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// Its id.
    pub id: TargetId,
    /// Its name.
    pub name: Text,
    /// Whether it may be used.
    pub active: bool,
}

/// An attribute by which the object was looked for.
#[derive(Clone, Debug, Serialize)]
pub struct Tried {
    /// The attribute.
    pub attribute: Text,
    /// The mapped value; absent when it is empty.
    pub value: Option<Value>,
    /// Who holds it.
    pub held_by: Vec<Account>,
    /// The mapping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A check of scope.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// `active`, `assigned`, `role` or `filter`.
    pub name: &'static str,
    /// How it went.
    pub passed: Passed,
    /// What decided it.
    pub because: Text,
    /// The line that decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Passed {
    /// It holds.
    Yes,
    /// It fails, and so nothing after it was looked at.
    No,
    /// It was not looked at.
    NotReached,
}

/// What a mapping gives.
#[derive(Clone, Debug, Serialize)]
pub struct MappedValue {
    /// The target attribute.
    pub target: Text,
    /// Where the value comes from, as written.
    pub source: Text,
    /// What the attributes that it reads hold.
    pub reads: Vec<(Text, Option<Value>)>,
    /// What it gives.
    pub gives: Gives,
    /// What a new account gets when it gives nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What the account holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<Value>,
    /// Why the value is not compared, where it is not: `on_create`, `read_only`, `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<&'static str>,
    /// Whether the account differs.
    pub differs: bool,
    /// The mapping.
    pub place: Place,
}

/// What a mapping gives for one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gives {
    /// A value.
    Value(Value),
    /// The account of another person, by name.
    Reference(Text),
    /// A value that is not shown (`Redact`).
    Redacted,
    /// Nothing.
    Empty,
    /// It is left out of the flow.
    Ignored,
    /// It fails, and why.
    Failed(Text),
}

/// What comes of it.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// A sentence.
    pub text: Text,
    /// What decided it, where one line did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Changes that are planned, of the subject and of its membership in groups.
    pub changes: Vec<Change>,
    /// What is held back.
    pub held: Vec<Held>,
    /// Notes that name the subject.
    pub notes: Vec<Note>,
}

/// Nobody is called so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("find {name}: no person, account or group is called so{}", meant(.near.as_ref()))]
pub struct Unknown {
    /// As asked for.
    pub name: Text,
    /// Who is called nearly so.
    pub near: Option<Text>,
}

fn meant(near: Option<&Text>) -> String {
    near.map(|near| format!("; did you mean {near}?")).unwrap_or_default()
}

/// Explains one person, account or group, named by user name, mail address, id or group name,
/// or by display name where none of these fits.
///
/// # Errors
/// When nobody is called so, with the nearest name.
pub fn explain(inputs: &Inputs, options: &Options, who: &str) -> Result<Explanation, Unknown> {
    let desired = desired::build(inputs.manifest, inputs.directory, inputs.now);
    let scene = Scene::new(inputs, options, &desired);
    let (users, draft) = draft(&scene);
    let mut named = Named::all(&users, who);
    if named.is_empty() {
        return Err(Unknown { name: who.into(), near: nearest(&users, who) });
    }
    let first = named.remove(0);
    let mut explanation = first.explain(&users);
    explanation.record = record(&scene, &users.matcher.objects, explanation.matching.account.as_ref());
    explanation.also = named.iter().map(|other| other.subject(&users)).collect();
    let plan = finish::plan(&scene, draft);
    explanation.conclude(plan);
    Ok(explanation)
}

/// What the admin API has of an account.
fn record(scene: &Scene, accounts: &Objects, account: Option<&Account>) -> Vec<(Text, Text)> {
    let Some((tenant, account)) = scene.inputs.live.tenant.as_ref().zip(account) else { return Vec::new() };
    let at = accounts.find(&account.id);
    at.map(|at| super::grants::record_of(tenant, accounts, at)).unwrap_or_default()
}

/// Who is meant by a name.
#[derive(Clone, Copy, Debug)]
enum Named<'a> {
    Person(usize),
    Account(At),
    Group(&'a Group),
}

impl<'a> Named<'a> {
    /// People first, then accounts of nobody, then groups.
    fn all(users: &Users<'_, 'a>, who: &str) -> Vec<Self> {
        let scene = users.scene;
        let name = Folded::new(who);
        let is = |text: &str| Folded::new(text) == name;
        let person = |at: &usize| {
            let person = scene.people[*at].person;
            is(person.label()) || is(person.id.as_str()) || person.text("mail").is_some_and(|mail| is(mail))
        };
        let mut named: Vec<Self> = (0..scene.people.len()).filter(person).map(Self::Person).collect();
        let objects = &users.matcher.objects;
        for at in objects.positions().filter(|at| is(objects.get(*at).label) || is(objects.get(*at).id.as_str())) {
            let owner = |found: &Found| matches!(found, Found::One { at: of, .. } if *of == at);
            match users.found.iter().position(owner) {
                Some(who) if named.iter().any(|named| matches!(named, Self::Person(known) if *known == who)) => {}
                Some(who) => named.push(Self::Person(who)),
                None => named.push(Self::Account(at)),
            }
        }
        let groups = scene.inputs.directory.groups.items().into_iter().flatten();
        let mut groups: Vec<&Group> = groups.filter(|group| is(&group.name) || is(group.id.as_str())).collect();
        groups.sort_by_key(|group| &group.id);
        named.extend(groups.into_iter().map(Self::Group));
        // Several people may have one display name, so it counts only where nothing better fits.
        if named.is_empty() {
            let is_shown = |at: &usize| scene.people[*at].person.text("displayName").is_some_and(|shown| is(shown));
            named.extend((0..scene.people.len()).filter(is_shown).map(Self::Person));
        }
        named
    }

    fn subject(self, users: &Users) -> Subject {
        match self {
            Self::Person(who) => {
                let person = users.scene.people[who].person;
                let object = match &users.found[who] {
                    Found::One { at, .. } => Some(users.matcher.objects.get(*at)),
                    Found::Nothing { .. } | Found::Unclear(_) => None,
                };
                let name = object.map_or_else(|| person.label(), |object| object.label);
                user(name, Some(&person.id), object.map(|object| object.id))
            }
            Self::Account(at) => {
                let object = users.matcher.objects.get(at);
                let source = users.matcher.owners.get(object.id).copied();
                user(object.label, source, Some(object.id))
            }
            Self::Group(group) => draft::group(&group.name, Some(group), None),
        }
    }

    fn explain(self, users: &Users) -> Explanation {
        let mut explanation = Explanation {
            subject: self.subject(users),
            also: Vec::new(),
            import: None,
            matching: Matching::default(),
            scope: Vec::new(),
            roles: Vec::new(),
            mapping: Vec::new(),
            grants: Vec::new(),
            record: Vec::new(),
            verdict: Verdict {
                text: "nothing is planned".into(),
                place: None,
                changes: Vec::new(),
                held: Vec::new(),
                notes: Vec::new(),
            },
        };
        match self {
            Self::Person(who) => steps::person(&mut explanation, users, who),
            Self::Account(at) => {
                explanation.matching.account = Some(steps::account(users, at));
                explanation.matching.link =
                    explanation.subject.source.is_some().then(|| users.matcher.objects.get(at).id.clone());
            }
            Self::Group(group) => explanation.import = Some(steps::import_of_group(users.scene, group)),
        }
        explanation
    }
}

fn nearest(users: &Users, who: &str) -> Option<Text> {
    let people = users.scene.people.iter().map(|user| &**user.person.label());
    let accounts = users.matcher.objects.all.iter().map(|object| &**object.label);
    let groups = users.scene.inputs.directory.groups.items().into_iter().flatten().map(|group| &*group.name);
    near_miss(who, people.chain(accounts).chain(groups)).map(Text::from)
}
