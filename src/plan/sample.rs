//! Plans and outcomes for tests: one with everything in it, and generated ones.

use proptest::prelude::*;

use super::{
    Action, AdminRequest, ApiUser, AttributeChange, Cause, CauseKind, Change, ChangeId, Dialect, FORMAT_VERSION,
    GrantChange, Held, Kind, MadeFrom, MemberName, Members, Note, Operation, OperatorsOf, Plan, Read, Reason, Ref,
    Remember, Request, SeatLine, Sent, Subject, UserField,
    outcome::{ChangeResult, LeftOut, Outcome, Status},
};
use crate::{
    manifest::{ManagerDialect, MembersDialect, PatchDialect},
    memory::{GrantKind, Sizes},
    names::{ApiId, AttrPath, License, Place, Post, SourceId, TargetId, Text, Value},
};

/// A line of the manifest.
pub(crate) fn place(line: u32) -> Place {
    Place::new("dialform.yaml", line, 7)
}

/// An account, by user name; with an id in Dialpad if it is there.
pub(crate) fn user(name: &str, live: bool) -> Subject {
    subject(Kind::User, name, live)
}

/// A group.
pub(crate) fn group(name: &str, live: bool) -> Subject {
    subject(Kind::Group, name, live)
}

fn subject(kind: Kind, name: &str, live: bool) -> Subject {
    let target = live.then(|| TargetId::new(format!("d-{name}")));
    Subject { kind, name: name.into(), source: Some(SourceId::new(format!("e-{name}"))), target }
}

/// A cause with a line.
pub(crate) fn cause(kind: CauseKind, text: &str, line: u32) -> Cause {
    Cause { kind, text: text.into(), place: Some(place(line)) }
}

/// An attribute before and after.
pub(crate) fn attribute(path: &str, before: Option<&str>, after: Option<&str>) -> AttributeChange {
    AttributeChange {
        path: AttrPath::parse(path).unwrap(),
        before: before.map(Value::from),
        after: after.map(Value::from),
        place: place(41).into(),
        redacted: false,
    }
}

/// A change without requests or dependencies.
pub(crate) fn change(action: Action, subject: Subject, cause: Cause) -> Change {
    let name = serde_json::to_value(action).unwrap();
    let id = ChangeId(format!("{}:{}", name.as_str().unwrap(), subject.source.as_ref().unwrap()).into());
    let (attributes, requests, depends_on) = (Vec::new(), Vec::new(), Vec::new());
    Change {
        id,
        action,
        subject,
        attributes: attributes.into(),
        members: Members::default(),
        grants: Vec::new(),
        requests,
        depends_on,
        cause,
        version: None,
    }
}

/// The same with attributes that change, and the one request for them.
pub(crate) fn with(mut change: Change, attributes: Vec<AttributeChange>) -> Change {
    let sent = |attribute: &AttributeChange| {
        (attribute.path.clone(), Sent::Value(attribute.after.clone().unwrap_or(Value::Boolean(false))))
    };
    let operation = |attribute: &AttributeChange| match (&attribute.before, &attribute.after) {
        (_, None) => Operation::Remove { path: attribute.path.clone() },
        (None, Some(value)) => Operation::Add { path: attribute.path.clone(), value: Sent::Value(value.clone()) },
        (Some(_), Some(value)) => {
            Operation::Replace { path: attribute.path.clone(), value: Sent::Value(value.clone()) }
        }
    };
    let live = || Ref::Live(change.subject.target.clone().unwrap_or_else(|| TargetId::new("d-none")));
    change.requests = match change.action {
        Action::CreateUser => vec![Request::CreateUser { attributes: attributes.iter().map(sent).collect() }],
        Action::CreateGroup => vec![Request::CreateGroup { attributes: attributes.iter().map(sent).collect() }],
        Action::DisableUser | Action::UpdateUser | Action::EnableUser | Action::SetManager => {
            vec![Request::PatchUser { user: live(), operations: attributes.iter().map(operation).collect() }]
        }
        Action::UpdateGroup => {
            vec![Request::PatchGroup { group: live(), operations: attributes.iter().map(operation).collect() }]
        }
        Action::DeleteUser => vec![Request::DeleteUser { user: live() }],
        Action::DeleteGroup => vec![Request::DeleteGroup { group: live() }],
        Action::AdoptUser
        | Action::AdoptGroup
        | Action::AddMembers
        | Action::RemoveMembers
        | Action::MoveOffice
        | Action::SetLicense
        | Action::SetSettings
        | Action::Grant
        | Action::Regrant
        | Action::Withdraw => Vec::new(),
    };
    change.attributes = attributes.into();
    change
}

