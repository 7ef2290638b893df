//! `dialform state list|link|unlink` and `dialform unlock`.

use std::{
    io::{self, BufRead},
    path::Path,
};

use jiff::Timestamp;
use serde_json::json;

use super::{
    ManifestArg, Terminal, connect,
    directory::{self, Reach},
    failed, inputs,
};
use crate::{
    dialpad::Reader,
    directory::{Directory, Group, Person},
    exit::Exit,
    live,
    memory::Memory,
    names::{AttrPath, SourceId, TargetId, Text, count, eq_fold, near_miss},
    render::neutral,
    state::{Effect, LockError, Look, State},
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Command {
    /// Print what is kept: links, suspensions, failures, what is in doubt
    List {
        #[command(flatten)]
        manifest: ManifestArg,
        /// How it is printed
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
    /// Say which account belongs to a person, or which live group to a group
    Link {
        /// The person: user principal name or id in the source; with `--group` a group's name
        #[arg(value_name = "PERSON")]
        source: String,
        /// The account: user name or id in Dialpad; with `--group` a live group's name
        #[arg(value_name = "ACCOUNT")]
        account: String,
        /// They are groups
        #[arg(long)]
        group: bool,
        /// We suspended the account, so that it is enabled when the person comes back
        #[arg(long, conflicts_with = "group")]
        suspended_by_us: bool,
        /// Let the manifest's secrets come from a `command`
        #[arg(long)]
        allow_command: bool,
        #[command(flatten)]
        manifest: ManifestArg,
    },
    /// Forget which account belongs to a person or which live group to a group; the account stays as it is
    Unlink {
        /// The person or group: the name, or the id in the source
        #[arg(value_name = "PERSON")]
        source: String,
        /// It is a group
        #[arg(long)]
        group: bool,
        #[command(flatten)]
        manifest: ManifestArg,
    },
}

/// How the list is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// The arguments of `unlock`.
#[derive(Clone, Debug, clap::Args)]
pub struct UnlockArgs {
    #[command(flatten)]
    manifest: ManifestArg,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

/// Runs `state`.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let done = match &args.command {
        Command::List { manifest, format } => list(manifest, *format, terminal),
        Command::Unlink { source, group, manifest } => unlink(manifest, source, *group, terminal),
        Command::Link { source, account, group, suspended_by_us, allow_command, manifest } => {
            let wanted = Wanted { source, account, group: *group, suspended_by_us: *suspended_by_us };
            link(manifest, &wanted, *allow_command, terminal)
        }
    };
    done.map_or_else(|exit| exit, |()| Exit::Done)
}

fn list(manifest: &ManifestArg, format: Format, terminal: &mut Terminal) -> Result<(), Exit> {
    let manifest = inputs::manifest(&manifest.manifest, terminal)?;
    let state = inputs::state(&manifest, terminal)?;
    let text = match format {
        Format::Text => text(&state),
        Format::Json => {
            let doubts: Vec<_> =
                state.in_doubt().iter().map(|doubt| json!({"change": doubt.change, "at": doubt.at})).collect();
            let report = json!({
                "format_version": 1, "manifest": manifest.name, "folder": state.label(),
                "memory": state.memory(), "in_doubt": doubts,
            });
            format!("{report:#}\n")
        }
    };
    terminal.data(&text);
    Ok(())
}

fn text(state: &State) -> String {
    let Memory {
        users,
        groups,
        not_stored,
        last_sizes,
        done,
        failures,
        grants,
        grants_not_stored,
        everything_allowed: _,
        told: _,
    } = state.memory();
    if state.is_new() {
        return format!("nothing is kept in `{}` yet; the first apply begins it\n", state.label());
    }
    let mut lines = vec![format!(
        "{}, {} in {}",
        count(users.len(), "person linked", "people linked"),
        count(groups.len(), "group", "groups"),
        state.label()
    )];
    for (id, link) in users {
        let mut line = format!("  {} ({id}) -> {}", link.name, link.target);
        if let Some(since) = link.disabled_since {
            line.push_str(&format!(", suspended by us {since:.0}"));
        }
        if let Some(since) = link.vanished_since {
            line.push_str(&format!(", missing since {since:.0}"));
        }
        lines.push(line);
    }
    for (id, link) in groups {
        let removals = if link.removals { "exact" } else { "only added to" };
        lines.push(format!("  group {} ({id}) -> {}, {removals}", link.name, link.target));
    }
    if !grants.is_empty() {
        let given: usize = grants.values().map(std::collections::BTreeSet::len).sum();
        let given = count(given, "place or right given", "places and rights given");
        lines.push(format!("{given} to {}", count(grants.len(), "person", "people")));
    }
    if !failures.is_empty() {
        lines.push(count(failures.len(), "change that is refused", "changes that are refused"));
        lines.extend(failures.iter().map(|(change, failure)| {
            let times = count(failure.count as usize, "run", "runs");
            format!(
                "  {change}: {} ({times}, since {:.0}, next try {:.0})",
                failure.message, failure.first, failure.next
            )
        }));
    }
    if !not_stored.is_empty() {
        lines.push("accepted by the service and not stored".to_owned());
        lines.extend(not_stored.iter().map(|(target, paths)| {
            let paths: Vec<&str> = paths.keys().map(AttrPath::as_str).collect();
            format!("  {target}: {}", paths.join(", "))
        }));
    }
    if !grants_not_stored.is_empty() {
        lines.push("granted, accepted by Dialpad and not stored".to_owned());
        lines.extend(grants_not_stored.iter().map(|(person, fields)| {
            let fields: Vec<&str> = fields.keys().map(|field| &**field).collect();
            format!("  {person}: {}", fields.join(", "))
        }));
    }
    if !state.in_doubt().is_empty() {
        lines.push("in doubt, looked up by the next apply".to_owned());
        lines.extend(state.in_doubt().iter().map(|doubt| format!("  {} of {:.0}", doubt.change.0, doubt.at)));
    }
    let used = done.iter().map(|done| format!("{} {}", done.count, done.budget)).collect::<Vec<_>>();
    if !used.is_empty() {
        lines.push(format!("of the budgets of a rolling day: {}", used.join(", ")));
    }
    if let Some(sizes) = last_sizes {
        lines.push(format!(
            "last read: {}, {} live",
            count(sizes.people as usize, "person", "people"),
            sizes.live_users
        ));
    }
    lines.iter().map(|line| format!("{}\n", neutral::line(line))).collect()
}

/// What `link` was asked for.
struct Wanted<'a> {
    source: &'a str,
    account: &'a str,
    group: bool,
    suspended_by_us: bool,
}

