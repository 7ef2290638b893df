//! `dialform sandbox`: the embedded Dialpad on loopback.

use std::{
    fs,
    io::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    names::{Secret, count},
    sandbox::{
        API_PATH, BASE_PATH, FAULT_HELP, FaultError, FaultRule, GroupRename, Options, Sandbox, SandboxError, Tenant,
    },
};

/// The variable with the token that requests must carry. It is not an argument,
/// because arguments are seen by everybody on the machine.
pub const TOKEN_VARIABLE: &str = "DIALFORM_SANDBOX_TOKEN";

/// Runs an embedded Dialpad (SCIM 2.0 and admin API) with its documented limits.
///
/// If DIALFORM_SANDBOX_TOKEN is set, requests must carry it as bearer token;
/// without it, no token is asked for. Faults can also be set while it runs,
/// one on a line: `curl -X PUT --data-binary 'status=503;nth=1'
/// http://127.0.0.1:8080/sandbox/faults`; `GET /sandbox/requests` counts.
/// Offices, licences, contact centers and people to begin with are in the
/// tenant file; see docs/sandbox.md.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Requests a second for the company; 0 is no limit
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub rate: u32,
    /// How long each answer takes at least, such as 50ms
    #[arg(long, value_name = "TIME", default_value = "0ms", value_parser = duration)]
    pub latency: Duration,
    /// The most resources on a page
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub page_limit: usize,
    /// Something that goes wrong, such as 'status=503;on=PATCH;nth=3'; can be given again
    #[arg(long, value_name = "FAULT", long_help = fault_help())]
    pub fault: Vec<FaultRule>,
    /// Renames groups when asked, which Dialpad does not do
    #[arg(long)]
    pub rename_groups: bool,
    /// Takes a userName or a group's name that is there already, which Dialpad does not do
    #[arg(long)]
    pub duplicate_names: bool,
    /// Where the data are kept
    #[arg(long, value_name = "FOLDER", default_value = ".dialform/sandbox", conflicts_with = "memory")]
    pub folder: PathBuf,
    /// Keeps the data in memory only
    #[arg(long)]
    pub memory: bool,
    /// The company: offices with their licences, contact centers, policies, people (YAML)
    #[arg(long, value_name = "FILE")]
    pub tenant: Option<PathBuf>,
    /// Users and groups to begin with, if the sandbox is empty: a JSON list of SCIM resources
    #[arg(long, value_name = "FILE")]
    pub seed: Option<PathBuf>,
}

fn fault_help() -> String {
    format!(
        "Something that goes wrong, such as 'status=503;on=PATCH;nth=3'; can be given again.\n\nEach is {FAULT_HELP}"
    )
}

fn duration(text: &str) -> Result<Duration, String> {
    crate::sandbox::parse_duration(text).ok_or_else(|| "expected a time such as 50ms or 2s".to_owned())
}

/// Why the sandbox does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The sandbox itself.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A fault is not one.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// The address cannot be had.
    #[error("listen on {address}: {source}; choose another with `--listen 127.0.0.1:0`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The file to begin with cannot be read.
    #[error("read the seed `{}`: {problem}", file.display())]
    Seed {
        /// The file.
        file: PathBuf,
        /// What is wrong, a lower-case fragment.
        problem: String,
    },
    /// The tenant file cannot be used.
    #[error("read the tenant `{}`: {problem}", file.display())]
    Tenant {
        /// The file.
        file: PathBuf,
        /// What is wrong, with its place.
        problem: String,
    },
    /// Nobody can be told where it listens.
    #[error("write to standard error: {0}")]
    Say(#[from] io::Error),
}

/// Serves until `shutdown` is ready. What people should know is written to `say`.
///
/// # Errors
/// When the folder, the seed or the address cannot be used.
pub async fn run(
    args: Args,
    token: Option<Secret>,
    shutdown: impl Future<Output = ()> + Send + 'static,
    say: &mut (dyn Write + Send),
) -> Result<(), Error> {
    let Args { listen, rate, latency, page_limit, fault, rename_groups, duplicate_names, folder, memory, tenant, seed } =
        args;
    let tenant = tenant.as_deref().map(read_tenant).transpose()?;
    let kept = if memory { "in memory".to_owned() } else { format!("in {}", folder.display()) };
    let group_rename = if rename_groups { GroupRename::Honoured } else { GroupRename::Ignored };
    let faults = crate::sandbox::FaultPlan::new(fault);
    let folder = (!memory).then_some(folder);
    let asks = token.is_some();
    let rate = (rate > 0).then_some(rate);
    let unique_names = !duplicate_names;
    let options = Options { token, rate, latency, page_limit, group_rename, unique_names, faults, folder, tenant };
    let sandbox = Sandbox::open(options)?;
    if let Some(file) = seed {
        if sandbox.users().is_empty() && sandbox.groups().is_empty() {
            sandbox.load(&read_seed(&file)?)?;
        } else {
            writeln!(say, "the sandbox is not empty; {} is not loaded", file.display())?;
        }
    }
    let listener = TcpListener::bind(listen).await.map_err(|source| Error::Listen { address: listen, source })?;
    let address = listener.local_addr()?;
    writeln!(
        say,
        "Dialpad sandbox on http://{address}{BASE_PATH} and {API_PATH}, {} and {} {kept}, {}, {}. Ctrl-C ends it.",
        count(sandbox.users().len(), "user", "users"),
        count(sandbox.groups().len(), "group", "groups"),
        rate.map_or_else(|| "no rate limit".to_owned(), |rate| format!("{rate} requests a second")),
        if asks { "with a token" } else { "without a token" },
    )?;
    say.flush()?;
    Ok(sandbox.serve(listener, shutdown).await?)
}