fn boolean(path: &str, before: bool, after: bool) -> AttributeChange {
    AttributeChange {
        before: Some(Value::Boolean(before)),
        after: Some(Value::Boolean(after)),
        ..attribute(path, None, None)
    }
}

/// What a plan was made from.
pub(crate) fn made_from() -> MadeFrom {
    MadeFrom {
        manifest: "acme".into(),
        manifest_digest: "sha256:aa".into(),
        directory_digest: "sha256:bb".into(),
        live_digest: "sha256:cc".into(),
        target: "https://dialpad.com/scim".into(),
        at: "2026-10-05T09:30:00Z".parse().unwrap(),
        dialect: Dialect {
            patch: PatchDialect::Rfc7644,
            members: MembersDialect::Filter,
            manager: ManagerDialect::Record,
        },
        allowed: Vec::new(),
    }
}

/// A plan with no changes in which all is well.
pub(crate) fn empty() -> Plan {
    let read = Read {
        requests: 24,
        people: 2100,
        groups: 40,
        entitled: 1988,
        live_users: 2003,
        live_groups: 12,
        unchanged: 1988,
        millirate: Some(20_000),
    };
    Plan {
        format_version: FORMAT_VERSION,
        made_from: made_from(),
        changes: Vec::new(),
        held: Vec::new(),
        notes: Vec::new(),
        unmanaged: Vec::new(),
        left_out: 0,
        remember: Vec::new(),
        seats: Vec::new(),
        read,
    }
}

/// Every action, every reason and every kind of cause, and whatever else a plan can hold.
pub(crate) fn everything() -> Plan {
    let mut plan = empty();
    plan.read.unchanged = 1950;
    plan.seats = seats();
    plan.made_from.allowed = vec!["too_many=30".into()];
    plan.changes = changes();
    plan.held = Reason::ALL.into_iter().map(held).collect();
    plan.held.push(Held { subject: user("cfo@acme.example", true), ..held(Reason::Protected) });
    plan.held.push(Held { subject: user("eva@acme.example", true), ..held(Reason::TooMany) });
    plan.notes = vec![
        Note {
            code: "ends_soon".into(),
            message: "the assignment of ana@acme.example ends on 2026-10-09".into(),
            place: Some(place(23)),
        },
        Note { code: "rename_kept".into(), message: "group Sales is called Vertrieb in Dialpad".into(), place: None },
    ];
    plan.unmanaged = vec![group("Front desk", true), user("fax@acme.example", true), user("lobby@acme.example", true)];
    plan.left_out = 3;
    plan.remember = vec![Remember::EverythingAllowed, Remember::NotVanished { person: "e-1".into() }, sizes(2100)];
    plan
}

fn sizes(people: u64) -> Remember {
    Remember::Sizes(Sizes { people, groups: 40, live_users: 2003 })
}