fn link(manifest: &ManifestArg, wanted: &Wanted<'_>, allow_command: bool, terminal: &mut Terminal) -> Result<(), Exit> {
    let manifest = inputs::manifest(&manifest.manifest, terminal)?;
    let runtime = super::runtime().map_err(|problem| failed(&problem, terminal))?;
    let mut state = inputs::state(&manifest, terminal)?;
    let gathered = runtime.block_on(directory::read(&manifest, Reach::default(), state.memory(), terminal))?;
    let directory = gathered.directory;
    let (source, name) =
        if wanted.group { group_of(&directory, wanted.source) } else { person_of(&directory, wanted.source) }
            .map_err(|problem| failed(&problem, terminal))?;
    let reader = connect::scim_reader(&manifest, allow_command).map_err(|problem| failed(&problem, terminal))?;
    let found = runtime.block_on(async {
        if wanted.group { live_group(&reader, wanted.account).await } else { live_user(&reader, wanted.account).await }
    });
    let (target, label) = found.map_err(|problem| failed(&problem, terminal))?;
    let taken = taken(state.memory(), wanted.group, &source, &target);
    if let Some(other) = taken {
        let problem =
            format!("link {name}: {label} belongs to {other}; unlink that first with `dialform state unlink`");
        return Err(failed(&problem, terminal));
    }
    let effect = match (wanted.group, wanted.suspended_by_us) {
        (true, _) => Effect::LinkGroup { group: source, target, name: name.clone(), removals: false },
        (false, false) => Effect::LinkUser { person: source, target, name: name.clone() },
        (false, true) => Effect::Disabled { person: source, target, name: name.clone(), at: Timestamp::now() },
    };
    write(&mut state, vec![effect], terminal)?;
    terminal.say(&neutral::line(&format!("linked {name} to {label}")));
    Ok(())
}

