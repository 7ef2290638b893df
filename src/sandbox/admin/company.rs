//! Offices, departments and contact centers: reading what the tenant has.

use serde_json::Value;

use super::{Admin, Reading, refusal::Refusal, shapes};
use crate::{
    names::fold,
    sandbox::{
        account::GroupKind,
        company::{Channel, Group, Office, Policy},
    },
};

impl Admin {
    pub(super) fn office(&self, id: &str) -> Result<&Office, Refusal> {
        self.company.office(id).ok_or_else(|| Refusal::missing("office", id))
    }

    pub(super) fn group(&self, kind: GroupKind, id: &str) -> Result<&Group, Refusal> {
        self.company.group(kind, id).ok_or_else(|| Refusal::missing(kind.as_str(), id))
    }

    pub(super) fn channel(&self, id: &str) -> Result<&Channel, Refusal> {
        self.company.channel(id).ok_or_else(|| Refusal::missing("channel", id))
    }

    pub(super) fn policy(&self, id: &str) -> Result<&Policy, Refusal> {
        self.company.policy(id).ok_or_else(|| Refusal::missing("policy", id))
    }

    /// All offices of the sandbox are active.
    pub(super) fn offices(&self, reading: &Reading<'_>) -> Result<Value, Refusal> {
        reading.query.flag("active_only")?;
        self.list(reading, self.company.offices.iter(), shapes::office)
    }

    pub(super) fn groups(
        &self,
        kind: GroupKind,
        office: Option<&str>,
        reading: &Reading<'_>,
    ) -> Result<Value, Refusal> {
        let part = reading.query.text("name_search").map(fold);
        let wanted = |group: &&Group| {
            office.is_none_or(|office| &*group.office == office)
                && part.as_ref().is_none_or(|part| fold(&group.name).contains(part.as_str()))
        };
        self.list(reading, self.company.groups(kind).filter(wanted), |group| shapes::group(&self.company, group))
    }

    pub(super) fn channels(&self, reading: &Reading<'_>) -> Result<Value, Refusal> {
        self.list(reading, self.company.channels.iter(), shapes::channel)
    }

    pub(super) fn policies(&self, reading: &Reading<'_>) -> Result<Value, Refusal> {
        let write = |policy| shapes::policy(&self.company, reading.store, policy);
        self.list(reading, self.company.policies.iter(), write)
    }

    /// A list whose order never changes.
    pub(super) fn list<T>(
        &self,
        reading: &Reading<'_>,
        rows: impl Iterator<Item = T>,
        write: impl Fn(T) -> Value,
    ) -> Result<Value, Refusal> {
        self.pages.page((reading.path, reading.query), (1..).zip(rows), write, reading.bend)
    }
}