fn changes() -> Vec<Change> {
    let assigned = |text| cause(CauseKind::Assigned, text, 20);
    let disable = |name: &str, kind, text, line| {
        with(
            change(Action::DisableUser, user(name, true), cause(kind, text, line)),
            vec![boolean("active", true, false)],
        )
    };
    let long = "Head of customer support for Europe, the Middle East and Africa, London office, third floor";
    let longer = "Head of customer success for Europe, the Middle East and Africa, Berlin office, third floor";
    let created = with(
        change(Action::CreateUser, user("ada@acme.example", false), assigned("group SG-Dialpad-Users as member")),
        vec![
            attribute("userName", None, Some("ada@acme.example")),
            attribute("displayName", None, Some("Ada Lovelace")),
            AttributeChange { redacted: true, ..attribute("title", None, Some("Head of a secret project")) },
            AttributeChange { after: Some(Value::Boolean(true)), ..attribute("active", None, None) },
        ],
    );
    let mut sales = with(
        change(Action::CreateGroup, group("Sales", false), assigned("group SG-Sales")),
        vec![attribute("displayName", None, Some("Sales"))],
    );
    sales.version = Some("W/\"1\"".into());
    let mut joins = change(
        Action::AddMembers,
        group("Sales", false),
        cause(CauseKind::Membership, "members of SG-Sales in the directory", 20),
    );
    joins.depends_on = vec![created.id.clone(), sales.id.clone()];
    joins.members.added = vec![
        MemberName { name: "ada@acme.example".into(), account: Ref::Created(created.id.clone()) },
        MemberName { name: "bob@acme.example".into(), account: Ref::Live("d-bob".into()) },
    ];
    joins.requests = vec![Request::AddMembers {
        group: Ref::Created(sales.id.clone()),
        members: joins.members.added.iter().map(|member| member.account.clone()).collect(),
    }];
    let mut leaves = change(
        Action::RemoveMembers,
        group("Support", true),
        cause(CauseKind::Membership, "members of SG-Support in the directory", 21),
    );
    leaves.members.removed = (1..=15)
        .map(|n| MemberName {
            name: format!("p{n}@acme.example").into(),
            account: Ref::Live(format!("d-p{n}").as_str().into()),
        })
        .collect();
    leaves.requests = vec![Request::RemoveMembers {
        group: Ref::Live("d-Support".into()),
        members: (1..=15).map(|n| TargetId::new(format!("d-p{n}"))).collect(),
    }];
    let mut manager = with(
        change(Action::SetManager, user("bob@acme.example", true), cause(CauseKind::Mapping, "manager", 44)),
        vec![attribute(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            None,
            Some("ada@acme.example"),
        )],
    );
    manager.depends_on = vec![created.id.clone()];
    if let [Request::PatchUser { operations, .. }] = manager.requests.as_mut_slice() {
        let path = AttrPath::parse("manager.value").unwrap();
        *operations = vec![Operation::Add { path, value: Sent::Reference(Ref::Created(created.id.clone())) }];
    }
    vec![
        Change {
            attributes: [attribute("externalId", Some("e-old"), Some("e-old"))].into(),
            ..change(Action::AdoptUser, user("old@acme.example", true), assigned("matched by externalId"))
        },
        change(Action::AdoptGroup, group("Support", true), assigned("group SG-Support")),
        disable("blocked@acme.example", CauseKind::Blocked, "sign-in is blocked in the directory", 9),
        disable("deleted@acme.example", CauseKind::SoftDeleted, "deleted in the directory", 9),
        disable("absent@acme.example", CauseKind::Absent, "not in the directory", 9),
        disable("left@acme.example", CauseKind::Unassigned, "left group SG-Dialpad-Users", 20),
        disable("ended@acme.example", CauseKind::OutsideDates, "the assignment ended on 2026-09-30", 23),
        disable("filtered@acme.example", CauseKind::Filter, "no filter passes: Staff in EMEA", 30),
        disable("stranger@acme.example", CauseKind::NotEntitled, "nobody is entitled to it", 60),
        created,
        with(
            change(
                Action::UpdateUser,
                user("bob@acme.example", true),
                cause(CauseKind::Mapping, "differs from what is mapped", 41),
            ),
            vec![
                attribute("name.familyName", Some("Smith"), Some("Smith-Jones")),
                attribute("title", Some(long), Some(longer)),
                attribute("phoneNumbers[type eq \"work\"].value", Some("+44 20 7946 0958"), None),
            ],
        ),
        with(
            change(Action::EnableUser, user("back@acme.example", true), assigned("group SG-Dialpad-Users as member")),
            vec![boolean("active", false, true)],
        ),
        granting(Action::MoveOffice, GrantKind::Office, "", Some("London"), Some("Berlin"), move_office()),
        granting(
            Action::SetLicense,
            GrantKind::License,
            "",
            Some("talk"),
            Some("agents"),
            patch(UserField::License(License::Agents)),
        ),
        granting(
            Action::SetSettings,
            GrantKind::Setting,
            "extension",
            None,
            Some("4711"),
            patch(UserField::Extension("4711".into())),
        ),
        sales,
        with(
            change(Action::UpdateGroup, group("Support", true), cause(CauseKind::Mapping, "renamed", 50)),
            vec![attribute("displayName", Some("Support"), Some("Support EMEA"))],
        ),
        joins,
        manager,
        granting(
            Action::Grant,
            GrantKind::ContactCenter,
            "Support EMEA",
            None,
            Some("operator, skill 80"),
            add_operator(),
        ),
        granting(
            Action::Regrant,
            GrantKind::ContactCenter,
            "Support <b>US</b>",
            Some("operator, skill 50"),
            Some("operator, skill 80"),
            AdminRequest::SetSkill { contact_center: ApiId::new("72"), user: record(), skill: 80 },
        ),
        granting(
            Action::Withdraw,
            GrantKind::Channel,
            "All hands",
            Some(""),
            None,
            AdminRequest::RemoveChannelMember { channel: ApiId::new("9"), user: record() },
        ),
        leaves,
        with(
            change(
                Action::DeleteGroup,
                group("Old team", true),
                cause(CauseKind::GroupOutOfScope, "no assignment names it", 20),
            ),
            vec![attribute("displayName", Some("Old team"), None)],
        ),
        with(
            change(
                Action::DeleteUser,
                user("gone@acme.example", true),
                cause(CauseKind::DeleteAfter, "suspended since 2026-09-01, delete_after is 30d", 36),
            ),
            vec![attribute("userName", Some("gone@acme.example"), None)],
        ),
    ]
}

