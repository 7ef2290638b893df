//! Names that exist: groups, people and their attributes from the directory's
//! files or a recording, offices and the like from what commands left beside the state.
//!
//! Never from the network. Reading goes on in a thread of its own, because a
//! directory can be large and somebody is typing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read,
    path::Path,
    sync::{Arc, mpsc},
    time::{Duration, SystemTime},
};

use flate2::read::GzDecoder;

use super::{Host, workspace::Project};
use crate::{
    directory::{Directory, Member, Person},
    live::Tenant,
    manifest::{
        Files, GroupFiles, Placed, StateUrl, paths,
        tree::{At, Kind, Node},
        vocabulary::{Noun, VOCABULARY_FILE, Vocabulary},
    },
    names::{Complete, Reading, Text},
    plan::recording::Recording,
    source::files,
};

/// How long a request waits for the first reading.
const PATIENCE: Duration = Duration::from_millis(300);
/// The largest recording that is opened, packed and unpacked.
const MOST_PACKED: u64 = 256 << 20;
const MOST_UNPACKED: u64 = 2 << 30;
/// An attribute with more values than this is not offered by its values.
const MOST_VALUES: usize = 40;

/// Names that exist.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Groups with how many members they have, where that is known.
    pub groups: BTreeMap<Text, Option<usize>>,
    /// People by user principal name, with what they are called.
    pub people: BTreeMap<Text, Text>,
    /// Attributes that the source has.
    pub attributes: BTreeSet<Text>,
    /// Values of attributes that have few.
    pub values: BTreeMap<Text, BTreeSet<Text>>,
    /// Offices.
    pub offices: BTreeSet<Text>,
    /// Departments.
    pub departments: BTreeSet<Text>,
    /// Contact centers.
    pub contact_centers: BTreeSet<Text>,
    /// Access control policies.
    pub policies: BTreeSet<Text>,
    /// Channels.
    pub channels: BTreeSet<Text>,
    /// One person and the groups of the source, for showing values.
    pub sample: Option<Sample>,
}

/// One person, with the groups that they are in.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// A directory of this person alone.
    pub directory: Directory,
    /// Who it is.
    pub person: Person,
}

/// What was read for each manifest, and what is being read.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    slots: BTreeMap<Text, Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    known: Arc<Known>,
    stamp: Option<Stamp>,
    coming: Option<(Stamp, mpsc::Receiver<Known>)>,
}

/// The files with when they changed and their sizes.
type Stamp = Vec<(Text, Option<(SystemTime, u64)>)>;

/// Where names are looked for.
#[derive(Clone, Debug, Default, PartialEq)]
struct Where {
    files: Option<Files>,
    names: Text,
    recordings: Vec<Text>,
}

impl Shelf {
    /// The names for a manifest: as they were read last, while a change is read.
    pub(super) fn of(&mut self, project: &Project, host: &Host) -> Arc<Known> {
        let places = Where::of(project, host);
        let stamp = places.stamp();
        let slot = self.slots.entry(project.main.clone()).or_default();
        if slot.stamp.as_ref() == Some(&stamp) {
            return slot.known.clone();
        }
        let is_coming = slot.coming.as_ref().is_some_and(|(coming, _)| *coming == stamp);
        if !is_coming {
            let (send, receive) = mpsc::channel();
            // Without a thread there are no names; nothing else depends on them.
            let _ = std::thread::Builder::new().name("names".to_owned()).spawn(move || {
                // Nobody waits for names of before.
                let _ = send.send(places.read());
            });
            slot.coming = Some((stamp, receive));
        }
        let patience = if slot.stamp.is_none() { PATIENCE } else { Duration::from_millis(20) };
        if let Some((stamp, receive)) = slot.coming.take() {
            match receive.recv_timeout(patience) {
                Ok(known) => {
                    slot.known = Arc::new(known);
                    slot.stamp = Some(stamp);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => slot.coming = Some((stamp, receive)),
                Err(mpsc::RecvTimeoutError::Disconnected) => slot.stamp = Some(stamp),
            }
        }
        slot.known.clone()
    }
}

impl Where {
    /// As the manifest says. Its tree is asked, because it need not be valid.
    fn of(project: &Project, host: &Host) -> Self {
        let node = |path: &[&str]| project.root.as_ref()?.at(path).map(|(node, _)| node);
        let placed = |node: &Node| {
            let At { file, .. } = &node.at;
            Some(Placed { value: paths::resolved(file, node.text()?).into(), place: node.at.place() })
        };
        let people = node(&["source", "files", "people"]).and_then(placed);
        let groups = match node(&["source", "files", "groups"]) {
            Some(groups) => match &groups.kind {
                Kind::Text(_) => placed(groups).map_or(GroupFiles::None, GroupFiles::One),
                Kind::Map(entries) => GroupFiles::PerGroup(
                    entries.iter().filter_map(|entry| Some((entry.key.clone(), placed(&entry.value)?))).collect(),
                ),
                Kind::Null | Kind::Boolean(_) | Kind::Number(_) | Kind::List(_) => GroupFiles::None,
            },
            None => GroupFiles::None,
        };
        let folder = paths::folder(&project.main);
        let state = node(&["state", "url"])
            .and_then(placed)
            .map(|placed| placed.value)
            .filter(|url| !url.contains(":/"))
            .unwrap_or_else(|| paths::joined(folder, ".dialform").into());
        let name = node(&["name"]).and_then(Node::text).map_or("", |name| &**name);
        let of_manifest = paths::joined(&state, &StateUrl::folder_name(name));
        let recordings = match &host.recording {
            Some(named) => vec![named.clone()],
            None => [folder, &*state].map(|folder| paths::joined(folder, "recording.json.gz").into()).into(),
        };
        Self {
            files: people.map(|people| Files { people, groups }),
            names: paths::joined(&of_manifest, VOCABULARY_FILE).into(),
            recordings,
        }
    }

