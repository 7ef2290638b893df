//! The steps before the decision: import, match, scope, map.

use super::{Account, Check, Explanation, GivenGrant, Gives, Import, MappedValue, Matching, Passed, Tried};
use crate::{
    desired::{self, CauseKind, Mapped, Standing},
    directory::{Group, Member, Person},
    expr::Lookup,
    live,
    manifest::Apply,
    names::{AttrPath, RoleName, SourceId, Text, Value},
    plan::{
        index::At,
        matching::{By, Found},
        scene::Scene,
        targets::{Own, Target},
        users::Users,
    },
};

pub(super) fn person(explanation: &mut Explanation, users: &Users, who: usize) {
    let desired::User { person, standing, .. } = users.scene.people[who];
    explanation.import = Some(import(users.scene, person));
    explanation.matching = matching(users, who);
    explanation.scope = checks(standing);
    if let Standing::Entitled { roles, .. } = standing {
        explanation.roles.clone_from(roles);
        let granted = desired::granted(users.scene.manifest(), users.scene.people[who].person, roles);
        let given = |(what, gives, place)| GivenGrant { what, gives, place };
        explanation.grants = granted.lines().into_iter().map(given).collect();
    }
    explanation.verdict.place = match standing {
        Standing::Entitled { cause, .. } | Standing::Out(cause) | Standing::Unclear(cause) => cause.place.clone(),
    };
    explanation.mapping = mapped(users, who);
}

fn import(scene: &Scene, person: &Person) -> Import {
    let is_in = |group: &&Group| group.members.iter().any(|member| *member == Member::Person(person.id.clone()));
    let groups = scene.inputs.directory.groups.items().into_iter().flatten();
    let mut groups: Vec<Text> = groups.filter(is_in).map(|group| group.name.clone()).collect();
    groups.sort();
    let label = |id: &SourceId| {
        scene.position(id).map_or_else(|| id.text().clone(), |at| scene.people[at].person.label().clone())
    };
    Import {
        id: person.id.clone(),
        attributes: person.attributes.clone(),
        manager: person.manager.as_ref().map(label),
        soft_deleted: person.soft_deleted,
        groups,
        members: None,
        place: person.place.clone(),
    }
}

pub(super) fn import_of_group(scene: &Scene, group: &Group) -> Import {
    let is_in = |outer: &&Group| outer.members.iter().any(|member| *member == Member::Group(group.id.clone()));
    let groups = scene.inputs.directory.groups.items().into_iter().flatten();
    let mut groups: Vec<Text> = groups.filter(is_in).map(|outer| outer.name.clone()).collect();
    groups.sort();
    Import {
        id: group.id.clone(),
        attributes: group.attributes.clone(),
        manager: None,
        soft_deleted: false,
        groups,
        members: Some(group.members.len() as u64),
        place: group.place.clone(),
    }
}

fn matching(users: &Users, who: usize) -> Matching {
    let user = users.scene.people[who];
    let id = &user.person.id;
    let subject = desired::Subject::new(user.person, !user.standing.is_entitled());
    let mut matching = Matching { link: users.link(id).map(|link| link.target.clone()), ..Matching::default() };
    let by = match &users.found[who] {
        Found::One { at, by } => {
            matching.account = Some(account(users, *at));
            Some(*by)
        }
        Found::Nothing { .. } | Found::Unclear(_) => None,
    };
    matching.by = by.map(|by| match by {
        By::Link => "link".into(),
        By::ExternalId => "externalId".into(),
        By::Attribute(nth) => users.matcher.keys[nth].0.as_str().into(),
    });
    if by == Some(By::Link) {
        return matching;
    }
    let external = AttrPath::core("externalId");
    let mut tries = vec![(&external, &users.matcher.external)];
    if by != Some(By::ExternalId) {
        tries.extend(users.matcher.keys.iter().filter(|(path, _)| *path != external).map(|(path, by)| (path, by)));
    }
    for (nth, (path, index)) in tries.into_iter().enumerate() {
        let target = users.targets.at(path);
        if nth == 0 && target.is_none() {
            continue;
        }
        let value = target.and_then(|target| users.targets.for_matching(target, &subject, id));
        let held = value.as_ref().map(|value| index.find(value)).unwrap_or_default();
        let held_by: Vec<Account> = held.iter().map(|at| account(users, *at)).collect();
        let place = target.map(|target| target.mapping.place.clone());
        let ends = !held_by.is_empty();
        matching.tried.push(Tried { attribute: path.as_str().into(), value, held_by, place });
        if ends {
            break;
        }
    }
    matching
}