fn read_tenant(file: &Path) -> Result<Tenant, Error> {
    let wrong = |problem: String| Error::Tenant { file: file.to_owned(), problem };
    let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    Tenant::parse(&text).map_err(|error| wrong(format!("{}: {}", error.place, error.problem)))
}

/// A JSON list of resources, or an object with one in `Resources`, as SCIM lists them.
fn read_seed(file: &Path) -> Result<Vec<Value>, Error> {
    let wrong = |problem: String| Error::Seed { file: file.to_owned(), problem };
    let text = fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let value: Value = serde_json::from_slice(&text).map_err(|error| wrong(format!("it is not JSON: {error}")))?;
    match value {
        Value::Array(list) => Ok(list),
        Value::Object(mut object) => match object.remove("Resources") {
            Some(Value::Array(list)) => Ok(list),
            _ => Err(wrong("expected a list of users and groups, or an object with one in `Resources`".to_owned())),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(wrong("expected a list of users and groups".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(line: &[&str]) -> Args {
        Line::try_parse_from(std::iter::once(&"sandbox").chain(line)).unwrap().args
    }

    /// What is said, and how it ends when it is told to end at once.
    async fn ran(line: &[&str]) -> (String, Result<(), Error>) {
        let mut said = Vec::new();
        let line: Vec<&str> = line.iter().copied().chain(["--listen", "127.0.0.1:0"]).collect();
        let end = run(args(&line), None, async {}, &mut said).await;
        (String::from_utf8(said).unwrap(), end)
    }

    #[tokio::test]
    async fn it_says_where_it_is_and_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let seed = folder.path().join("seed.json");
        fs::write(
            &seed,
            r#"[{"userName": "a@example.com"}, {"userName": "b@example.com"},
                {"displayName": "Sales", "members": [{"value": "a@example.com"}]}]"#,
        )
        .unwrap();
        let data = folder.path().join("data");
        let (seed, data) = (seed.to_str().unwrap(), data.to_str().unwrap());
        let (said, end) = ran(&["--folder", data, "--seed", seed, "--rate", "0"]).await;
        end.unwrap();
        assert!(said.starts_with("Dialpad sandbox on http://127.0.0.1:"), "{said}");
        assert!(said.contains("/scim and /api/v2, 2 users and 1 group in "), "{said}");
        assert!(said.contains("no rate limit, without a token"), "{said}");
        let (said, end) = ran(&["--folder", data, "--seed", seed]).await;
        end.unwrap();
        assert!(said.contains("the sandbox is not empty") && said.contains("2 users and 1 group"), "{said}");
        assert!(said.contains("20 requests a second"), "{said}");
    }

    #[tokio::test]
    async fn what_keeps_it_from_running_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let open = Sandbox::open(Options { folder: Some(data.clone()), ..Options::default() }).unwrap();
        let error = ran(&["--folder", data.to_str().unwrap()]).await.1.unwrap_err().to_string();
        assert!(error.contains("another dialform is using it"), "{error}");
        drop(open);
        for (seed, says) in [
            ("[", "it is not JSON"),
            ("3", "expected a list"),
            ("{\"users\": []}", "in `Resources`"),
            ("[{\"userName\": \"a\"}]", "load resource 1: `userName` must be an e-mail address"),
        ] {
            let file = folder.path().join("seed.json");
            fs::write(&file, seed).unwrap();
            let error = ran(&["--memory", "--seed", file.to_str().unwrap()]).await.1.unwrap_err().to_string();
            assert!(error.contains(says), "{seed}: {error}");
        }
        let file = folder.path().join("tenant.yaml");
        fs::write(&file, "company: { name: A }\noffices: []\n").unwrap();
        let error = ran(&["--memory", "--tenant", file.to_str().unwrap()]).await.1.unwrap_err().to_string();
        assert!(error.contains("tenant.yaml`: `offices`: a company has one office at least"), "{error}");
        let missing = ran(&["--memory", "--seed", "/nowhere/seed.json"]).await.1.unwrap_err().to_string();
        assert!(missing.starts_with("read the seed `/nowhere/seed.json`"), "{missing}");
    }

    #[test]
    fn wrong_arguments_are_refused_with_what_is_expected() {
        for (line, says) in [
            (["--fault", "stauts=503"], "did you mean `status`?"),
            (["--latency", "long"], "expected a time such as 50ms"),
            (["--listen", "nowhere"], "invalid socket address"),
        ] {
            let error = Line::try_parse_from(std::iter::once("sandbox").chain(line)).err().unwrap().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