fn seats() -> Vec<SeatLine> {
    let line = |office: &str, license, free_before, needed, freed, missing| SeatLine {
        office: office.into(),
        license,
        free_before,
        needed,
        freed,
        free_after: i64::try_from(free_before + freed).unwrap() - i64::try_from(needed).unwrap(),
        missing,
    };
    vec![
        line("London", License::Talk, 12, 3, 1, 0),
        line("London", License::Agents, 1, 2, 1, 2),
        line("Berlin <b>", License::Support, 0, 2, 0, 0),
    ]
}

fn record() -> ApiUser {
    ApiUser::Live(ApiId::new("5001"))
}

fn patch(field: UserField) -> AdminRequest {
    AdminRequest::PatchUser { user: record(), fields: vec![field] }
}

fn move_office() -> AdminRequest {
    patch(UserField::Office(ApiId::new("31")))
}

fn add_operator() -> AdminRequest {
    AdminRequest::AddOperator {
        group: OperatorsOf::ContactCenter(ApiId::new("71")),
        user: record(),
        post: Post::Operator,
        skill: Some(80),
        license: Some(License::Agents),
        keep_paid_numbers: Some(true),
    }
}

/// A change through the admin API, of one grant.
fn granting(
    action: Action,
    kind: GrantKind,
    name: &str,
    before: Option<&str>,
    after: Option<&str>,
    request: AdminRequest,
) -> Change {
    let grant = GrantChange {
        kind,
        name: name.into(),
        at: None,
        before: before.map(Text::from),
        after: after.map(Text::from),
        given: None,
        place: place(14),
    };
    let mut change = change(action, user("lin@acme.example", true), cause(CauseKind::Assigned, "role supervisor", 12));
    change.grants = vec![grant];
    change.requests = vec![Request::Admin(request)];
    change
}

