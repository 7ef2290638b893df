//! What is read of a tenant: no more than a manifest's grants need.

use std::collections::BTreeSet;

use crate::{
    manifest::{Manifest, PolicyAt},
    memory::{GrantKind, Memory},
    names::{ApiId, Folded, Text},
    plan::{AdminRequest, GrantChange, OperatorsOf, Plan, PolicyTarget, Request},
};

/// What to read of a tenant. The default is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The people.
    pub people: People,
    /// The company.
    pub company: bool,
    /// The offices.
    pub offices: bool,
    /// The free licences of each office.
    pub seats: bool,
    /// The departments, with the operators of these.
    pub departments: Part,
    /// The contact centers, with the operators of these.
    pub contact_centers: Part,
    /// The contact centers of which the skill of each operator is read.
    pub skills: Part,
    /// Skills that are read beside these: the contact center and the operator.
    pub skills_of: BTreeSet<(ApiId, ApiId)>,
    /// The policies, with the assignments of these.
    pub policies: Part,
    /// The channels, with the members of these.
    pub channels: Part,
}

/// Which people are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum People {
    /// Nobody.
    #[default]
    None,
    /// These, one by one.
    Only(BTreeSet<ApiId>),
    /// Everybody, by page.
    All,
}

/// What is read of things that are listed and have something inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// Not even the list.
    #[default]
    None,
    /// The list, and what is inside of these.
    Some {
        /// By name, without case; all with that name.
        names: BTreeSet<Folded>,
        /// By id.
        ids: BTreeSet<ApiId>,
    },
    /// The list, and what is inside of all.
    All,
}

impl Part {
    /// The list alone.
    pub fn list() -> Self {
        Part::Some { names: BTreeSet::new(), ids: BTreeSet::new() }
    }

    /// Whether there is nothing to read.
    pub fn is_none(&self) -> bool {
        matches!(self, Part::None)
    }

    /// Whether what is inside of this one is read.
    pub fn takes(&self, id: &ApiId, name: &Text) -> bool {
        match self {
            Part::None => false,
            Part::Some { names, ids } => ids.contains(id) || (!names.is_empty() && names.contains(&Folded::new(name))),
            Part::All => true,
        }
    }

    /// Adds the list, where nothing was wanted yet.
    fn listed(&mut self) -> &mut Self {
        if self.is_none() {
            *self = Part::list();
        }
        self
    }

    fn name(&mut self, name: &str) {
        if let Part::Some { names, .. } = self.listed() {
            names.insert(Folded::new(name));
        }
    }

    /// Adds what is inside of this one.
    pub fn id(&mut self, id: &ApiId) {
        if let Part::Some { ids, .. } = self.listed() {
            ids.insert(id.clone());
        }
    }
}

impl Wanted {
    /// What a plan of this manifest needs: what its roles name, and what they gave
    /// before and is to be taken away. `None` when it does not need the admin API.
    pub fn of(manifest: &Manifest, memory: &Memory) -> Option<Self> {
        if !manifest.needs_tenant() {
            return None;
        }
        let mut wanted = Self { people: People::All, company: true, offices: true, seats: true, ..Self::default() };
        for grants in manifest.roles.iter().map(|role| &role.grants) {
            for department in &grants.departments {
                wanted.departments.name(&department.value.name);
            }
            for center in &grants.contact_centers {
                wanted.contact_centers.name(&center.value.name);
                if center.value.skill.is_some() {
                    wanted.skills.name(&center.value.name);
                }
            }
            for policy in &grants.policies {
                wanted.policies.name(&policy.value.name);
                if let PolicyAt::ContactCenter(_) = policy.value.at {
                    wanted.contact_centers.listed();
                }
            }
            for channel in &grants.channels {
                wanted.channels.name(&channel.value);
            }
        }
        for given in memory.grants.values().flatten() {
            let part = match given.kind {
                GrantKind::Department => &mut wanted.departments,
                GrantKind::ContactCenter => &mut wanted.contact_centers,
                GrantKind::Policy => &mut wanted.policies,
                GrantKind::Channel => &mut wanted.channels,
                // These are in the person's own record.
                GrantKind::Office
                | GrantKind::License
                | GrantKind::Setting
                | GrantKind::OfficeAdmin
                | GrantKind::CompanyAdmin => continue,
            };
            if let Some(object) = &given.object {
                part.id(object);
            }
            if given.kind == GrantKind::Policy && given.at.is_some() {
                wanted.contact_centers.listed();
            }
        }
        Some(wanted)
    }

    /// The same, with what these changes touched. Nothing, where they touched nothing there.
    #[must_use]
    pub fn with_touched(wanted: Option<Self>, plan: &Plan) -> Option<Self> {
        let mut changes = plan.changes.iter().filter(|change| !change.grants.is_empty()).peekable();
        if changes.peek().is_none() {
            return wanted;
        }
        let base = || Self { people: People::All, company: true, offices: true, seats: true, ..Self::default() };
        let mut wanted = wanted.unwrap_or_else(base);
        for change in changes {
            let has_skill = change.grants.iter().any(GrantChange::tells_skill);
            for request in &change.requests {
                let Request::Admin(request) = request else { continue };
                wanted.touch(request, None);
                // Of whoever operates it now: an id need not be known yet.
                if let (true, Some(OperatorsOf::ContactCenter(id))) = (has_skill, request.operators()) {
                    wanted.skills.id(&id);
                }
                if let AdminRequest::AssignPolicy { at: Some(PolicyTarget::ContactCenter(_)), .. }
                | AdminRequest::UnassignPolicy { at: Some(PolicyTarget::ContactCenter(_)), .. } = request
                {
                    wanted.contact_centers.listed();
                }
            }
        }
        Some(wanted)
    }

    /// Adds the place that a request is about, with what is inside, and the skill of somebody there.
    pub fn touch(&mut self, request: &AdminRequest, skill_of: Option<&ApiId>) {
        match request {
            // These are in the person's own record.
            AdminRequest::PatchUser { .. } | AdminRequest::MoveOffice { .. } => {}
            AdminRequest::AddOperator { .. } | AdminRequest::RemoveOperator { .. } | AdminRequest::SetSkill { .. } => {
                match request.operators() {
                    Some(OperatorsOf::ContactCenter(id)) => {
                        self.contact_centers.id(&id);
                        self.skills_of.extend(skill_of.map(|user| (id.clone(), user.clone())));
                    }
                    Some(OperatorsOf::Department(id)) => self.departments.id(&id),
                    None => {}
                }
            }
            AdminRequest::AssignPolicy { policy, .. } | AdminRequest::UnassignPolicy { policy, .. } => {
                self.policies.id(policy);
            }
            AdminRequest::AddChannelMember { channel, .. } | AdminRequest::RemoveChannelMember { channel, .. } => {
                self.channels.id(channel);
            }
        }
    }

    /// Everything, for writing a manifest from what is there.
    pub fn everything() -> Self {
        Self {
            people: People::All,
            company: true,
            offices: true,
            seats: true,
            departments: Part::All,
            contact_centers: Part::All,
            skills: Part::All,
            skills_of: BTreeSet::new(),
            policies: Part::All,
            channels: Part::All,
        }
    }

    /// The names of everything that a manifest may name, and nothing inside.
    pub fn names() -> Self {
        Self {
            offices: true,
            departments: Part::list(),
            contact_centers: Part::list(),
            policies: Part::list(),
            channels: Part::list(),
            ..Self::default()
        }
    }

    /// The free licences alone.
    pub fn seats() -> Self {
        Self { offices: true, seats: true, ..Self::default() }
    }
}
