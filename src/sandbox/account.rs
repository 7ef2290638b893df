//! What Dialpad knows of a person beyond SCIM: office, licence, numbers, places
//! in departments and contact centers, policies, administration.
//!
//! Names, title, e-mail address and whether somebody is active stand in the
//! SCIM attributes, once, for both services.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::names::{Text, near_miss};

/// Words of the admin API as an enum: how they are spelled stands once.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal: $($(#[$each:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$each])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// All of them, as the API spells them.
            pub const WORDS: &[&str] = &[$($word),+];

            /// The word of the API.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok($name::$variant),)+
                    _ => Err(match near_miss(text, Self::WORDS.iter().copied()) {
                        Some(near) => format!("`{text}` is not {}; did you mean `{near}`?", $what),
                        None => format!("`{text}` is not {}; expected one of {}", $what, Self::WORDS.join(", ")),
                    }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// A licence (the OpenAPI's `CreateUserMessage.license`).
    License, "a licence":
    /// Not documented beyond its name; needs no seat here.
    Admins = "admins",
    /// Sell: an agent with a number.
    Agents = "agents",
    /// Not documented.
    DpdeAll = "dpde_all",
    /// Not documented.
    DpdeOne = "dpde_one",
    /// Not documented.
    LiteLines = "lite_lines",
    /// Support (contact center): an agent without a number.
    LiteSupportAgents = "lite_support_agents",
    /// Not documented.
    MagentaLines = "magenta_lines",
    /// Connect (voice): a number, and no agent.
    Talk = "talk",
    /// Not documented.
    User = "user",
}

words! {
    /// What somebody is in an office, department or contact center.
    Role, "a role":
    /// Changes the settings.
    Admin = "admin",
    /// Takes calls.
    Operator = "operator",
    /// Watches operators; contact centers only.
    Supervisor = "supervisor",
}

words! {
    /// A kind of group of people.
    GroupKind, "a kind of group":
    /// A contact center.
    CallCenter = "callcenter",
    /// A department.
    Department = "department",
    /// The main line of an office.
    Office = "office",
}

words! {
    /// Where a policy applies.
    PolicyTarget, "a target of policies":
    /// At one contact center.
    CallCenter = "callcenter",
    /// In the whole company.
    Company = "company",
    /// In one office.
    Office = "office",
}

words! {
    /// What becomes of a person.
    UserState, "a state of users":
    /// May log in.
    Active = "active",
    /// Gone, and still listed when asked for.
    Deleted = "deleted",
    /// Has never logged in.
    Pending = "pending",
    /// May not log in, and holds no seat.
    Suspended = "suspended",
}

words! {
    /// A kind of seat that an office has bought (the OpenAPI's `PlanProto`).
    Line, "a kind of seat":
    /// `agents`.
    Sell = "sell_lines",
    /// `lite_support_agents`.
    ContactCenter = "contact_center_lines",
    /// `talk`.
    Talk = "talk_lines",
    /// Each number after the first, and each number of a support licence.
    AdditionalNumber = "additional_number_lines",
}

impl License {
    /// The seat that it takes.
    pub fn line(self) -> Option<Line> {
        match self {
            License::Agents => Some(Line::Sell),
            License::LiteSupportAgents => Some(Line::ContactCenter),
            License::Talk => Some(Line::Talk),
            License::Admins
            | License::DpdeAll
            | License::DpdeOne
            | License::LiteLines
            | License::MagentaLines
            | License::User => None,
        }
    }

    /// Whether somebody with it can answer in a contact center.
    pub fn is_agent(self) -> bool {
        matches!(self, License::Agents | License::LiteSupportAgents)
    }
}

/// A place in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) kind: GroupKind,
    pub(crate) group: Text,
    pub(crate) role: Role,
    /// In contact centers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) skill: Option<u8>,
}

/// A policy that somebody has somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assignment {
    pub(crate) policy: Text,
    pub(crate) target: PolicyTarget,
    pub(crate) at: Text,
}

/// What the admin API knows of a person. The default is somebody in the
/// primary office with a talk licence and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Account {
    /// `None` is the primary office.
    pub(crate) office: Option<Text>,
    pub(crate) license: License,
    /// Has never logged in.
    pub(crate) pending: bool,
    /// Further e-mail addresses; the first one is the `userName`.
    pub(crate) aliases: Vec<Text>,
    pub(crate) numbers: Vec<Text>,
    pub(crate) extension: Option<Text>,
    pub(crate) forwarding: Vec<Text>,
    pub(crate) international: bool,
    pub(crate) admin_offices: Vec<Text>,
    pub(crate) super_admin: bool,
    pub(crate) places: Vec<Place>,
    pub(crate) channels: Vec<Text>,
    pub(crate) policies: Vec<Assignment>,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            office: None,
            license: License::Talk,
            pending: false,
            aliases: Vec::new(),
            numbers: Vec::new(),
            extension: None,
            forwarding: Vec::new(),
            international: false,
            admin_offices: Vec::new(),
            super_admin: false,
            places: Vec::new(),
            channels: Vec::new(),
            policies: Vec::new(),
        }
    }
}

impl Account {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn place(&self, kind: GroupKind, group: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.kind == kind && &*place.group == group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_api_and_others_get_a_near_miss() {
        assert_eq!("lite_support_agents".parse::<License>().unwrap(), License::LiteSupportAgents);
        assert_eq!(License::WORDS.len(), 9);
        let error = "lite_suport_agents".parse::<License>().unwrap_err();
        assert_eq!(error, "`lite_suport_agents` is not a licence; did you mean `lite_support_agents`?");
    }

    #[test]
    fn an_account_of_an_old_folder_is_a_default_one() {
        let account: Account = serde_json::from_str("{}").unwrap();
        assert!(account.is_default());
    }
}
