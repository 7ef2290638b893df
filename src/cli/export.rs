//! `dialform export`: live Dialpad to a manifest and a directory file that plan to no changes.

mod folder;
mod proof;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{
    Terminal, connect, failed, init, inputs,
    load::{self, Loaded},
    progress::Progress,
};
use crate::{
    dialpad::{Reader, Want, Wanted},
    exit::Exit,
    export::{self, Exported, Origin},
    live::Live,
    manifest::{self, Disk, Manifest, ReadDialect, Target},
    names::count,
    render::{self, json::Proof, neutral, text::View},
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Args {
    /// The manifest whose `target` says where to look
    #[arg(short, long, value_name = "FILE", env = "DIALFORM_MANIFEST", default_value = "dialform.yaml")]
    pub manifest: PathBuf,
    /// The SCIM URL, where there is no manifest yet; the token is in DIALPAD_TOKEN
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// With `--url`: read the admin API there too, as https://dialpad.com; the key is in DIALPAD_API_KEY
    #[arg(long, value_name = "URL", requires = "url")]
    pub api: Option<String>,
    /// Let the manifest's secrets come from a `command`
    #[arg(long)]
    pub allow_command: bool,
    /// The folder to write into; made if it is not there
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
    /// Overwrite files that are there already
    #[arg(long)]
    pub force: bool,
    /// Write no links: the first plan then adopts everybody
    #[arg(long)]
    pub no_links: bool,
    /// How to print who is not in the files
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

const AFTER: &str = "Writes dialform.yaml, people.csv (people.yaml where CSV cannot hold a value) and \
tests/exported.yaml. With an admin API, people who have the same licence, places, rights and settings share a role \
whose grants give them back. Accounts that the files cannot say are listed with a reason, and a plan leaves them as \
they are.\n\nThe state of the new manifest gets a link for each person, so that the first plan has no adoptions; only \
linked accounts are ever disabled. Nothing is sent to Dialpad but reads. At the end the files are read back and \
planned; what that plan has is said.";

/// How the report is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// Runs the command.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    export(args, terminal).unwrap_or_else(|exit| exit)
}

fn export(args: &Args, terminal: &mut Terminal) -> Result<Exit, Exit> {
    let (manifest, base) = target(args, terminal)?;
    if manifest.target.scim().read == ReadDialect::Lookup {
        let problem =
            "export: the target is read by look-ups (`dialect.read: lookup`), and only a listing says who is there";
        return Err(failed(problem, terminal));
    }
    let folder = folder::Folder::new(&args.out);
    folder.is_free(args.force).map_err(|problem| failed(&problem, terminal))?;
    let live = live(args, &manifest, terminal)?;
    let origin = Origin { name: name(args, &manifest), target: folder.relocated(&manifest.target, &base) };
    let exported = export::export(&live, &origin);
    let made = proof::manifest(&folder, &exported, terminal)?;
    let links = folder.links(&exported, &made, args.no_links).map_err(|problem| failed(&problem, terminal))?;
    let written = folder.write(&exported, terminal)?;
    let proof = proof::proof(&made, &live, &exported, terminal)?;
    let links = links.map_or(Ok(0), |links| links.write(proof.is_safe(), terminal))?;
    show(args, &exported, &written, links, &proof, terminal);
    Ok(if proof.is_empty() { Exit::Done } else { Exit::Held })
}

/// The manifest whose target is read, and the folder that its paths are relative to.
fn target(args: &Args, terminal: &mut Terminal) -> Result<(Manifest, PathBuf), Exit> {
    let Some(url) = &args.url else {
        if !args.manifest.exists() {
            let problem = format!(
                "export: there is no manifest `{}` that says where Dialpad is; name one with `--manifest`, or the SCIM URL with `--url https://dialpad.com/scim` (and `--api https://dialpad.com`)",
                args.manifest.display()
            );
            return Err(failed(&problem, terminal));
        }
        return match load::manifest(&args.manifest) {
            Ok(Loaded { manifest, warnings: _, sources: _, written: _ }) => Ok((manifest, PathBuf::new())),
            Err(unusable) => {
                inputs::show(&unusable.problems, &unusable.sources, terminal, true);
                Err(Exit::Failed)
            }
        };
    };
    // The same text that somebody would write, so that it is judged by the same rules.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let api = args.api.as_ref();
    let api = api.map(|api| format!("    api: {{ url: {}, key: {{ env: DIALPAD_API_KEY }} }}\n", quoted(api)));
    let text = format!(
        "version: 1\nname: export\nsource: {{ files: {{ people: people.csv }} }}\nscope: everyone\ntarget:\n  dialpad:\n    \
         scim: {{ url: {}, token: {{ env: DIALPAD_TOKEN }} }}\n{}",
        quoted(url),
        api.unwrap_or_default()
    );
    let mut disk = Disk { read: &mut |_| Ok(text.clone()), list: &mut |_, _| Ok(Vec::new()) };
    let read = manifest::read("--url", &mut disk, &load::allowed_hosts());
    match read.manifest {
        Some((manifest, _)) => Ok((manifest, PathBuf::new())),
        None => {
            inputs::show(&read.problems, &read.sources, terminal, true);
            Err(Exit::Failed)
        }
    }
}

/// The job's name: that of the manifest, or made of the folder's.
fn name(args: &Args, manifest: &Manifest) -> crate::names::Text {
    if args.url.is_some() { init::job_name(&args.out).into() } else { manifest.name.clone() }
}

/// Reads everything.
fn live(args: &Args, manifest: &Manifest, terminal: &mut Terminal) -> Result<Live, Exit> {
    let reader = connect::reader(manifest, args.allow_command).map_err(|problem| failed(&problem, terminal))?;
    let runtime = super::runtime().map_err(|problem| failed(&problem, terminal))?;
    inputs::warn_of_expiry(manifest, terminal);
    let live = runtime.block_on(everything(&reader, manifest, terminal))?;
    let company = live.tenant.as_ref().and_then(|tenant| tenant.company.clone());
    runtime.block_on(inputs::check_company(manifest, std::future::ready(company), terminal))?;
    if let Some(because) = live.users.because() {
        let problem = format!(
            "export: the accounts were not all read: {}\n  try again; nothing was written",
            neutral::line(because)
        );
        return Err(failed(&problem, terminal));
    }
    Ok(live)
}

async fn everything(reader: &Reader, manifest: &Manifest, terminal: &mut Terminal) -> Result<Live, Exit> {
    let has_api = match &manifest.target {
        Target::Dialpad(dialpad) => dialpad.api.is_some(),
        Target::Sandbox(_) => true,
    };
    let want = Want { groups: true, tenant: has_api.then(Wanted::everything), ..Want::default() };
    let progress = Progress::new(terminal, "reading Dialpad", None);
    let read = reader.live(&want, &|read| progress.set(read.read, Some(read.total))).await;
    progress.finish();
    read.map_err(|error| {
        inputs::unreachable(&error, &manifest.target, terminal);
        Exit::Failed
    })
}

fn show(
    args: &Args,
    exported: &Exported,
    written: &[String],
    links: usize,
    proof: &proof::Found,
    terminal: &mut Terminal,
) {
    if args.format == Format::Json {
        let plan = Proof { changes: proof.changes, held: proof.held };
        return terminal.data(&render::json::export(&exported.report, written, links, plan));
    }
    let view = View { color: terminal.color, width: terminal.width, ..View::default() };
    terminal.data(&render::text::export(&exported.report, &view));
    terminal.say("");
    terminal.say(&format!("wrote {}:", count(written.len(), "file", "files")));
    let width = written.iter().map(|file| file.len()).max().unwrap_or_default();
    for (file, of) in written.iter().zip(&exported.files) {
        terminal.say(&format!("  {file:width$}  {}", of.purpose));
    }
    let people = count(links, "account", "accounts");
    match (args.no_links, links) {
        (true, _) => {
            terminal.say("no links were written: the first plan adopts everybody, by the budget `safety.adopts`");
        }
        (false, 0) => {}
        (false, _) => terminal.say(&format!("linked {people} in the state, so that the first plan has no adoptions")),
    }
    terminal.say(&proof.words());
    if proof.is_empty() {
        let file = args.out.join("dialform.yaml");
        let file = if args.out == Path::new(".") { PathBuf::from("dialform.yaml") } else { file };
        let shown = file.display().to_string();
        let file = shell_words::quote(&shown);
        terminal
            .say(&format!("next:\n  dialform check -m {file}\n  dialform test -m {file}\n  dialform plan -m {file}"));
    }
}

/// The instant of an export.
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