/// The checks of scope, from the one that failed or from all that hold.
fn checks(standing: &Standing) -> Vec<Check> {
    const NAMES: [&str; 4] = ["active", "assigned", "role", "filter"];
    let (cause, failed) = match standing {
        Standing::Entitled { cause, .. } => (cause, None),
        Standing::Out(cause) | Standing::Unclear(cause) => (cause, Some(failed_check(cause.kind))),
    };
    NAMES
        .into_iter()
        .enumerate()
        .map(|(nth, name)| {
            let passed = match failed {
                Some(failed) if nth == failed => Passed::No,
                Some(failed) if nth > failed => Passed::NotReached,
                Some(_) | None => Passed::Yes,
            };
            let decided = passed == Passed::No || passed == Passed::Yes && failed.is_none() && name == "assigned";
            Check {
                name,
                passed,
                because: if decided { cause.text.clone() } else { said_of(name, passed, standing) },
                place: cause.place.clone().filter(|_| decided),
            }
        })
        .collect()
}

/// Which check it is whose failing is such a cause.
fn failed_check(kind: CauseKind) -> usize {
    match kind {
        CauseKind::Blocked | CauseKind::SoftDeleted | CauseKind::Absent | CauseKind::DeleteAfter | CauseKind::Gone => 0,
        CauseKind::Unassigned | CauseKind::OutsideDates | CauseKind::GroupOutOfScope | CauseKind::NotEntitled => 1,
        CauseKind::Filter => 3,
        CauseKind::Assigned | CauseKind::Mapping | CauseKind::Membership | CauseKind::UnknownRole | CauseKind::Undo => {
            2
        }
    }
}

fn said_of(name: &str, passed: Passed, standing: &Standing) -> Text {
    let roles = match standing {
        Standing::Entitled { roles, .. } => roles.as_slice(),
        Standing::Out(_) | Standing::Unclear(_) => &[],
    };
    match (name, passed) {
        (_, Passed::NotReached) => "not looked at".into(),
        ("active", _) => "sign-in is not blocked".into(),
        ("role", _) if roles.is_empty() => "no role is needed".into(),
        ("role", _) => roles.iter().map(RoleName::as_str).collect::<Vec<_>>().join(", ").into(),
        ("filter", _) => "no filter stops it".into(),
        (_, _) => "an assignment holds".into(),
    }
}

/// What the mappings give: all of them for somebody entitled, those that read
/// `IsSoftDeleted` for others.
fn mapped(users: &Users, who: usize) -> Vec<MappedValue> {
    let user = users.scene.people[who];
    let entitled = user.standing.is_entitled();
    let subject = desired::Subject::new(user.person, !entitled);
    let at = match &users.found[who] {
        Found::One { at, .. } => Some(*at),
        Found::Nothing { .. } | Found::Unclear(_) => None,
    };
    let targets = users.targets.all.iter().filter(|target| entitled || target.leaving);
    targets.map(|target| one(users, target, &subject, &user.person.id, at)).collect()
}

fn one(users: &Users, target: &Target, subject: &dyn Lookup, id: &SourceId, at: Option<At>) -> MappedValue {
    let mapping = target.mapping;
    let object = at.map(|at| users.matcher.objects.get(at));
    let own = at.zip(object).map(|(at, object)| Own { at, object: object.attributes });
    let holds =
        object.and_then(|object| live::at(object.attributes, &mapping.target)).map(std::borrow::Cow::into_owned);
    let mapped = users.targets.value(target, subject, id, own);
    let differs = match (&mapped, &holds) {
        (Mapped::Value(wanted), Some(held)) => !target.comparison.holds(held, wanted),
        (Mapped::Value(_), None) => true,
        (Mapped::Reference(_) | Mapped::Empty | Mapped::Ignored | Mapped::Failed(_), _) => false,
    };
    let ignored = match mapping.apply {
        _ if target.read_only => Some("read_only"),
        Apply::OnCreate if at.is_some() => Some("on_create"),
        Apply::OnCreate | Apply::Always => None,
    };
    let mut reads: Vec<&Text> = mapping.reads();
    reads.sort_unstable();
    reads.dedup();
    let hide = |value: Value| if target.redacted { Value::text("redacted") } else { value };
    let gives = match mapped {
        Mapped::Value(_) if target.redacted => Gives::Redacted,
        Mapped::Value(value) => Gives::Value(value),
        Mapped::Reference(source) => {
            let who = users.scene.position(&source);
            Gives::Reference(
                who.map_or_else(|| source.text().clone(), |at| users.scene.people[at].person.label().clone()),
            )
        }
        Mapped::Empty => Gives::Empty,
        Mapped::Ignored => Gives::Ignored,
        Mapped::Failed(error) => Gives::Failed(error.message.into()),
    };
    MappedValue {
        target: mapping.target.as_str().into(),
        source: target.source().into(),
        reads: reads.into_iter().map(|name| (name.clone(), subject.get(name).cloned())).collect(),
        gives,
        default: mapping.default.clone().filter(|_| at.is_none()),
        holds: holds.map(hide),
        ignored,
        differs: differs && ignored.is_none(),
        place: mapping.place.clone(),
    }
}

pub(super) fn account(users: &Users, at: At) -> Account {
    let object = users.matcher.objects.get(at);
    Account { id: object.id.clone(), name: object.label.clone(), active: object.active }
}
