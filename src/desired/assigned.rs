//! Who each assignment names: groups opened once, names looked up once, so that
//! the work is that of the memberships and not people times assignments.

use jiff::civil::Date;

use super::{
    Unresolved,
    index::{Found, Index},
    lines::Lines,
};
use crate::{
    directory::{Member, Person},
    manifest::{Assignment, Principal},
    names::{Folded, HashMap, Text, near_miss},
};

/// Near misses are sought for this many names; each costs a look at everybody.
const MAX_NEAR_MISSES: usize = 20;

/// Where today lies for an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Its days include today.
    InForce,
    /// Its last day has passed.
    Ended(Date),
    /// Its first day is still to come.
    Begins(Date),
}

impl When {
    /// Both days are included.
    pub fn of(assignment: &Assignment, today: Date) -> Self {
        match (assignment.from, assignment.until) {
            (_, Some(until)) if until < today => When::Ended(until),
            (Some(from), _) if from > today => When::Begins(from),
            _ => When::InForce,
        }
    }
}

/// Assignments resolved against the directory. Everything is by position.
#[derive(Default)]
pub(super) struct Assigned {
    /// For each person the assignments that name them, in file order.
    pub by_person: Vec<Vec<usize>>,
    /// For each person an assigned group that they are in only through a group within it,
    /// while the assignment does not say `nested`: the assignment and the inner group.
    pub only_nested: HashMap<usize, (usize, usize)>,
    /// For each assignment the group that it names, where it names one.
    pub group_of: Vec<Option<usize>>,
    /// For each assignment the person that it names, where it names one.
    pub person_of: Vec<Option<usize>>,
    /// Assignments in force whose people are not known.
    pub unresolved: Vec<Unresolved>,
    /// Assignments that name nobody, with what is said of them: code and message.
    pub lost: Vec<(usize, &'static str, Text)>,
}

impl Assigned {
    pub fn resolve(lines: &Lines, index: &Index, when: &[When]) -> Self {
        let count = lines.all.len();
        let mut resolver = Resolver {
            index,
            near_misses: 0,
            assigned: Assigned {
                by_person: vec![Vec::new(); index.people.len()],
                group_of: vec![None; count],
                person_of: vec![None; count],
                ..Assigned::default()
            },
        };
        let people = people(lines, index);
        for (at, assignment) in lines.all.iter().enumerate() {
            // What has ended names nobody today and can be wrong about nobody.
            let live = !matches!(when[at], When::Ended(_));
            match &assignment.principal {
                Principal::User(name) => resolver.user(at, assignment, name, people.get(name), live),
                Principal::Group { name, nested } => resolver.group(at, assignment, name, *nested, live),
                // Opened in `lines`.
                Principal::Entra => {}
            }
        }
        let mut assigned = resolver.assigned;
        let in_force = |unresolved: &Unresolved| {
            lines
                .all
                .iter()
                .zip(when)
                .any(|(assignment, when)| assignment.place == unresolved.place && matches!(when, When::InForce))
        };
        assigned.unresolved.retain(in_force);
        assigned
    }
}

/// How a person fits a name; the first that fits anybody counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    UserName,
    Id,
    Mail,
}

/// The people whom the manifest names, by the name.
fn people(lines: &Lines, index: &Index) -> HashMap<Folded, (By, Vec<usize>)> {
    let mut found: HashMap<Folded, (By, Vec<usize>)> = HashMap::default();
    for assignment in &lines.all {
        if let Principal::User(name) = &assignment.principal {
            found.insert(name.clone(), (By::Mail, Vec::new()));
        }
    }
    if found.is_empty() {
        return found;
    }
    for (at, person) in index.people.iter().enumerate() {
        for (by, name) in names(person) {
            let Some((best, people)) = found.get_mut(&Folded::new(name)) else { continue };
            if by < *best {
                people.clear();
                *best = by;
            }
            if by == *best && people.last() != Some(&at) {
                people.push(at);
            }
        }
    }
    found
}

fn names(person: &Person) -> impl Iterator<Item = (By, &str)> {
    let text = |name| person.text(name).map(|text| &**text);
    let id = Some((By::Id, person.id.as_str()));
    let user_name = text("userPrincipalName").map(|name| (By::UserName, name));
    // A guest is called by either name.
    let original = text("originalUserPrincipalName").map(|name| (By::UserName, name));
    user_name.into_iter().chain(original).chain(id).chain(text("mail").map(|mail| (By::Mail, mail)))
}

