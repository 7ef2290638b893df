//! Signing in to Entra: from the manifest's `auth` and the environment to a token.
//!
//! `azure_identity` speaks with Entra, over our own transport. What it gets is kept until
//! shortly before it ends, checked to be of the manifest's tenant and for Microsoft Graph,
//! and never printed.

mod assertion;
mod cli;
mod login;
pub mod permissions;
mod refusal;
mod transport;
mod way;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    credentials::{Secret as AzureSecret, TokenCredential},
    http::{ClientOptions, RetryOptions, Transport as AzureTransport},
};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use url::Url;

use assertion::{Assertion, Origin};
use login::Login;
use refusal::Attempt;
use transport::{Last, Transport};
pub use way::Environment;
use way::{READY_FILE, READY_TOKEN, TENANT, Way, failure};

use super::{Claims, SignInFailure, Token};
use crate::{
    http::Patience,
    manifest::{Entra, trust::is_guid},
    names::{Secret, Text},
};

/// A token is renewed so long before it ends; clocks may differ by as much.
const EARLY: SignedDuration = SignedDuration::from_mins(5);

/// A token is used for so long at least, whatever this machine's clock says.
const SHORTEST: Duration = Duration::from_secs(60);

/// How long a token is asked for.
const PATIENCE: Patience = Patience { tries: 4, total: Duration::from_secs(60) };

/// The id of Microsoft Graph as an application, the same in every tenant.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// A chosen way to sign in.
#[derive(Debug)]
pub struct SignIn {
    way: Way,
    login: Login,
    tenant: Text,
    cloud: &'static str,
    /// The last token, and since when.
    kept: Mutex<Option<(Token, Instant)>>,
}

impl SignIn {
    /// Chooses the way that the manifest names, or with `auto` the first whose variables are set.
    ///
    /// # Errors
    /// When it is not there, with what was looked for and the next step.
    pub fn choose(entra: &Entra, environment: Environment) -> Result<Self, SignInFailure> {
        let way = Way::choose(&entra.auth, environment)?;
        let login = Login::of(entra.cloud, environment)?;
        let tenant = entra.tenant.value.clone();
        let named = environment(TENANT).map(|named| named.trim().to_owned()).unwrap_or_default();
        let both_ids = is_guid(&named) == is_guid(&tenant);
        if !named.is_empty() && both_ids && way.client().is_some() && !named.eq_ignore_ascii_case(&tenant) {
            let message =
                format!("{TENANT} is `{named}`, and the manifest's tenant is `{tenant}` ({})", entra.tenant.place);
            return Err(failure(message, &format!("make them equal, or leave {TENANT} out")));
        }
        if let Way::Managed { endpoint: Some(endpoint), .. } = &way
            && Url::parse(endpoint).is_err()
        {
            return Err(failure("IDENTITY_ENDPOINT is not a URL".to_owned(), "leave it as Azure set it"));
        }
        Ok(Self { way, login, tenant, cloud: login::name(entra.cloud), kept: Mutex::default() })
    }

    /// By what we sign in, for people: "a client secret (AZURE_CLIENT_SECRET) of application …".
    pub fn by(&self) -> String {
        self.way.to_string()
    }

    /// A token: the last one while it is good, or with `fresh` a new one, because the
    /// last was refused.
    ///
    /// # Errors
    /// When none can be had, or one for another tenant or service, with the next step.
    pub async fn token(&self, fresh: bool) -> Result<Token, SignInFailure> {
        let asked = Instant::now();
        let mut kept = self.kept.lock().await;
        if let Some((token, since)) = &*kept {
            let young = since.elapsed() < SHORTEST;
            let good = token.expires.is_none_or(|expires| Timestamp::now().duration_since(expires) < -EARLY);
            // Many requests are under way when one is refused; the first of them renews for all.
            let renewed_meanwhile = *since >= asked;
            if renewed_meanwhile || (!fresh && (young || good)) {
                return Ok(token.clone());
            }
        }
        let last = kept.take().map(|(token, _)| token);
        let token = self.get(fresh, last.as_ref()).await?;
        self.check(&token)?;
        *kept = Some((token.clone(), Instant::now()));
        Ok(token)
    }

