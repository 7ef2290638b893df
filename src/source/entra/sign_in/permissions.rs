//! What a token may do, against what reading people and groups needs.
//!
//! Application permissions stand in a token's `roles`, delegated ones in its `scp`. The
//! least ones are from Microsoft's permission table of each request ("Microsoft Graph
//! permissions reference").

use crate::source::entra::{Claims, Wanted};

/// What is asked of Graph besides people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The application, and who is assigned to it.
    pub assigned: bool,
    /// Groups and their members.
    pub groups: bool,
    /// `employeeLeaveDateTime`, which has a permission of its own.
    pub leave_date: bool,
}

impl Asked {
    /// What a manifest asks for.
    pub fn of(wanted: &Wanted) -> Self {
        let Wanted { assigned, groups, every_group, .. } = wanted;
        Self {
            assigned: *assigned,
            // Groups may be assigned too.
            groups: *assigned || *every_group || !groups.is_empty(),
            leave_date: wanted.offered().iter().any(|name| **name == *"employeeLeaveDateTime"),
        }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// All that is granted, sorted.
    pub granted: Vec<String>,
    /// Whether they are a person's (`scp`) and not an application's (`roles`).
    pub delegated: bool,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// What can change things, and is never needed.
    pub writing: Vec<String>,
    /// What only reads, and is not needed either.
    pub unneeded: Vec<String>,
}

/// A permission that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The least that is enough, such as `User.Read.All`.
    pub permission: &'static str,
    /// What does not work without it: a lower-case fragment.
    pub stops: &'static str,
}

/// What reading needs: the least permission first, then others that are enough.
struct Need {
    enough: &'static [&'static str],
    stops: &'static str,
    wanted: fn(Asked) -> bool,
}

const NEEDS: [Need; 7] = [
    Need {
        enough: &["Application.Read.All", "Directory.Read.All", "Application.ReadWrite.All", "Directory.ReadWrite.All"],
        stops: "the enterprise application and who is assigned to it cannot be read",
        wanted: |asked| asked.assigned,
    },
    Need {
        enough: &[
            "GroupMember.Read.All",
            "Group.ReadBasic.All",
            "Group.Read.All",
            "Directory.Read.All",
            "GroupMember.ReadWrite.All",
            "Group.ReadWrite.All",
            "Directory.ReadWrite.All",
        ],
        stops: "groups cannot be read",
        wanted: |asked| asked.groups,
    },
    Need {
        enough: &[
            "GroupMember.Read.All",
            "GroupMember.ReadBasic.All",
            "Group.Read.All",
            "Directory.Read.All",
            "GroupMember.ReadWrite.All",
            "Group.ReadWrite.All",
            "Directory.ReadWrite.All",
        ],
        stops: "members of groups cannot be read",
        wanted: |asked| asked.groups,
    },
    Need {
        enough: &["User.Read.All", "Directory.Read.All", "User.ReadWrite.All", "Directory.ReadWrite.All"],
        stops: "people come without their values, which looks like an answer and is none; nothing is planned from it",
        wanted: |_| true,
    },
    Need {
        enough: &["Member.Read.Hidden"],
        stops: "members of groups with hidden membership cannot be read",
        // Few tenants have such groups, and who has none needs nothing.
        wanted: |_| false,
    },
    Need {
        enough: &["Synchronization.Read.All", "Synchronization.ReadWrite.All"],
        stops: "whether Entra's own provisioning job is active cannot be seen",
        // What is read is as good without it; that it cannot be seen is said elsewhere.
        wanted: |_| false,
    },
    Need {
        enough: &["User-LifeCycleInfo.Read.All", "User-LifeCycleInfo.ReadWrite.All"],
        stops: "`employeeLeaveDateTime` cannot be read",
        wanted: |asked| asked.leave_date,
    },
];

/// What every delegated token has, and what says nothing of the directory.
const OF_SIGNING_IN: [&str; 5] = ["openid", "profile", "email", "offline_access", "User.Read"];

/// The delegated permission to do whatever the person may.
const AS_THE_PERSON: &str = "Directory.AccessAsUser.All";

/// Compares what a token says with what is needed; `None` when it does not say.
pub fn judge(claims: &Claims, asked: Asked) -> Option<Verdict> {
    let delegated = claims.roles.is_empty() && !claims.scp.is_empty();
    let mut granted = if delegated { claims.scp.clone() } else { claims.roles.clone() };
    granted.sort();
    granted.dedup();
    // A token without either is one of an application that was granted nothing, if it says who it is.
    if granted.is_empty() && claims.tid.is_none() && claims.appid.is_none() {
        return None;
    }
    let has = |permission: &str| granted.iter().any(|granted| granted.eq_ignore_ascii_case(permission));
    let as_the_person = delegated && has(AS_THE_PERSON);
    let mut missing: Vec<Missing> = Vec::new();
    for need in NEEDS.iter().filter(|need| (need.wanted)(asked)) {
        let permission = need.enough[0];
        if as_the_person || need.enough.iter().any(|enough| has(enough)) {
            continue;
        }
        match missing.iter_mut().find(|missing| missing.permission == permission) {
            // One grant mends both.
            Some(missing) => missing.stops = "groups and their members cannot be read",
            None => missing.push(Missing { permission, stops: need.stops }),
        }
    }
    let mut verdict = Verdict { delegated, missing, ..Verdict::default() };
    for permission in &granted {
        if OF_SIGNING_IN.iter().any(|usual| usual.eq_ignore_ascii_case(permission)) {
            continue;
        }
        if writes(permission) {
            verdict.writing.push(permission.clone());
        } else if !NEEDS.iter().flat_map(|need| need.enough).any(|enough| enough.eq_ignore_ascii_case(permission)) {
            verdict.unneeded.push(permission.clone());
        }
    }
    verdict.granted = granted;
    Some(verdict)
}

