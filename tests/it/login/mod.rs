//! A login of Entra on this machine, over TLS with an authority of its own, so that the built
//! program signs in as it does anywhere; and beside it, over plain HTTP, what GitHub and Azure
//! put next to a job or a machine.
//!
//! Statuses, codes and words are those of the captured answers where there are any
//! (`AADSTS7000215`, `700038`, `500011`), else those of Microsoft's list of codes.

mod answers;
mod wire;

use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};

pub use crate::graph::TENANT;
pub use wire::{Answer, Request};

pub const DOMAIN: &str = "corp.example.net";
pub const APP: &str = "941c3526-5063-5f5d-825a-421b8a2e1df4";
/// The managed identity of the machine.
pub const IDENTITY: &str = "7d0a1f4e-6c7b-559c-8bd4-b912934b9d3d";
pub const SECRET: &str = "c4nary~client+secret/9f";
pub const EXPIRED_SECRET: &str = "c4nary~expired+secret/3a";
pub const GITHUB_TOKEN: &str = "c4nary-github-request-77aa";
pub const IDENTITY_HEADER: &str = "c4nary-identity-header-51be";
pub const SUBJECT: &str = "repo:example/telephony:environment:dialpad";
/// In the place of this in a fault's body comes all that was sent.
pub const SENT: &str = "{all that was sent}";
/// Stands in every token and assertion that is given out.
pub const MARK: &str = "c4nary-signature-e0d4";
pub const LEAST: [&str; 3] = ["Application.Read.All", "GroupMember.Read.All", "User.Read.All"];

/// What can be changed while it runs.
pub struct World {
    /// Application permissions in the tokens.
    pub roles: Vec<String>,
    /// Other claims of the tokens, in the place of the usual ones.
    pub claims: BTreeMap<String, Value>,
    /// Seconds that tokens live.
    pub life: i64,
    /// Whom GitHub says that the job is.
    pub subject: String,
    /// Answers that are given before the right one, by the beginning of the path.
    pub faults: VecDeque<(String, Answer)>,
    /// All that was asked.
    pub asked: Vec<Request>,
    now: i64,
}

/// A running login.
pub struct Login {
    /// `https://localhost:…`
    pub authority: String,
    /// `http://127.0.0.1:…`, with `/github` and `/msi/token`.
    pub beside: String,
    world: Arc<Mutex<World>>,
    folder: tempfile::TempDir,
}

impl Login {
    pub fn start() -> Self {
        let world = World {
            roles: LEAST.map(str::to_owned).to_vec(),
            claims: BTreeMap::new(),
            life: 3_599,
            subject: SUBJECT.to_owned(),
            faults: VecDeque::new(),
            asked: Vec::new(),
            now: jiff::Timestamp::now().as_second(),
        };
        let world = Arc::new(Mutex::new(world));
        let folder = tempfile::tempdir().unwrap();
        let config = certified(&folder.path().join("authority.pem"));
        let (secure, plain) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let authority = format!("https://localhost:{}", secure.local_addr().unwrap().port());
        let beside = format!("http://{}", plain.local_addr().unwrap());
        for (listener, config) in [(secure, Some(config)), (plain, None)] {
            let world = world.clone();
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let (world, config) = (world.clone(), config.clone());
                    thread::spawn(move || wire::serve(stream, config, &|request| answer(&world, request)));
                }
            });
        }
        Self { authority, beside, world, folder }
    }

    /// The file with the authority's certificate.
    pub fn authority_file(&self) -> String {
        self.folder.path().join("authority.pem").to_str().unwrap().to_owned()
    }

    pub fn change(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What was asked so far, by path.
    pub fn asked(&self, path: &str) -> Vec<Request> {
        let world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.asked.iter().filter(|request| request.path.starts_with(path)).cloned().collect()
    }

    /// The variables with which this login is the one that is asked.
    pub fn here(&self) -> Vec<(&'static str, String)> {
        vec![("SSL_CERT_FILE", self.authority_file()), ("AZURE_AUTHORITY_HOST", self.authority.clone())]
    }

    pub fn by_secret(&self, secret: &str) -> Vec<(&'static str, String)> {
        vec![("AZURE_CLIENT_ID", APP.to_owned()), ("AZURE_CLIENT_SECRET", secret.to_owned())]
    }

    pub fn by_github(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AZURE_CLIENT_ID", APP.to_owned()),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{}/github?api-version=2.0", self.beside)),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", GITHUB_TOKEN.to_owned()),
        ]
    }

    pub fn by_workload(&self, text: &str) -> Vec<(&'static str, String)> {
        let file = self.folder.path().join("federated");
        fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap().to_owned();
        vec![("AZURE_CLIENT_ID", APP.to_owned()), ("AZURE_FEDERATED_TOKEN_FILE", file)]
    }

    pub fn by_identity(&self) -> Vec<(&'static str, String)> {
        vec![
            ("IDENTITY_ENDPOINT", format!("{}/msi/token", self.beside)),
            ("IDENTITY_HEADER", IDENTITY_HEADER.to_owned()),
        ]
    }

    /// A folder with a program `az` that does what this script says.
    pub fn az(&self, script: &str) -> PathBuf {
        let folder = self.folder.path().join("bin");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("az");
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        executable(&file);
        folder
    }

    /// The token that this login gives an application.
    pub fn token(&self) -> String {
        self.world.lock().unwrap_or_else(PoisonError::into_inner).token(APP)
    }

    /// All tokens that it gives as things stand.
    pub fn tokens(&self) -> Vec<String> {
        let world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        [APP, IDENTITY].map(|client| world.token(client)).to_vec()
    }
}

/// What a token that vouches for somebody looks like.
pub fn assertion(subject: &str, audience: &str) -> String {
    jwt(&json!({
        "iss": "https://token.actions.githubusercontent.com",
        "sub": subject,
        "aud": audience,
    }))
}

fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{MARK}", part(&json!({ "alg": "RS256", "typ": "JWT" })), part(claims))
}

impl World {
    fn token(&self, client: &str) -> String {
        let now = self.now;
        let mut claims = json!({
            "aud": "https://graph.microsoft.com",
            "iss": format!("https://sts.windows.net/{TENANT}/"),
            "iat": now,
            "nbf": now,
            "exp": now + self.life,
            "app_displayname": "dialform",
            "appid": client,
            "idtyp": "app",
            "roles": self.roles,
            "tid": TENANT,
            "ver": "1.0",
        });
        for (name, value) in &self.claims {
            claims[name] = value.clone();
        }
        jwt(&claims)
    }
}

fn answer(world: &Mutex<World>, request: &Request) -> Answer {
    let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
    world.asked.push(request.clone());
    if world.faults.front().is_some_and(|(path, _)| request.path.starts_with(path))
        && let Some((_, mut answer)) = world.faults.pop_front()
    {
        answer.body = answer.body.replace(SENT, &request.sent());
        return answer;
    }
    answers::right(&world, request)
}

/// A certificate for `localhost`, signed by an authority that is written to a file.
fn certified(file: &Path) -> Arc<rustls::ServerConfig> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "Dialform's test authority");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    fs::write(file, authority.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    Arc::new(config)
}

#[cfg(unix)]
fn executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn executable(_: &Path) {}