    async fn get(&self, fresh: bool, last: Option<&Token>) -> Result<Token, SignInFailure> {
        match &self.way {
            Way::Ready(_) if fresh => Err(failure(
                format!("the token in {READY_TOKEN} was refused, and there is no other"),
                "get a new access token and set it again",
            )),
            Way::Ready(secret) => ready(secret.clone(), READY_TOKEN),
            Way::ReadyFile(file) => {
                let secret = assertion::read(file, READY_FILE)?;
                if fresh && last.is_some_and(|last| last.secret.expose() == secret.expose()) {
                    let message = format!("the token in `{}` was refused, and there is no other", file.display());
                    return Err(failure(message, "write a new access token to it"));
                }
                ready(secret, READY_FILE)
            }
            Way::Github { client, url, token } => {
                let from = Origin::Github { url: url.clone(), token: token.clone(), audience: self.login.audience };
                self.by_assertion(client, from).await
            }
            Way::Workload { client, file } => self.by_assertion(client, Origin::File(file.clone())).await,
            Way::ClientSecret { client, secret } => {
                let transport = Arc::new(Transport::new(PATIENCE));
                let options = ClientSecretCredentialOptions { client_options: self.options(&transport) };
                let secret = AzureSecret::new(secret.expose().to_owned());
                let credential = ClientSecretCredential::new(&self.tenant, client.to_string(), secret, Some(options));
                self.ask(credential.map(|credential| credential as _), &transport, &[]).await
            }
            Way::Managed { client, .. } => self.managed(client.as_ref()).await,
            Way::Cli => self.by_cli().await,
        }
    }

    async fn by_assertion(&self, client: &Text, from: Origin) -> Result<Token, SignInFailure> {
        let transport = Arc::new(Transport::new(PATIENCE));
        let assertion = Assertion::new(from, transport.clone());
        let options = ClientAssertionCredentialOptions { client_options: self.options(&transport) };
        let (tenant, client) = (self.tenant.to_string(), client.to_string());
        let credential = ClientAssertionCredential::new(tenant, client, assertion.clone(), Some(options));
        let answered = self.ask_with(credential.map(|credential| credential as _)).await;
        match (answered, assertion.got()) {
            (Some(token), _) => Ok(token),
            (None, Some(Err(failure))) => Err(failure),
            (None, Some(Ok(assertion))) => Err(self.why(&transport, &[assertion])),
            (None, None) => Err(self.why(&transport, &[])),
        }
    }

