//! `dialform log`: queries the provisioning log.

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde_json::Value;

use super::{ManifestArg, Terminal, failed, inputs};
use crate::{
    exit::Exit,
    log::{self, Action, Status, Wanted},
    manifest::Manifest,
    names::count,
    render::neutral,
    state::State,
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    manifest: ManifestArg,
    /// Only this person or group: a part of the name, or the id in the source or in Dialpad
    #[arg(value_name = "PERSON")]
    person: Option<String>,
    /// Not before: 2026-11-24, 2026-11-24T08:00:00Z, or 90m, 24h, 7d ago
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only what ended so; can be given again
    #[arg(long, value_enum, value_name = "STATUS")]
    status: Vec<Status>,
    /// Only this kind of change; can be given again
    #[arg(long, value_enum, value_name = "ACTION")]
    action: Vec<Action>,
    /// Only this run, by its id or the beginning of it, or `last`
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// Also who needed nothing, or is not entitled
    #[arg(long)]
    all: bool,
    /// At most so many lines, the last ones
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// How the log is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line, in the shape of Entra's provisioning log.
    Json,
}

/// Runs the command.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    match print(args, terminal) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn print(args: &Args, terminal: &mut Terminal) -> Result<Exit, Exit> {
    let manifest = inputs::manifest(&args.manifest.manifest, terminal)?;
    let mut wanted = wanted(args, &manifest, Timestamp::now()).map_err(|problem| failed(&problem, terminal))?;
    let folder = log::folder(&State::folder_of(&manifest, std::path::Path::new("")));
    if wanted.run.as_deref() == Some("last") {
        let of_last = Wanted { unchanged: args.all, last: Some(1), ..Wanted::default() };
        let read = log::read(&folder, &of_last).map_err(|problem| failed(&problem.to_string(), terminal))?;
        wanted.run = read.lines.first().and_then(|line| line["cycleId"].as_str()).map(str::to_owned).or(wanted.run);
    }
    let read = log::read(&folder, &wanted).map_err(|problem| failed(&problem.to_string(), terminal))?;
    if !read.exists {
        terminal.say(&format!("there is no log in `{}` yet; apply writes it", folder.display()));
    }
    if read.damaged > 0 {
        let damaged = count(usize::try_from(read.damaged).unwrap_or(usize::MAX), "line is", "lines are");
        terminal.say(&format!("warning: {damaged} damaged and left out"));
    }
    if read.exists && read.lines.is_empty() {
        terminal.say(&format!("no line of the log fits{}", hint(&wanted)));
    }
    let shown: String = match args.format {
        Format::Json => read.lines.iter().map(|line| format!("{line}\n")).collect(),
        Format::Text => by_run(&read.lines),
    };
    terminal.data(&shown);
    Ok(Exit::Done)
}

fn wanted(args: &Args, manifest: &Manifest, now: Timestamp) -> Result<Wanted, String> {
    let instant = |text: &Option<String>, flag| match text {
        Some(text) => instant(text, manifest, now).map(Some).ok_or_else(|| {
            format!("read `{flag} {text}`: expected 2026-11-24, 2026-11-24T08:00:00Z, or 24h or 7d ago")
        }),
        None => Ok(None),
    };
    Ok(Wanted {
        person: args.person.clone(),
        since: instant(&args.since, "--since")?,
        until: instant(&args.until, "--until")?,
        status: args.status.iter().map(|status| status.name().to_owned()).collect(),
        action: args.action.iter().map(|action| action.name().to_owned()).collect(),
        run: args.run.clone(),
        unchanged: args.all,
        last: args.last,
    })
}

/// What to try where nothing fits.
fn hint(wanted: &Wanted) -> &'static str {
    match wanted {
        Wanted { run: Some(_), .. } => "; without `--run` the id of each run stands above its lines",
        Wanted { since: Some(_), .. } | Wanted { until: Some(_), .. } => "; look at a longer time",
        Wanted { unchanged: false, .. } => "; --all shows also who needed nothing, or is not entitled",
        Wanted { .. } => "",
    }
}

/// A time, a day of the manifest's time zone, or so long ago.
fn instant(text: &str, manifest: &Manifest, now: Timestamp) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    if let Ok(day) = text.parse::<Date>() {
        return manifest.timezone.to_ambiguous_timestamp(day.at(0, 0, 0, 0)).compatible().ok();
    }
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        "w" => 7 * 24 * 60 * 60,
        _ => return None,
    };
    let ago = SignedDuration::from_secs(number.parse::<i64>().ok()?.checked_mul(seconds)?);
    now.checked_sub(ago).ok()
}

/// Lines for people, each run under its id, which `dialform undo` takes.
fn by_run(lines: &[Value]) -> String {
    let mut shown = String::new();
    let mut before = None;
    for line in lines {
        let run = line["cycleId"].as_str().unwrap_or_default();
        if before != Some(run) {
            shown.push_str(&format!("run {}\n", neutral::line(run)));
        }
        before = Some(run);
        shown.push_str(&text(line));
    }
    shown
}

/// A line for people: when, how it ended, what, to whom, why or what went wrong, and each value.
fn text(line: &Value) -> String {
    let get = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let at = get("/activityDateTime");
    let at = at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), |at| format!("{at:.0}"));
    let mut shown = format!(
        "{at}  {:<7}  {:<7}  {}",
        get("/provisioningStatusInfo/status"),
        get("/provisioningAction"),
        get("/sourceIdentity/displayName"),
    );
    let reason = get("/provisioningStatusInfo/errorInformation/reason");
    let code = get("/provisioningStatusInfo/errorInformation/errorCode");
    let why = if reason.is_empty() { get("/dialform/cause/text").to_owned() } else { format!("{code}: {reason}") };
    if !why.is_empty() {
        shown.push_str(&format!("  {why}"));
    }
    let place = get("/dialform/cause/place");
    if !place.is_empty() {
        shown.push_str(&format!("  ({place})"));
    }
    let mut lines = vec![shown];
    for changed in line["modifiedProperties"].as_array().into_iter().flatten() {
        let value = |key: &str| changed[key].as_str().map_or_else(|| "-".to_owned(), |value| format!("`{value}`"));
        lines.push(format!(
            "    {}: {} -> {}",
            changed["displayName"].as_str().unwrap_or_default(),
            value("oldValue"),
            value("newValue")
        ));
    }
    lines.iter().map(|line| format!("{}\n", neutral::line(line))).collect()
}