/// Something held for a reason.
pub(crate) fn held(reason: Reason) -> Held {
    let (action, subject) = match reason {
        Reason::FirstRemovals => (Some(Action::RemoveMembers), group("Support", true)),
        Reason::ForeignTarget | Reason::EmptySource | Reason::Incomplete => (None, group("acme", false)),
        _ => (Some(Action::DisableUser), user("kim@acme.example", true)),
    };
    let remedy = match reason.can_be_allowed() {
        true => format!("`--allow {}={}` lets it through", reason.name(), subject.name),
        false => "mend the entry in the directory, or take the line out of `safety`".to_owned(),
    };
    let message = format!("what is the matter with {}", reason.name());
    Held { reason, subject, action, message: message.into(), places: vec![place(60)], remedy: remedy.into() }
}

/// An outcome of [`everything`] with every status in it.
pub(crate) fn outcome(plan: &Plan) -> Outcome {
    let results = plan.changes.iter().enumerate().map(|(n, change)| ChangeResult {
        change: change.id.clone(),
        action: change.action,
        subject: change.subject.clone(),
        grants: change.grants.clone(),
        status: match n % 5 {
            0 => Status::Already,
            2 => Status::Failed { http: Some(400), message: "the service answered: invalidValue".into() },
            4 if change.members.is_empty() => Status::Skipped { because: "it needs what failed".into() },
            _ => Status::Done,
        },
        target: change.subject.target.clone(),
        left_out: match change.members.added.first() {
            Some(MemberName { name, .. }) => {
                vec![LeftOut { member: name.clone(), because: "its create failed".into() }]
            }
            None => Vec::new(),
        },
        not_stored: if n == 11 { vec![AttrPath::core("title")] } else { Vec::new() },
        waiting: false,
    });
    Outcome {
        results: results.collect(),
        stopped: None,
        unverified: 0,
        requests: 31,
        retries: 4,
        lookups: 0,
        millis: 12_345,
    }
}

/// Text with all that is dangerous somewhere in it.
pub(crate) fn hostile_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z0-9 ._@-]{1,24}",
        2 => "\\PC{0,24}",
        2 => any::<String>(),
        1 => proptest::sample::select(vec![
            "\u{1b}[2J\u{1b}]8;;http://x\u{7}", "<script>alert(1)</script>", "| a | b |\n|---|", "@everyone #1 GH-2",
            "[click](javascript:x) ![i](http://x)", "```\n# title", "\u{202e}gnp.exe", "=HYPERLINK(\"http://x\")",
            "</details>\n\n# owned", "a\u{2028}b", "&lt;b&gt;", "\\`\\|", "https://evil.example/x www.evil.example",
            "<!-- dialform -->", "", "  ", "*a* _b_ ~c~ $x$",
        ]).prop_map(str::to_owned),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => hostile_text().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::Integer),
        1 => any::<bool>().prop_map(Value::Boolean),
        1 => (0i64..4_000_000_000).prop_map(|s| Value::DateTime(jiff::Timestamp::from_second(s).unwrap())),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            proptest::collection::btree_map("[a-z]{1,6}", inner, 0..3)
                .prop_map(|map| Value::Record(map.into_iter().map(|(k, v)| (Text::from(k), v)).collect())),
        ]
    })
}

fn any_place() -> impl Strategy<Value = Place> {
    (hostile_text(), 0u32..9999, 0u32..200).prop_map(|(file, line, column)| Place::new(file, line, column))
}

fn any_attribute() -> impl Strategy<Value = AttributeChange> {
    let path = proptest::sample::select(vec![
        "userName",
        "name.givenName",
        "emails[type eq \"work\"].value",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    ]);
    (path, proptest::option::of(value()), proptest::option::of(value()), any_place(), any::<bool>()).prop_map(
        |(path, before, after, place, redacted)| AttributeChange {
            path: AttrPath::parse(path).unwrap(),
            before,
            after,
            place: place.into(),
            redacted,
        },
    )
}