    async fn managed(&self, client: Option<&Text>) -> Result<Token, SignInFailure> {
        let transport = Arc::new(Transport::new(Patience::BRIEF));
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: client.map(|client| UserAssignedId::ClientId(client.to_string())),
            client_options: self.options(&transport),
        };
        // It reads IDENTITY_ENDPOINT and IDENTITY_HEADER itself; nothing can be handed to it.
        let credential = ManagedIdentityCredential::new(Some(options));
        match self.ask_with(credential.map(|credential| credential as _)).await {
            Some(token) => Ok(token),
            None => Err(self.no_identity(transport.last())),
        }
    }

    fn no_identity(&self, last: Option<Last>) -> SignInFailure {
        let assign =
            "assign one to it (Identity > System assigned), or set AZURE_CLIENT_ID to a user-assigned one's client id";
        match last {
            Some(Last::Answered(400, _)) => {
                failure(format!("{} is not assigned to what this runs on", self.way), assign)
            }
            Some(Last::Answered(status, _)) => failure(
                format!("the managed identity's endpoint gives no token (HTTP {status})"),
                "see whether the identity was just assigned or removed; it takes minutes",
            ),
            Some(Last::Unanswered(host, _)) if matches!(self.way, Way::Managed { endpoint: None, .. }) => failure(
                format!("nothing at {host} gives this machine an identity"),
                "`auth: managed` works on Azure: virtual machines, App Service, Functions, Container Apps",
            ),
            Some(last) => refusal::unsent(&last, "the managed identity's endpoint", &self.way.secrets()),
            None => failure(
                "this kind of managed identity is not supported".to_owned(),
                "virtual machines, App Service, Functions and Container Apps are; elsewhere use `auth: workload`",
            ),
        }
    }

    async fn by_cli(&self) -> Result<Token, SignInFailure> {
        let runner = Arc::new(cli::Runner::default());
        let options = AzureCliCredentialOptions {
            tenant_id: Some(self.tenant.to_string()),
            executor: Some(runner.clone()),
            ..AzureCliCredentialOptions::default()
        };
        let credential = AzureCliCredential::new(Some(options));
        self.ask_with(credential.map(|credential| credential as _)).await.ok_or_else(|| runner.why())
    }

    async fn ask(
        &self,
        credential: azure_core::Result<Arc<dyn TokenCredential>>,
        transport: &Transport,
        secrets: &[Secret],
    ) -> Result<Token, SignInFailure> {
        self.ask_with(credential).await.ok_or_else(|| self.why(transport, secrets))
    }

    /// What azure_identity says of a failure is not used: it is long, and its parts are kept elsewhere.
    async fn ask_with(&self, credential: azure_core::Result<Arc<dyn TokenCredential>>) -> Option<Token> {
        let scope = format!("{}/.default", self.login.resource);
        let got = credential.ok()?.get_token(&[&scope], None).await.ok()?;
        let secret = Secret::parse(got.token.secret()).ok()?;
        Some(Token { secret, expires: Timestamp::from_second(got.expires_on.unix_timestamp()).ok() })
    }

    fn options(&self, transport: &Arc<Transport>) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host.clone_from(&self.login.authority);
        ClientOptions {
            transport: Some(AzureTransport::new(transport.clone())),
            // The transport does that.
            retry: RetryOptions::none(),
            cloud: Some(Arc::new(CloudConfiguration::from(cloud))),
            ..ClientOptions::default()
        }
    }

    fn why(&self, transport: &Transport, secrets: &[Secret]) -> SignInFailure {
        let secrets = [self.way.secrets(), secrets.to_vec()].concat();
        let attempt = Attempt {
            tenant: &self.tenant,
            client: self.way.client().map_or("", |client| client),
            cloud: self.cloud,
            host: self.login.host(),
            secrets: &secrets,
        };
        match transport.last() {
            Some(last) => refusal::of(&last, &attempt),
            None => failure(
                format!("`{}` is not a tenant", self.tenant),
                "write the tenant's id, or one of its domains, such as `contoso.onmicrosoft.com`",
            ),
        }
    }

    /// Refuses what is for another tenant or service before anything is read with it.
    fn check(&self, token: &Token) -> Result<(), SignInFailure> {
        // Microsoft does not promise that a token can be read.
        let Some(claims) = token.claims() else { return Ok(()) };
        self.for_graph(&claims)?;
        let Some(tid) = claims.tid else { return Ok(()) };
        // Of a tenant that is named by a domain, the reader asks for the id.
        if !is_guid(&self.tenant) || tid.eq_ignore_ascii_case(&self.tenant) {
            return Ok(());
        }
        let tid = refusal::fit(&tid, &[]);
        Err(failure(
            format!("the token is for tenant {tid}, and the manifest's tenant is {}", self.tenant),
            &format!("sign in to tenant {}, or correct `source.entra.tenant`; nothing was read", self.tenant),
        ))
    }

    fn for_graph(&self, claims: &Claims) -> Result<(), SignInFailure> {
        let Some(audience) = &claims.aud else { return Ok(()) };
        let plain = audience.trim_end_matches('/');
        if plain.eq_ignore_ascii_case(GRAPH) || plain.eq_ignore_ascii_case(&self.login.resource) {
            return Ok(());
        }
        Err(failure(
            format!("the token is for `{}`, not for Microsoft Graph", refusal::fit(audience, &[])),
            &format!("ask for one with the scope `{}/.default`", self.login.resource),
        ))
    }
}

/// A token that was handed over. One that has ended would only be refused.
fn ready(secret: Secret, variable: &str) -> Result<Token, SignInFailure> {
    let token = Token::ready(secret);
    match token.expires {
        Some(expires) if Timestamp::now().duration_since(expires) > EARLY => Err(failure(
            format!("the token of {variable} ended at {expires}"),
            "get a new access token; one lasts about an hour",
        )),
        _ => Ok(token),
    }
}

#[cfg(test)]
mod tests;
