//! What is answered when nothing was arranged: who may have a token, and why others may not.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    APP, Answer, DOMAIN, EXPIRED_SECRET, GITHUB_TOKEN, IDENTITY, IDENTITY_HEADER, Request, SECRET, SUBJECT, TENANT,
    World, assertion,
};

const AUDIENCE: &str = "api://AzureADTokenExchange";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

pub fn right(world: &World, request: &Request) -> Answer {
    let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    match (&*request.method, &*segments) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => token(world, tenant, request),
        ("GET", ["github"]) => github(world, request),
        ("GET", ["msi", "token"]) => identity(world, request),
        _ => Answer::page(404, "<html>nothing is here</html>"),
    }
}

fn known(tenant: &str) -> bool {
    tenant.eq_ignore_ascii_case(TENANT) || tenant.eq_ignore_ascii_case(DOMAIN)
}

fn no_tenant(tenant: &str) -> Answer {
    let said = format!(
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
    );
    refusal(400, "invalid_request", 90_002, &said)
}

fn token(world: &World, tenant: &str, request: &Request) -> Answer {
    let field = |name: &str| request.form.get(name).map_or("", String::as_str);
    let (client, scope) = (field("client_id"), field("scope"));
    if !known(tenant) {
        return no_tenant(tenant);
    }
    if field("grant_type") != "client_credentials" {
        return refusal(400, "unsupported_grant_type", 70_003, "The app requested an unsupported grant type.");
    }
    if client.len() != 36 {
        let said = format!("{client} is not a valid application identifier.");
        return refusal(400, "unauthorized_client", 700_038, &said);
    }
    if client != APP {
        let said = format!("Application with identifier '{client}' was not found in the directory 'Contoso'.");
        return refusal(400, "unauthorized_client", 700_016, &said);
    }
    if scope != "https://graph.microsoft.com/.default" {
        let resource = scope.trim_end_matches("/.default");
        let said = format!("The resource principal named {resource} was not found in the tenant named {tenant}.");
        return refusal(400, "invalid_resource", 500_011, &said);
    }
    let vouched = request.form.get("client_assertion");
    let refused = match (vouched, field("client_secret")) {
        (Some(vouched), "") => vouching(vouched, field("client_assertion_type")),
        (None, SECRET) => None,
        (None, EXPIRED_SECRET) => {
            let said = format!("The provided client secret keys for app '{APP}' are expired.");
            Some(refusal(401, "invalid_client", 7_000_222, &said))
        }
        (None, _) => {
            let said = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{APP}'."
            );
            Some(refusal(401, "invalid_client", 7_000_215, &said))
        }
        (Some(_), _) => Some(refusal(400, "invalid_request", 900_144, "Both a secret and an assertion were sent.")),
    };
    if let Some(refused) = refused {
        return refused;
    }
    let life = world.life;
    let token = world.token(client);
    Answer::json(
        200,
        &json!({ "token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token }),
    )
}

/// Whether somebody who is trusted vouches for the application.
fn vouching(vouched: &str, kind: &str) -> Option<Answer> {
    let malformed = || Some(refusal(400, "invalid_client", 50_027, "JWT token is invalid or malformed."));
    if kind != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
        return malformed();
    }
    let parts: Vec<&str> = vouched.split('.').collect();
    // Entra takes no blank for a part of it.
    if vouched.contains(char::is_whitespace) || parts.len() != 3 {
        return malformed();
    }
    let Some(claims) =
        URL_SAFE_NO_PAD.decode(parts[1]).ok().and_then(|body| serde_json::from_slice::<Value>(&body).ok())
    else {
        return malformed();
    };
    let claim = |name: &str| claims[name].as_str().unwrap_or_default();
    let mismatch = |code, what: &str, value: &str| {
        let said = format!(
            "No matching federated identity record found for presented assertion {what} '{value}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion."
        );
        Some(refusal(401, "invalid_client", code, &said))
    };
    if claim("iss") != ISSUER {
        return mismatch(700_211, "issuer", claim("iss"));
    }
    if claim("aud") != AUDIENCE {
        return mismatch(700_212, "audience", claim("aud"));
    }
    if claim("sub") != SUBJECT {
        return mismatch(700_213, "subject", claim("sub"));
    }
    None
}

fn github(world: &World, request: &Request) -> Answer {
    if request.headers.get("authorization").map(|header| header.to_ascii_lowercase())
        != Some(format!("bearer {GITHUB_TOKEN}"))
    {
        return Answer::json(401, &json!({ "message": "Bad credentials" }));
    }
    if request.query.get("api-version").map(String::as_str) != Some("2.0") {
        return Answer::page(404, "what stood in the address is gone");
    }
    let audience = request.query.get("audience").map_or("https://github.com/example", String::as_str);
    Answer::json(200, &json!({ "count": 1, "value": assertion(&world.subject, audience) }))
}

fn identity(world: &World, request: &Request) -> Answer {
    if request.headers.get("x-identity-header").map(String::as_str) != Some(IDENTITY_HEADER) {
        return Answer::json(401, &json!({ "statusCode": 401, "message": "no" }));
    }
    if request.query.get("resource").map(String::as_str) != Some("https://graph.microsoft.com") {
        return Answer::json(400, &json!({ "statusCode": 400, "message": "resource" }));
    }
    let client = request.query.get("client_id").cloned();
    if client.as_deref().is_some_and(|client| client != APP) {
        return Answer::json(400, &json!({ "statusCode": 400, "message": "No User Assigned Managed Identity found" }));
    }
    let ends = jiff::Timestamp::now().as_second() + world.life;
    let token = world.token(client.as_deref().unwrap_or(IDENTITY));
    Answer::json(
        200,
        &json!({
            "access_token": token,
            "expires_on": ends.to_string(),
            "resource": "https://graph.microsoft.com",
            "token_type": "Bearer",
        }),
    )
}

/// How Entra refuses.
pub fn refusal(status: u16, error: &str, code: u64, said: &str) -> Answer {
    let (trace, correlation) = ("7a81654d-7563-5e32-ae47-e91b721a503b", "96148f27-feec-57ba-8db4-a8fa13dcbc3d");
    let at = "2026-03-01 09:30:00Z";
    let description = format!("AADSTS{code}: {said} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}");
    Answer::json(
        status,
        &json!({
            "error": error,
            "error_description": description,
            "error_codes": [code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        }),
    )
}
