//! Servers in processes of their own, so that what they cost is nobody else's.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use dialform::sandbox::{Options, Sandbox};

/// The argument with which the bench is a server.
pub const SERVE: &str = "serve";

/// What servers ask for.
pub const TOKEN: &str = "bench";

/// How long a server may take to be there; some install themselves first.
const PATIENCE: Duration = Duration::from_secs(180);

/// Which server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sandbox,
    Scimmy,
    Scim2Server,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Sandbox, Kind::Scimmy, Kind::Scim2Server];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Sandbox => "sandbox",
            Kind::Scimmy => "scimmy",
            Kind::Scim2Server => "scim2-server",
        }
    }

    /// So many that a round takes seconds: the servers' speeds lie far apart.
    pub fn people(self) -> usize {
        match self {
            Kind::Sandbox => 5_000,
            Kind::Scimmy => 1_000,
            Kind::Scim2Server => 200,
        }
    }

    /// Why it cannot be started here.
    pub fn is_missing(self) -> Option<String> {
        let needed = match self {
            Kind::Sandbox => return None,
            Kind::Scimmy => "node",
            Kind::Scim2Server => "python3",
        };
        let script = self.script();
        if !script.is_file() {
            return Some(format!("no {} (set DIALFORM_SHARED)", script.display()));
        }
        let there = Command::new(needed).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        (!there.is_ok_and(|status| status.success())).then(|| format!("it needs {needed}"))
    }

    fn script(self) -> PathBuf {
        let shared = std::env::var("DIALFORM_SHARED").unwrap_or_else(|_| "../shared".to_owned());
        PathBuf::from(shared).join("servers").join(format!("{}.sh", self.name()))
    }
}

/// A server that ends when this is dropped.
pub struct Server {
    child: Child,
    /// The base URL.
    pub url: String,
}

impl Server {
    /// Starts one that holds nothing yet, and waits until it answers.
    pub async fn start(kind: Kind) -> Self {
        let server = match kind {
            Kind::Sandbox => Self::sandbox(),
            Kind::Scimmy => Self::script(kind, "/scim/v2"),
            Kind::Scim2Server => Self::script(kind, "/v2"),
        };
        let client = super::load::client();
        let ready = async {
            let url = format!("{}/ServiceProviderConfig", server.url);
            while !client.get(&url).bearer_auth(TOKEN).send().await.is_ok_and(|answer| answer.status().is_success()) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ready).await.unwrap();
        server
    }

    fn sandbox() -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program).arg(SERVE).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
        Self { child, url: format!("http://{}/scim", address.trim()) }
    }

    fn script(kind: Kind, path: &str) -> Self {
        // Free when it was asked for, and hardly taken by somebody else before the script has it.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(kind.script());
        command.args([&port.to_string(), TOKEN]).stdout(Stdio::null()).stderr(Stdio::null());
        if std::env::var_os("SCIM_CACHE_DIR").is_none() {
            let cache = std::env::var("XDG_CACHE_HOME").map(PathBuf::from);
            let cache = cache.unwrap_or_else(|_| PathBuf::from(std::env::var("HOME").unwrap()).join(".cache"));
            command.env("SCIM_CACHE_DIR", cache.join("dialform-interop"));
        }
        Self { child: command.spawn().unwrap(), url: format!("http://127.0.0.1:{port}{path}") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended by itself needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves a sandbox without a limit until the process is ended.
pub async fn serve_sandbox() {
    let sandbox = Sandbox::open(Options { rate: None, ..Options::default() }).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    sandbox.serve(listener, std::future::pending()).await.unwrap();
}
