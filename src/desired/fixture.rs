//! Manifests and directories for the tests of this room.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    directory::{Directory, Group, Member, Person},
    manifest::{
        Assignment, Budget, Budgets, DefaultAccess, Exclusive, Files, Filter, GrantRules, GroupFiles, GroupMappings,
        ManagerDialect, Manifest, MembersDialect, Membership, OnOutOfScope, OnRename, Ownership, PatchDialect, Placed,
        Principal, ReadDialect, Role, Safety, Sandbox, Scim, Scope, Seats, Source, Target, UserMappings, scope::Clause,
    },
    names::{Complete, Folded, Place, Reading, RoleName, SourceId, Value},
};

pub(super) fn at(line: u32) -> Place {
    Place::new("dialform.yaml", line, 1)
}

fn placed<T>(value: T) -> Placed<T> {
    Placed { value, place: Place::default_value() }
}

/// A manifest with the roles `supervisor` and `member`, in this order, and no assignments.
pub(super) fn manifest() -> Manifest {
    let role = |name: &str| Role {
        name: name.into(),
        description: None,
        grants: Default::default(),
        app_role: None,
        place: at(1),
    };
    let budget = Budget::default();
    Manifest {
        name: "acme".into(),
        enabled: placed(true),
        timezone: TimeZone::UTC,
        pilot: Vec::new(),
        source: Source::Files(Files { people: placed("people.csv".into()), groups: GroupFiles::None }),
        target: Target::Sandbox(Sandbox {
            folder: "sandbox".into(),
            scim: Scim {
                rate: None,
                concurrency: 1,
                patch: PatchDialect::Rfc7644,
                members: MembersDialect::Filter,
                manager: ManagerDialect::Record,
                read: ReadDialect::List,
                page_size: 100,
                members_per_request: 1000,
            },
            tenant: None,
        }),
        scope: Placed { value: Scope::Assigned, place: at(2) },
        default_access: DefaultAccess::Exclude,
        roles: vec![role("supervisor"), role("member")],
        assignments: Vec::new(),
        user_filters: Vec::new(),
        group_filters: Vec::new(),
        users: UserMappings {
            create: true,
            update: true,
            delete: false,
            delete_after: None,
            matching: Vec::new(),
            attributes: Vec::new(),
            place: at(3),
        },
        groups: GroupMappings {
            enabled: true,
            create: true,
            update: true,
            delete: false,
            matching: Vec::new(),
            attributes: Vec::new(),
            members: None,
            on_rename: OnRename::Keep,
            membership: Membership::Exact,
            place: at(4),
        },
        grants: GrantRules {
            exclusive: Exclusive::default(),
            keep_paid_numbers: true,
            note_free_seats: 10,
            office_on_create: true,
            license_on_create: true,
        },
        safety: Safety {
            seats: Seats::Hold,
            budgets: Budgets {
                creates: budget,
                adopts: budget,
                enables: budget,
                withdrawals: budget,
                disables: budget,
                deletes: budget,
                member_removals: budget,
                updates: budget,
            },
            protect: Vec::new(),
            ownership: Ownership::ExternalId,
            on_out_of_scope: OnOutOfScope::Disable,
            place: at(5),
        },
        notify: crate::manifest::Notify::default(),
        state: placed(crate::manifest::StateUrl::Folder(".dialform".into())),
        run: crate::manifest::Run::default(),
        digest: "".into(),
    }
}

/// An assignment of a group (nested where the name ends in `/`) or, with an `@`, of a person.
pub(super) fn assign(who: &str, role: &str, line: u32) -> Assignment {
    let principal = match who.strip_suffix('/') {
        Some(name) => Principal::Group { name: name.into(), nested: true },
        None if who.contains('@') => Principal::User(Folded::new(who)),
        None => Principal::Group { name: who.into(), nested: false },
    };
    let role = (!role.is_empty()).then(|| RoleName::new(role));
    Assignment { principal, role, from: None, until: None, place: at(line) }
}

/// The same with days; empty text is none.
pub(super) fn dated(who: &str, role: &str, from: &str, until: &str, line: u32) -> Assignment {
    let day = |text: &str| (!text.is_empty()).then(|| text.parse::<Date>().unwrap());
    Assignment { from: day(from), until: day(until), ..assign(who, role, line) }
}

pub(super) fn filter(name: &str, clauses: &[(&str, &str, &str)], line: u32) -> Filter {
    let clauses = clauses.iter().map(|(attribute, operator, value)| {
        Clause::compile(attribute, operator, Some(value).filter(|v| !v.is_empty()).copied(), at(line)).unwrap()
    });
    Filter::new(name, clauses.collect(), at(line)).unwrap()
}

/// A person with the id `id-NAME`, the user principal name `NAME@acme.example` and further attributes.
pub(super) fn person(name: &str, attributes: &[(&str, Value)]) -> Person {
    let user_name = ("userPrincipalName", Value::text(format!("{name}@acme.example")));
    let all = std::iter::once(&user_name).chain(attributes);
    Person {
        id: SourceId::new(format!("id-{name}")),
        attributes: all.map(|(name, value)| ((*name).into(), value.clone())).collect(),
        soft_deleted: false,
        manager: None,
        place: None,
    }
}

/// A group with the id `id-NAME`, people by name and, beginning with `+`, groups by name.
pub(super) fn group(name: &str, members: &[&str]) -> Group {
    let member = |name: &&str| match name.strip_prefix('+') {
        Some(group) => Member::Group(SourceId::new(format!("id-{group}"))),
        None => Member::Person(SourceId::new(format!("id-{name}"))),
    };
    Group {
        id: SourceId::new(format!("id-{name}")),
        name: name.into(),
        attributes: [("displayName".into(), Value::text(name))].into_iter().collect(),
        members: members.iter().map(member).collect(),
        place: None,
    }
}

pub(super) fn directory(people: Vec<Person>, groups: Vec<Group>) -> Directory {
    Directory::new(Reading::Complete(Complete::attest(people)), Reading::Complete(Complete::attest(groups)))
}

pub(super) fn noon(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}
