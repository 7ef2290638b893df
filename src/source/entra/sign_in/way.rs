//! Which way to sign in: from `auth` and what the environment has.

use std::{fmt, path::PathBuf};

use crate::{
    manifest::{Auth, Placed},
    names::{Secret, Text},
    source::entra::SignInFailure,
};

pub(super) const READY_TOKEN: &str = "GRAPH_ACCESS_TOKEN";
pub(super) const READY_FILE: &str = "GRAPH_ACCESS_TOKEN_FILE";
pub(super) const CLIENT: &str = "AZURE_CLIENT_ID";
pub(super) const TENANT: &str = "AZURE_TENANT_ID";
pub(super) const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
pub(super) const ASSERTION_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
pub(super) const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";
pub(super) const GITHUB_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
pub(super) const GITHUB_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
pub(super) const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";
pub(super) const IDENTITY_HEADER: &str = "IDENTITY_HEADER";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";

/// Reads a variable; `None` when it is not set or not UTF-8.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A way to sign in, with all it needs. Files are read when a token is wanted, since they change.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// A ready token from a variable.
    Ready(Secret),
    /// A ready token from a file.
    ReadyFile(PathBuf),
    /// GitHub vouches for the job.
    Github { client: Text, url: String, token: Secret },
    /// What vouches for the workload stands in a file.
    Workload { client: Text, file: PathBuf },
    /// A client secret.
    ClientSecret { client: Text, secret: Secret },
    /// A managed identity: of App Service and its like, or without an endpoint a machine's.
    Managed { client: Option<Text>, endpoint: Option<String>, header: Option<Secret> },
    /// The Azure CLI.
    Cli,
}

/// Why a way cannot be gone.
enum Lack {
    /// What has to be set, and is not.
    Absent(String),
    /// It is there and of no use: no other way is tried in its place.
    Unusable(SignInFailure),
}

/// The order in which `auto` looks.
const AUTO: [Auth; 6] = [Auth::Token, Auth::Github, Auth::Workload, Auth::Secret, Auth::Managed, Auth::Cli];

impl Way {
    pub(super) fn choose(auth: &Placed<Auth>, environment: Environment) -> Result<Self, SignInFailure> {
        let found = Found(environment);
        let place = &auth.place;
        if auth.value != Auth::Auto {
            let name = name(auth.value);
            return found.way(auth.value, true).map_err(|lack| match lack {
                Lack::Absent(how) => {
                    failure(format!("`auth: {name}` ({place}) has not what it needs"), &format!("for it, {how}"))
                }
                Lack::Unusable(failure) => failure,
            });
        }
        let mut looked_for = Vec::new();
        for auth in AUTO {
            match found.way(auth, false) {
                Ok(way) => return Ok(way),
                Err(Lack::Absent(how)) => looked_for.push(format!("{}: {how}", name(auth))),
                Err(Lack::Unusable(failure)) => return Err(failure),
            }
        }
        if found.has(CERTIFICATE) {
            looked_for.push(format!("certificates ({CERTIFICATE}) are not supported"));
        }
        Err(failure(
            format!("nothing to sign in with was found (`auth: auto`, {place})"),
            &format!(
                "give one of these, and say which with `auth` if there are several:\n  {}",
                looked_for.join("\n  ")
            ),
        ))
    }

    /// The application's id, where we say it ourselves.
    pub(super) fn client(&self) -> Option<&Text> {
        match self {
            Way::Github { client, .. } | Way::Workload { client, .. } | Way::ClientSecret { client, .. } => {
                Some(client)
            }
            Way::Managed { client, .. } => client.as_ref(),
            Way::Ready(_) | Way::ReadyFile(_) | Way::Cli => None,
        }
    }

    /// The secrets that it is known to hold, which nothing may repeat.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        match self {
            Way::Ready(secret) | Way::ClientSecret { secret, .. } | Way::Github { token: secret, .. } => {
                vec![secret.clone()]
            }
            Way::Managed { header, .. } => header.iter().cloned().collect(),
            Way::ReadyFile(_) | Way::Workload { .. } | Way::Cli => Vec::new(),
        }
    }
}

/// For people: "a client secret (AZURE_CLIENT_SECRET) of application …".
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Ready(_) => write!(f, "the token in {READY_TOKEN}"),
            Way::ReadyFile(file) => write!(f, "the token in `{}` ({READY_FILE})", file.display()),
            Way::Github { client, .. } => write!(f, "GitHub's identity of this job, as application {client}"),
            Way::Workload { client, file } => {
                write!(f, "the federated token in `{}`, as application {client}", file.display())
            }
            Way::ClientSecret { client, .. } => write!(f, "a client secret ({CLIENT_SECRET}) of application {client}"),
            Way::Managed { client: Some(client), .. } => write!(f, "the managed identity {client}"),
            Way::Managed { client: None, .. } => f.write_str("the managed identity of this machine"),
            Way::Cli => f.write_str("the Azure CLI"),
        }
    }
}

struct Found<'a>(Environment<'a>);