fn any_change(n: usize) -> impl Strategy<Value = Change> {
    let kinds = vec![
        CauseKind::Assigned,
        CauseKind::Mapping,
        CauseKind::Blocked,
        CauseKind::Absent,
        CauseKind::Filter,
        CauseKind::Membership,
    ];
    (
        proptest::sample::select(Action::ALL.to_vec()),
        hostile_text(),
        any::<bool>(),
        (proptest::sample::select(kinds), hostile_text(), proptest::option::of(any_place())),
        proptest::collection::vec(any_attribute(), 0..4),
        proptest::collection::vec((hostile_text(), hostile_text()), 0..4),
    )
        .prop_map(move |(action, name, live, (kind, text, place), attributes, members)| {
            let subject = subject(action.kind(), &name, live);
            let mut change = change(action, subject, Cause { kind, text: text.into(), place });
            change.id = ChangeId(format!("{n}:{name}").into());
            let members = members
                .into_iter()
                .map(|(name, id)| MemberName { name: name.into(), account: Ref::Live(id.as_str().into()) });
            match action {
                Action::AddMembers => change.members.added = members.collect(),
                Action::RemoveMembers => change.members.removed = members.collect(),
                _ => change = with(change, attributes),
            }
            change
        })
}

fn any_held() -> impl Strategy<Value = Held> {
    (
        proptest::sample::select(Reason::ALL.to_vec()),
        hostile_text(),
        proptest::option::of(proptest::sample::select(Action::ALL.to_vec())),
        (hostile_text(), hostile_text()),
        proptest::collection::vec(any_place(), 0..2),
    )
        .prop_map(|(reason, name, action, (message, remedy), places)| Held {
            reason,
            subject: user(&name, true),
            action,
            message: message.into(),
            places,
            remedy: remedy.into(),
        })
}

/// Any plan that holds together, with hostile text everywhere.
pub(crate) fn arbitrary() -> impl Strategy<Value = Plan> {
    let changes = (0usize..12).prop_flat_map(|n| (0..n).map(any_change).collect::<Vec<_>>());
    let notes = proptest::collection::vec((hostile_text(), hostile_text(), proptest::option::of(any_place())), 0..3);
    (
        changes,
        proptest::collection::vec(any_held(), 0..6),
        notes,
        proptest::collection::vec(hostile_text(), 0..4),
        (0u64..3, proptest::option::of(0u64..50_000), hostile_text(), hostile_text()),
    )
        .prop_map(|(changes, held, notes, unmanaged, (left_out, millirate, target, manifest))| {
            let mut plan = empty();
            plan.changes = changes;
            plan.held = held;
            plan.notes = notes
                .into_iter()
                .map(|(code, message, place)| Note { code: code.into(), message: message.into(), place })
                .collect();
            plan.unmanaged = unmanaged.iter().map(|name| user(name, true)).collect();
            plan.left_out = left_out;
            plan.read.millirate = millirate;
            plan.made_from.target = target.into();
            plan.made_from.manifest = manifest.into();
            plan
        })
}

/// The small plan that `docs/output.md` shows.
pub(crate) fn documented() -> Plan {
    let assigned = |name: &str| {
        let cause = cause(CauseKind::Assigned, "group SG-Dialpad-Users as member", 21);
        let change = change(Action::CreateUser, user(name, false), cause);
        with(change, vec![attribute("userName", None, Some(name)), attribute("title", None, Some("Agent"))])
    };
    let mut plan = empty();
    plan.changes = everything()
        .changes
        .into_iter()
        .filter(|change| ["left@acme.example", "bob@acme.example"].contains(&&*change.subject.name))
        .filter(|change| change.action != Action::SetManager)
        .collect();
    plan.changes.splice(1..1, [assigned("ada@acme.example"), assigned("grace@acme.example")]);
    let message = "26 people would be disabled by policy and the budget is 25";
    plan.held = vec![Held {
        message: message.into(),
        remedy: "`--allow too_many=26` lets them through".into(),
        places: vec![place(58)],
        ..held(Reason::TooMany)
    }];
    plan.unmanaged = vec![user("lobby@acme.example", true)];
    plan
}