struct Resolver<'i, 'a> {
    index: &'i Index<'a>,
    near_misses: usize,
    assigned: Assigned,
}

impl Resolver<'_, '_> {
    fn user(
        &mut self,
        at: usize,
        assignment: &Assignment,
        name: &Folded,
        found: Option<&(By, Vec<usize>)>,
        live: bool,
    ) {
        match found.map(|(_, people)| people.as_slice()) {
            Some([one]) => {
                self.assigned.person_of[at] = Some(*one);
                self.assigned.by_person[*one].push(at);
            }
            Some([]) | None if live => {
                let people = self.index.people.iter();
                let near = self.near_miss(name.as_str(), people.map(|person| &**person.label()));
                self.lose(at, "names_nobody", format!("`{}` is nobody in the directory{near}", name.as_str()));
            }
            Some(several) if live => {
                let labels: Vec<&str> = several.iter().take(3).map(|at| self.index.people[*at].id.as_str()).collect();
                let because = format!(
                    "`{}` is the name of {} people; name one by id: {}",
                    name.as_str(),
                    several.len(),
                    labels.join(", ")
                );
                self.doubt(assignment, name.as_str(), &because);
                self.lose(at, "ambiguous_user", because);
            }
            Some(_) | None => {}
        }
    }

    fn group(&mut self, at: usize, assignment: &Assignment, name: &Text, nested: bool, live: bool) {
        match self.index.group(name) {
            Found::One(group) => {
                self.assigned.group_of[at] = Some(group);
                self.open(at, assignment, group, nested, live);
            }
            Found::None if live => {
                let groups = self.index.groups.iter();
                let near = self.near_miss(name, groups.map(|group| &*group.name));
                let because = format!("group `{name}` is not in the directory{near}");
                self.doubt(assignment, name, &because);
                self.lose(at, "unknown_group", because);
            }
            Found::Several(groups) if live => {
                let ids: Vec<&str> = groups.iter().take(3).map(|at| self.index.groups[*at].id.as_str()).collect();
                let because =
                    format!("{} groups are called `{name}`; name one by id: {}", groups.len(), ids.join(", "));
                self.doubt(assignment, name, &because);
                self.lose(at, "ambiguous_group", because);
            }
            Found::None | Found::Several(_) => {}
        }
    }

    /// Gives the assignment to the members, each once; groups that contain each other are opened once.
    fn open(&mut self, at: usize, assignment: &Assignment, group: usize, nested: bool, live: bool) {
        let mut inner = Vec::new();
        for member in &self.index.groups[group].members {
            match member {
                Member::Person(id) => {
                    if let Some(person) = self.index.person_by_id.get(id) {
                        self.give(*person, at);
                    }
                }
                Member::Group(id) => inner.push(id),
            }
        }
        if inner.is_empty() {
            return;
        }
        let mut missing = Vec::new();
        for (within, person) in self.index.within(group, &mut missing) {
            if nested {
                self.give(person, at);
            } else {
                self.assigned.only_nested.entry(person).or_insert((at, within));
            }
        }
        if nested && live {
            for id in missing {
                let name = &self.index.groups[group].name;
                let because = format!("group `{id}`, which lies in `{name}`, is not in the directory");
                self.doubt(assignment, name, &because);
                self.lose(at, "unknown_nested_group", because);
            }
        }
    }

    fn give(&mut self, person: usize, at: usize) {
        let held = &mut self.assigned.by_person[person];
        if held.last() != Some(&at) {
            held.push(at);
        }
    }

    fn doubt(&mut self, assignment: &Assignment, name: &str, because: &str) {
        let place = assignment.place.clone();
        self.assigned.unresolved.push(Unresolved { name: name.into(), because: because.into(), place });
    }

    fn lose(&mut self, at: usize, code: &'static str, message: String) {
        self.assigned.lost.push((at, code, message.into()));
    }

    fn near_miss<'n>(&mut self, name: &str, candidates: impl Iterator<Item = &'n str>) -> String {
        self.near_misses += 1;
        if self.near_misses > MAX_NEAR_MISSES {
            return String::new();
        }
        near_miss(name, candidates).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
    }
}