/// Whether a permission changes things. Their names are `Resource.Operation.Constraint`; what
/// only reads has an operation that begins with `Read` and does not go on with `Write`.
fn writes(permission: &str) -> bool {
    let operation = permission.split('.').nth(1).unwrap_or_default().to_ascii_lowercase();
    !operation.starts_with("read") || operation.contains("write")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSIGNED: Asked = Asked { assigned: true, groups: true, leave_date: false };
    const LEAST: [&str; 3] = ["Application.Read.All", "GroupMember.Read.All", "User.Read.All"];

    fn roles(roles: &[&str]) -> Claims {
        Claims {
            tid: Some("t".into()),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            ..Claims::default()
        }
    }

    fn sorted<'a>(permissions: &[&'a str]) -> Vec<&'a str> {
        let mut permissions = permissions.to_vec();
        permissions.sort_unstable();
        permissions
    }

    fn missing(granted: &[&str], asked: Asked) -> Vec<&'static str> {
        judge(&roles(granted), asked).unwrap().missing.into_iter().map(|missing| missing.permission).collect()
    }

    #[test]
    fn the_least_permissions_are_enough_and_not_too_many() {
        let verdict = judge(&roles(&LEAST), ASSIGNED).unwrap();
        assert_eq!(verdict, Verdict { granted: LEAST.map(str::to_owned).to_vec(), ..Verdict::default() });
    }

    #[test]
    fn each_one_that_is_missing_is_named_once_with_what_stops() {
        for absent in LEAST {
            let granted: Vec<_> = LEAST.into_iter().filter(|permission| *permission != absent).collect();
            assert_eq!(missing(&granted, ASSIGNED), [absent]);
        }
        assert_eq!(missing(&[], ASSIGNED), LEAST);
        // Names and mail alone are not people's values.
        assert_eq!(missing(&[LEAST[0], LEAST[1], "User.ReadBasic.All"], ASSIGNED), ["User.Read.All"]);
        assert_eq!(missing(&[LEAST[0], LEAST[2], "Group.ReadBasic.All"], ASSIGNED), ["GroupMember.Read.All"]);
        let basic = [LEAST[0], LEAST[2], "Group.ReadBasic.All", "GroupMember.ReadBasic.All"];
        assert_eq!(missing(&basic, ASSIGNED), [""; 0]);
    }

    #[test]
    fn a_broad_permission_is_enough() {
        for broad in ["Directory.Read.All", "Directory.ReadWrite.All", "directory.read.all"] {
            assert_eq!(missing(&[broad], ASSIGNED), [""; 0], "{broad}");
        }
    }

    #[test]
    fn what_the_manifest_asks_for_besides_needs_more() {
        let asked = Asked { leave_date: true, ..ASSIGNED };
        assert_eq!(missing(&LEAST, asked), ["User-LifeCycleInfo.Read.All"]);
        // A directory reader does not read that one.
        assert_eq!(missing(&["Directory.Read.All"], asked), ["User-LifeCycleInfo.Read.All"]);
    }

    #[test]
    fn what_the_manifest_does_not_ask_for_needs_nothing() {
        let people = Asked { assigned: false, groups: false, leave_date: false };
        assert_eq!(missing(&["User.Read.All"], people), [""; 0]);
        assert_eq!(missing(&["User.Read.All"], Asked { groups: true, ..people }), ["GroupMember.Read.All"]);
        let verdict = judge(&roles(&LEAST), people).unwrap();
        assert_eq!(verdict.unneeded, [""; 0], "the usual three are nobody's fault");
    }

    #[test]
    fn what_can_change_things_is_too_much_and_what_reads_more_is_not_needed() {
        let more = [
            "AppRoleAssignment.ReadWrite.All",
            "Directory.ReadWrite.All",
            "Mail.Send",
            "RoleManagement.ReadWrite.Directory",
            "User.Invite.All",
            "Sites.FullControl.All",
        ];
        let reading = ["AuditLog.Read.All", "Mail.Read", "Mail.ReadBasic.All"];
        let granted = [&LEAST[..], &more, &reading, &["Member.Read.Hidden", "Synchronization.Read.All"]].concat();
        let verdict = judge(&roles(&granted), ASSIGNED).unwrap();
        assert_eq!(verdict.writing, sorted(&more));
        assert_eq!(verdict.unneeded, sorted(&reading));
        assert_eq!(verdict.missing, []);
    }

    #[test]
    fn a_persons_token_reads_what_the_person_may() {
        let scp = ["Directory.AccessAsUser.All", "openid", "profile", "email", "User.Read"];
        let claims = Claims { scp: scp.map(str::to_owned).to_vec(), ..Claims::default() };
        let verdict = judge(&claims, ASSIGNED).unwrap();
        assert!(verdict.delegated && verdict.missing.is_empty(), "{verdict:?}");
        assert_eq!(verdict.writing, ["Directory.AccessAsUser.All"]);
        let claims = Claims { scp: vec!["User.Read".to_owned()], ..Claims::default() };
        assert_eq!(judge(&claims, ASSIGNED).unwrap().missing.len(), 3);
    }

    #[test]
    fn a_token_that_says_nothing_is_not_judged() {
        assert_eq!(judge(&Claims::default(), ASSIGNED), None);
        assert_eq!(judge(&roles(&[]), ASSIGNED).unwrap().missing.len(), 3);
    }
}