/// Who else the account or live group is linked to.
fn taken(memory: &Memory, group: bool, source: &SourceId, target: &TargetId) -> Option<Text> {
    if group {
        let other = memory.groups.iter().find(|(id, link)| *id != source && link.target == *target);
        return other.map(|(_, link)| link.name.clone());
    }
    let other = memory.users.iter().find(|(id, link)| *id != source && link.target == *target);
    other.map(|(_, link)| link.name.clone())
}

fn unlink(manifest: &ManifestArg, source: &str, group: bool, terminal: &mut Terminal) -> Result<(), Exit> {
    let manifest = inputs::manifest(&manifest.manifest, terminal)?;
    let mut state = inputs::state(&manifest, terminal)?;
    let links: Vec<(SourceId, Text)> = if group {
        state.memory().groups.iter().map(|(id, link)| (id.clone(), link.name.clone())).collect()
    } else {
        state.memory().users.iter().map(|(id, link)| (id.clone(), link.name.clone())).collect()
    };
    let names = links.iter().map(|(id, name)| (id, name));
    let found = one_of(names, source, "linked").map_err(|problem| failed(&problem, terminal))?;
    let (id, name) = found;
    let effect = if group { Effect::UnlinkGroup { group: id } } else { Effect::UnlinkUser { person: id } };
    write(&mut state, vec![effect], terminal)?;
    terminal.say(&neutral::line(&format!("unlinked {name}")));
    Ok(())
}

fn write(state: &mut State, effects: Vec<Effect>, terminal: &mut Terminal) -> Result<(), Exit> {
    let _guard = state.lock().map_err(|error| {
        let exit = if matches!(error, LockError::Held { .. }) { Exit::Locked } else { Exit::Failed };
        terminal.complain(&format!("failed to {error}"));
        exit
    })?;
    state.record(effects).and_then(|()| state.commit()).map_err(|error| failed(&error.to_string(), terminal))
}

fn person_of(directory: &Directory, wanted: &str) -> Result<(SourceId, Text), String> {
    let people = directory.people.items().into_iter().flatten();
    one_of(people.map(|person: &Person| (&person.id, person.label())), wanted, "in the source")
}

fn group_of(directory: &Directory, wanted: &str) -> Result<(SourceId, Text), String> {
    let groups = directory.groups.items().into_iter().flatten();
    one_of(groups.map(|group: &Group| (&group.id, &group.name)), wanted, "in the source")
}

/// The one with this id or, without case, this name.
fn one_of<'a>(
    all: impl Iterator<Item = (&'a SourceId, &'a Text)> + Clone,
    wanted: &str,
    which: &str,
) -> Result<(SourceId, Text), String> {
    let by_id = all.clone().find(|(id, _)| id.as_str() == wanted);
    let mut by_name = all.clone().filter(|(_, name)| eq_fold(name, wanted.trim()));
    if let Some((id, name)) = by_id.or_else(|| by_name.next()) {
        if by_id.is_none() && by_name.next().is_some() {
            return Err(format!("find `{wanted}`: several have this name; give the id in the source"));
        }
        return Ok((id.clone(), name.clone()));
    }
    let near = near_miss(wanted, all.map(|(_, name)| &**name));
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Err(format!("find `{wanted}`: nobody with this name or id is {which}{near}"))
}

async fn live_user(reader: &Reader, wanted: &str) -> Result<(TargetId, Text), String> {
    let named = |user: live::User| (user.id.clone(), user.label().clone());
    // What cannot be an id is not asked for as one.
    if !wanted.contains('@')
        && let Some(user) = reader.user(&TargetId::from(wanted)).await.map_err(|error| error.to_string())?
    {
        return Ok(named(user));
    }
    let users = reader.find_users(&AttrPath::core("userName"), wanted).await.map_err(|error| error.to_string())?;
    one_live(users.into_iter().map(named).collect(), wanted)
}