    fn stamp(&self) -> Stamp {
        let mut paths: Vec<&Text> = vec![&self.names];
        paths.extend(&self.recordings);
        if let Some(Files { people, groups }) = &self.files {
            paths.push(&people.value);
            match groups {
                GroupFiles::None => {}
                GroupFiles::One(file) => paths.push(&file.value),
                GroupFiles::PerGroup(all) => paths.extend(all.iter().map(|(_, file)| &file.value)),
            }
        }
        let stamp = |path: &Text| {
            let data = fs::metadata(&**path).ok()?;
            Some((data.modified().ok()?, data.len()))
        };
        paths.into_iter().map(|path| (path.clone(), stamp(path))).collect()
    }

    fn read(&self) -> Known {
        let mut known = Known::default();
        if let Some(read) = self.files.as_ref().and_then(|files| files::read(files).ok()) {
            known.directory(&read.directory);
        }
        if let Some(recording) = self.recordings.iter().find_map(|path| recording(Path::new(&**path))) {
            let Recording { offered, directory, live, .. } = recording;
            known.attributes.extend(offered);
            known.directory(&directory);
            if let Some(tenant) = &live.tenant {
                known.tenant(tenant);
            }
        }
        if let Some(names) = fs::read(&*self.names).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            known.vocabulary(&names);
        }
        known
    }
}

fn recording(path: &Path) -> Option<Recording> {
    let file = fs::File::open(path).ok()?;
    if file.metadata().ok()?.len() > MOST_PACKED {
        return None;
    }
    let mut text = String::new();
    GzDecoder::new(file).take(MOST_UNPACKED).read_to_string(&mut text).ok()?;
    Recording::read(&text).ok()
}

impl Known {
    fn directory(&mut self, directory: &Directory) {
        let people = directory.people.items().map_or(&[][..], |people| people.as_slice());
        let groups = directory.groups.items().map_or(&[][..], |groups| groups.as_slice());
        let mut crowded: BTreeSet<Text> = BTreeSet::new();
        for person in people {
            let name = person.text("displayName").cloned().unwrap_or_else(|| "".into());
            self.people.insert(person.label().clone(), name);
            for (attribute, value) in person.attributes.iter() {
                if !self.attributes.contains(attribute) {
                    self.attributes.insert(attribute.clone());
                }
                let Some(text) = value.as_text().filter(|text| !text.is_empty()) else { continue };
                if crowded.contains(attribute) {
                    continue;
                }
                let values = self.values.entry(attribute.clone()).or_default();
                values.insert(text.clone());
                if values.len() > MOST_VALUES {
                    self.values.remove(attribute);
                    crowded.insert(attribute.clone());
                }
            }
        }
        for group in groups {
            self.groups.insert(group.name.clone(), Some(group.members.len()));
        }
        if self.sample.is_none() {
            self.sample = people.first().map(|person| Sample::of(directory, person));
        }
    }

    fn vocabulary(&mut self, names: &Vocabulary) {
        let all = |noun| names.names(noun).iter().cloned();
        for group in all(Noun::Group) {
            self.groups.entry(group).or_default();
        }
        self.attributes.extend(all(Noun::Attribute));
        self.offices.extend(all(Noun::Office));
        self.departments.extend(all(Noun::Department));
        self.contact_centers.extend(all(Noun::ContactCenter));
        self.policies.extend(all(Noun::Policy));
        self.channels.extend(all(Noun::Channel));
    }

    fn tenant(&mut self, tenant: &Tenant) {
        self.offices.extend(tenant.offices.iter().map(|office| office.name.clone()));
        self.departments.extend(tenant.departments.iter().map(|department| department.name.clone()));
        self.contact_centers.extend(tenant.contact_centers.iter().map(|center| center.name.clone()));
        self.policies.extend(tenant.policies.iter().map(|policy| policy.name.clone()));
        self.channels.extend(tenant.channels.iter().map(|channel| channel.name.clone()));
    }
}

impl Sample {
    /// One person, and of each group only them and the groups within.
    fn of(directory: &Directory, person: &Person) -> Self {
        let keeps = |member: &Member| match member {
            Member::Person(id) => *id == person.id,
            Member::Group(_) => true,
        };
        let mut groups: Vec<_> = directory.groups.items().into_iter().flatten().cloned().collect();
        for group in &mut groups {
            group.members.retain(keeps);
        }
        let mut one = Directory::new(
            Reading::Complete(Complete::attest(vec![person.clone()])),
            Reading::Complete(Complete::attest(groups)),
        );
        one.application.clone_from(&directory.application);
        one.default_domain.clone_from(&directory.default_domain);
        Self { directory: one, person: person.clone() }
    }
}
