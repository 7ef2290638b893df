use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Text, fold};

/// A licence of Dialpad's admin API: `license` of `UserProto` in its OpenAPI file.
///
/// What the products are called has changed over the years, so people's words are
/// understood too. Dialpad's text says `support` where its enumeration says
/// `lite_support_agents`; both are read as the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum License {
    /// `talk`: Connect, once Ai Voice. A number, no contact center.
    Talk,
    /// `agents`: Sell, once Ai Sales. A contact center agent with a number.
    Agents,
    /// `lite_support_agents`: Support, once Ai Contact Center. An agent without a number.
    Support,
    /// Another member of the enumeration, or one that nobody knew when this was written.
    Other(Text),
}

/// The other members of the enumeration; what they cost is not documented.
const OTHERS: [&str; 6] = ["admins", "dpde_all", "dpde_one", "lite_lines", "magenta_lines", "user"];

impl License {
    /// The licences that offices have a documented number of seats of.
    pub const COUNTED: [License; 3] = [License::Talk, License::Agents, License::Support];

    /// Reads what the API says. Anything is a licence.
    pub fn read(text: &str) -> Self {
        match text {
            "talk" => License::Talk,
            "agents" => License::Agents,
            "lite_support_agents" | "support" => License::Support,
            other => License::Other(other.into()),
        }
    }

    /// Reads what a person wrote: the API's word, or the product's name.
    pub fn parse(text: &str) -> Option<Self> {
        let folded = fold(text.trim());
        let known = match folded.as_str() {
            "talk" | "connect" | "voice" | "ai voice" => License::Talk,
            "agents" | "sell" | "sales" | "ai sales" => License::Agents,
            "lite_support_agents" | "support" | "contact center" | "ai contact center" => License::Support,
            other => License::Other(OTHERS.into_iter().find(|name| *name == other)?.into()),
        };
        Some(known)
    }

    /// The words that can be written, for messages.
    pub fn words() -> impl Iterator<Item = &'static str> {
        ["connect", "sell", "support", "talk", "agents", "lite_support_agents"].into_iter().chain(OTHERS)
    }

    /// The API's word.
    pub fn as_str(&self) -> &str {
        match self {
            License::Talk => "talk",
            License::Agents => "agents",
            License::Support => "lite_support_agents",
            License::Other(name) => name,
        }
    }

    /// The name of the product, as the portal shows it today.
    pub fn product(&self) -> &str {
        match self {
            License::Talk => "Connect",
            License::Agents => "Sell",
            License::Support => "Support",
            License::Other(name) => name,
        }
    }

    /// Whether its holder can be an agent of a contact center.
    pub fn is_agent(&self) -> bool {
        match self {
            License::Agents | License::Support => true,
            License::Talk | License::Other(_) => false,
        }
    }

    /// Whether its holder has a direct number ("Contact Center users don't automatically
    /// get a direct number", Dialpad's SCIM FAQs). Of licences nobody knows, yes.
    pub fn has_number(&self) -> bool {
        !matches!(self, License::Support)
    }

    /// The value of `licenseType` in SCIM (Dialpad's SCIM FAQs), where there is one.
    pub fn scim_name(&self) -> Option<&'static str> {
        match self {
            License::Talk => Some("Dialpad_Ai Voice"),
            License::Agents => Some("Dialpad_Ai Sales"),
            License::Support => Some("Dialpad_Support"),
            License::Other(_) => None,
        }
    }

    /// The licence that a value of `licenseType` in SCIM stands for.
    pub fn of_scim(name: &str) -> Option<Self> {
        Self::COUNTED.into_iter().find(|license| license.scim_name() == Some(name))
    }
}

impl fmt::Display for License {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for License {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for License {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::read(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peoples_words_and_the_apis_mean_the_same() {
        for (word, license) in [
            ("Connect", License::Talk),
            ("talk", License::Talk),
            ("sell", License::Agents),
            ("support", License::Support),
            ("lite_support_agents", License::Support),
            ("admins", License::Other("admins".into())),
        ] {
            assert_eq!(License::parse(word), Some(license), "{word}");
        }
        assert_eq!(License::parse("telepathy"), None);
    }

    #[test]
    fn what_the_api_says_is_said_back() {
        for word in ["talk", "agents", "lite_support_agents", "dpde_one", "something_new"] {
            assert_eq!(License::read(word).as_str(), word);
        }
    }

    #[test]
    fn scim_names_lead_back() {
        for license in License::COUNTED {
            assert_eq!(license.scim_name().and_then(License::of_scim), Some(license));
        }
    }
}