async fn live_group(reader: &Reader, wanted: &str) -> Result<(TargetId, Text), String> {
    let named = |group: live::Group| (group.id.clone(), group.label().clone());
    let groups = reader.find_groups(wanted).await.map_err(|error| error.to_string())?;
    if groups.is_empty()
        && let Some(group) = reader.group(&TargetId::from(wanted)).await.map_err(|error| error.to_string())?
    {
        return Ok(named(group));
    }
    one_live(groups.into_iter().map(named).collect(), wanted)
}

fn one_live(found: Vec<(TargetId, Text)>, wanted: &str) -> Result<(TargetId, Text), String> {
    match <[_; 1]>::try_from(found) {
        Ok([one]) => Ok(one),
        Err(found) if found.is_empty() => {
            Err(format!("find `{wanted}` in Dialpad: there is nothing of this name or id"))
        }
        Err(found) => {
            let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
            Err(format!("find `{wanted}` in Dialpad: there are several; give one of the ids {}", ids.join(", ")))
        }
    }
}

/// Runs `unlock`.
pub fn unlock(args: &UnlockArgs, terminal: &mut Terminal) -> Exit {
    let manifest = match inputs::manifest(&args.manifest.manifest, terminal) {
        Ok(manifest) => manifest,
        Err(exit) => return exit,
    };
    // What is damaged must not keep a lock from being removed.
    let look = State::look(&manifest, Path::new(""));
    let Look { holder, alive, over } = match look {
        Ok(look) => look,
        Err(error) => return failed(&error.to_string(), terminal),
    };
    let Some(holder) = holder.filter(|_| !alive) else {
        if alive {
            let problem = "unlock: its run is still at work on this machine; wait until it ends, or end that process";
            return failed(problem, terminal);
        }
        terminal.say("there is no lock");
        return Exit::Done;
    };
    terminal.say(&format!("the lock is held by {holder}"));
    terminal.say(if over {
        "that run is gone; the next one would take over by itself"
    } else {
        "its lease is not over: on that machine it may still be at work, and two runs at once send things twice"
    });
    if !args.yes && !agreed(terminal) {
        return Exit::Failed;
    }
    match State::unlock(&manifest, Path::new(""), &holder) {
        Ok(()) => {
            terminal.say("the lock is removed");
            Exit::Done
        }
        Err(error) => failed(&error.to_string(), terminal),
    }
}

fn agreed(terminal: &mut Terminal) -> bool {
    if !terminal.interactive {
        terminal.complain("failed to unlock: there is no terminal to ask on; give --yes after a look");
        return false;
    }
    terminal.complain("Remove it? Only `yes` is a yes:");
    let mut answer = String::new();
    let yes = io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == "yes";
    if !yes {
        terminal.complain("nothing was changed");
    }
    yes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(wanted: &str) -> Result<(SourceId, Text), String> {
        let all = [("1", "ana@acme.example"), ("2", "Sales"), ("3", "sales"), ("4", "bo@acme.example")];
        let all: Vec<(SourceId, Text)> =
            all.iter().map(|(id, name)| (SourceId::from(*id), Text::from(*name))).collect();
        one_of(all.iter().map(|(id, name)| (id, name)), wanted, "linked")
    }

    #[test]
    fn a_person_is_found_by_id_or_name() {
        assert_eq!(found("2").unwrap().0, SourceId::from("2"));
        assert_eq!(found(" ANA@acme.example").unwrap().0, SourceId::from("1"));
        assert!(found("sales").unwrap_err().contains("several have this name"));
        let error = found("ann@acme.example").unwrap_err();
        assert_eq!(
            error,
            "find `ann@acme.example`: nobody with this name or id is linked; did you mean `ana@acme.example`?"
        );
    }

    #[test]
    fn one_live_object_is_wanted() {
        let object = |id: &str| (TargetId::from(id), Text::from("Sales"));
        assert_eq!(one_live(vec![object("1")], "Sales").unwrap().0, TargetId::from("1"));
        assert!(one_live(Vec::new(), "Sales").unwrap_err().contains("nothing of this name"));
        assert!(one_live(vec![object("1"), object("2")], "Sales").unwrap_err().contains("ids 1, 2"));
    }
}