impl Found<'_> {
    fn has(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// A variable that is set to nothing is not set.
    fn text(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn secret(&self, name: &str) -> Result<Option<Secret>, Lack> {
        let Some(text) = (self.0)(name).filter(|text| !text.trim().is_empty()) else { return Ok(None) };
        Secret::parse(&text).map(Some).map_err(|why| {
            Lack::Unusable(failure(format!("what `{name}` holds {why}"), &format!("set `{name}` again")))
        })
    }

    /// `named`: the manifest names the way, so that it need not show itself by variables of its own.
    fn way(&self, auth: Auth, named: bool) -> Result<Way, Lack> {
        match auth {
            // Its callers go through the others.
            Auth::Auto | Auth::Token => self.ready(),
            Auth::Github => self.github(),
            Auth::Workload => self.workload(),
            Auth::Secret => self.client_secret(),
            Auth::Managed => self.managed(named),
            Auth::Cli if named || on_path(self.0) => Ok(Way::Cli),
            Auth::Cli => Err(Lack::Absent("install the Azure CLI (`az` is not on PATH) and run `az login`".to_owned())),
        }
    }

    fn ready(&self) -> Result<Way, Lack> {
        if let Some(token) = self.secret(READY_TOKEN)? {
            return Ok(Way::Ready(token));
        }
        let absent = || Lack::Absent(format!("set {READY_TOKEN}, or {READY_FILE} to the path of a file that holds it"));
        self.text(READY_FILE).map(|file| Way::ReadyFile(file.into())).ok_or_else(absent)
    }

    fn github(&self) -> Result<Way, Lack> {
        match (self.client(), self.text(GITHUB_URL), self.secret(GITHUB_TOKEN)?) {
            (Some(client), Some(url), Some(token)) => Ok(Way::Github { client, url, token }),
            (client, url, token) => {
                let mut how = vec![];
                if url.is_none() || token.is_none() {
                    how.push(if self.has("GITHUB_ACTIONS") {
                        format!("give the job `permissions: id-token: write` ({GITHUB_URL} is not set)")
                    } else {
                        "run in a job of GitHub Actions with `permissions: id-token: write`".to_owned()
                    });
                }
                how.extend(client.is_none().then(set_client));
                Err(Lack::Absent(how.join(", ")))
            }
        }
    }

    fn workload(&self) -> Result<Way, Lack> {
        match (self.client(), self.text(ASSERTION_FILE)) {
            (Some(client), Some(file)) => Ok(Way::Workload { client, file: file.into() }),
            (client, file) => {
                let file = file.is_none();
                let mut how: Vec<_> = file
                    .then(|| format!("set {ASSERTION_FILE} to the file with the federated token"))
                    .into_iter()
                    .collect();
                how.extend(client.is_none().then(set_client));
                Err(Lack::Absent(how.join(", ")))
            }
        }
    }

    fn client_secret(&self) -> Result<Way, Lack> {
        match (self.client(), self.secret(CLIENT_SECRET)?) {
            (Some(client), Some(secret)) => Ok(Way::ClientSecret { client, secret }),
            (client, secret) => {
                let secret = secret.is_none();
                let mut how: Vec<_> =
                    secret.then(|| format!("set {CLIENT_SECRET} to a client secret's value")).into_iter().collect();
                how.extend(client.is_none().then(set_client));
                Err(Lack::Absent(how.join(", ")))
            }
        }
    }

    fn managed(&self, named: bool) -> Result<Way, Lack> {
        let client = self.client();
        match (self.text(IDENTITY_ENDPOINT), self.secret(IDENTITY_HEADER)?) {
            (Some(endpoint), Some(header)) => {
                Ok(Way::Managed { client, endpoint: Some(endpoint), header: Some(header) })
            }
            (Some(_), None) => Err(Lack::Absent(format!("set {IDENTITY_HEADER} besides {IDENTITY_ENDPOINT}"))),
            (None, _) if named => Ok(Way::Managed { client, endpoint: None, header: None }),
            (None, _) => Err(Lack::Absent(format!(
                "run where Azure sets {IDENTITY_ENDPOINT} and {IDENTITY_HEADER}; on a virtual machine write `auth: managed`"
            ))),
        }
    }

    fn client(&self) -> Option<Text> {
        self.text(CLIENT).map(Text::from)
    }
}

fn set_client() -> String {
    format!("set {CLIENT} to the application's (client) id")
}

fn on_path(environment: Environment) -> bool {
    let path = environment("PATH").unwrap_or_default();
    let names: &[&str] = if cfg!(windows) { &["az.cmd", "az.exe"] } else { &["az"] };
    std::env::split_paths(&path).any(|folder| names.iter().any(|name| folder.join(name).is_file()))
}

/// As the manifest writes it.
pub(super) fn name(auth: Auth) -> &'static str {
    match auth {
        Auth::Auto => "auto",
        Auth::Github => "github",
        Auth::Workload => "workload",
        Auth::Secret => "secret",
        Auth::Managed => "managed",
        Auth::Cli => "cli",
        Auth::Token => "token",
    }
}

pub(super) fn failure(message: String, help: &str) -> SignInFailure {
    SignInFailure { message, help: help.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Place;

    const APP: (&str, &str) = (CLIENT, "11111111-0000-4000-8000-000000000001");
    const GITHUB: [(&str, &str); 3] = [APP, (GITHUB_URL, "https://x.example/?a=1"), (GITHUB_TOKEN, "gh-hunter2")];
    const WORKLOAD: [(&str, &str); 2] = [APP, (ASSERTION_FILE, "/var/run/token")];
    const SECRET: [(&str, &str); 2] = [APP, (CLIENT_SECRET, "hunter2")];
    const MANAGED: [(&str, &str); 2] = [(IDENTITY_ENDPOINT, "http://127.0.0.1:1/msi"), (IDENTITY_HEADER, "hunter2")];
    const READY: [(&str, &str); 1] = [(READY_TOKEN, "hunter2\n")];

    fn choose(auth: Auth, variables: &[(&str, &str)]) -> Result<Way, SignInFailure> {
        let environment =
            |name: &str| variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
        Way::choose(&Placed { value: auth, place: Place::new("dialform.yaml", 6, 11) }, &environment)
    }

    fn kind(way: &Way) -> Auth {
        match way {
            Way::Ready(_) | Way::ReadyFile(_) => Auth::Token,
            Way::Github { .. } => Auth::Github,
            Way::Workload { .. } => Auth::Workload,
            Way::ClientSecret { .. } => Auth::Secret,
            Way::Managed { .. } => Auth::Managed,
            Way::Cli => Auth::Cli,
        }
    }

    #[test]
    fn auto_takes_the_first_whose_variables_are_set() {
        let all: Vec<(Auth, &[(&str, &str)])> = vec![
            (Auth::Token, &READY),
            (Auth::Github, &GITHUB),
            (Auth::Workload, &WORKLOAD),
            (Auth::Secret, &SECRET),
            (Auth::Managed, &MANAGED),
        ];
        for (first, (auth, alone)) in all.iter().enumerate() {
            assert_eq!(kind(&choose(Auth::Auto, alone).unwrap()), *auth);
            assert_eq!(kind(&choose(*auth, alone).unwrap()), *auth);
            let behind: Vec<_> = all[first..].iter().flat_map(|(_, set)| set.iter().copied()).collect();
            assert_eq!(kind(&choose(Auth::Auto, &behind).unwrap()), *auth);
            let everything: Vec<_> = all.iter().flat_map(|(_, set)| set.iter().copied()).collect();
            assert_eq!(kind(&choose(*auth, &everything).unwrap()), *auth, "what the manifest names is taken");
        }
    }

    #[test]
    fn when_nothing_is_there_auto_says_how_to_set_each() {
        let failure = choose(Auth::Auto, &[(CLIENT_SECRET, "  ")]).unwrap_err();
        assert!(failure.message.contains("dialform.yaml:6"), "{failure}");
        for name in [
            READY_TOKEN,
            READY_FILE,
            CLIENT,
            CLIENT_SECRET,
            ASSERTION_FILE,
            IDENTITY_ENDPOINT,
            IDENTITY_HEADER,
            "id-token: write",
            "az login",
        ] {
            assert!(failure.help.contains(name), "{name}: {}", failure.help);
        }
        let half = choose(Auth::Auto, &SECRET[1..]).unwrap_err();
        let line = half.help.lines().find(|line| line.trim_start().starts_with("secret:")).unwrap();
        assert!(line.contains(CLIENT) && !line.contains(CLIENT_SECRET), "{line}");
    }

    #[test]
    fn a_named_way_says_what_it_lacks() {
        for (auth, set, lacks) in [
            (Auth::Secret, &SECRET[..1], CLIENT_SECRET),
            (Auth::Secret, &SECRET[1..], CLIENT),
            (Auth::Workload, &WORKLOAD[..1], ASSERTION_FILE),
            (Auth::Github, &[APP, ("GITHUB_ACTIONS", "true")], "id-token: write"),
            (Auth::Managed, &MANAGED[..1], IDENTITY_HEADER),
            (Auth::Token, &[], READY_TOKEN),
        ] {
            let failure = choose(auth, set).unwrap_err();
            assert!(failure.help.contains(lacks), "{auth:?}: {}", failure.help);
            assert!(failure.message.contains(&format!("`auth: {}`", name(auth))), "{failure}");
        }
        // A machine has no variables; the manifest says that it is one.
        assert!(matches!(choose(Auth::Managed, &[]), Ok(Way::Managed { endpoint: None, .. })));
    }

    #[test]
    fn what_is_set_and_of_no_use_is_not_passed_over() {
        let broken = [APP, (CLIENT_SECRET, "hunter2\nX: 1")];
        let failure = choose(Auth::Auto, &[&broken[..], &MANAGED].concat()).unwrap_err();
        assert!(failure.message.contains(CLIENT_SECRET), "{failure}");
        assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
    }

    #[test]
    fn a_way_shows_no_secret() {
        for set in [&GITHUB[..], &SECRET, &MANAGED, &READY] {
            let way = choose(Auth::Auto, set).unwrap();
            assert!(!format!("{way} {way:?}").contains("hunter2"), "{way:?}");
            assert_eq!(way.secrets().len(), 1);
        }
    }
}
