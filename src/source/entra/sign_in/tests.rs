use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::{
    manifest::{Auth, Cloud, Placed},
    names::Place,
};

const TENANT: &str = "9b2f6c1e-0000-4000-8000-000000000001";

fn entra(tenant: &str, auth: Auth, cloud: Cloud) -> Entra {
    let at = |line| Place::new("dialform.yaml", line, 13);
    Entra {
        tenant: Placed { value: Text::from(tenant), place: at(4) },
        application: Placed { value: Text::from("Dialpad"), place: at(5) },
        cloud,
        auth: Placed { value: auth, place: at(6) },
    }
}

fn jwt(claims: &Value) -> String {
    format!("e30.{}.hunter2", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn choose(tenant: &str, auth: Auth, variables: &[(&str, &str)]) -> Result<SignIn, SignInFailure> {
    SignIn::choose(&entra(tenant, auth, Cloud::Public), &|name| {
        variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
    })
}

async fn with_token(token: &str) -> Result<Token, SignInFailure> {
    let got = choose(TENANT, Auth::Token, &[(READY_TOKEN, token)]).unwrap().token(false).await;
    assert!(!format!("{got:?}").contains("hunter2"), "{got:?}");
    got
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

#[tokio::test]
async fn a_ready_token_is_used_while_it_lasts() {
    assert_eq!(with_token("opaque").await.unwrap().secret.expose(), "opaque");
    let good = json!({ "tid": TENANT, "aud": "https://graph.microsoft.com", "exp": now() + 3_600 });
    assert!(with_token(&jwt(&good)).await.is_ok());
    // Within what clocks may differ, Graph decides.
    assert!(with_token(&jwt(&json!({ "exp": now() - 60 }))).await.is_ok());
    let ended = with_token(&jwt(&json!({ "exp": now() - 3_600 }))).await.unwrap_err();
    assert!(ended.message.contains("ended at") && ended.message.contains(READY_TOKEN), "{ended}");
}

#[tokio::test]
async fn a_token_of_another_tenant_or_service_is_refused() {
    let other = with_token(&jwt(&json!({ "tid": "11111111-0000-4000-8000-000000000001" }))).await.unwrap_err();
    assert!(other.message.contains("11111111-") && other.message.contains(TENANT), "{other}");
    assert!(with_token(&jwt(&json!({ "tid": TENANT.to_uppercase() }))).await.is_ok());
    for audience in
        ["https://management.azure.com/", "https://graph.microsoft.us", "https://graph.microsoft.com.evil.example"]
    {
        let other = with_token(&jwt(&json!({ "tid": TENANT, "aud": audience }))).await.unwrap_err();
        assert!(
            other.message.contains(audience) && other.help.contains("https://graph.microsoft.com/.default"),
            "{other}"
        );
    }
    for audience in ["https://graph.microsoft.com/", GRAPH] {
        assert!(with_token(&jwt(&json!({ "tid": TENANT, "aud": audience }))).await.is_ok());
    }
}

#[tokio::test]
async fn a_refused_ready_token_has_no_successor() {
    let sign_in = choose(TENANT, Auth::Auto, &[(READY_TOKEN, "opaque")]).unwrap();
    sign_in.token(false).await.unwrap();
    let refused = sign_in.token(true).await.unwrap_err();
    assert!(refused.message.contains("was refused"), "{refused}");
}

#[tokio::test]
async fn a_token_in_a_file_is_read_again_when_it_was_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "first\n").unwrap();
    let sign_in = choose(TENANT, Auth::Auto, &[(READY_FILE, file.path().to_str().unwrap())]).unwrap();
    assert_eq!(sign_in.token(false).await.unwrap().secret.expose(), "first");
    std::fs::write(file.path(), "second\n").unwrap();
    assert_eq!(sign_in.token(false).await.unwrap().secret.expose(), "first");
    assert_eq!(sign_in.token(true).await.unwrap().secret.expose(), "second");
    let refused = sign_in.token(true).await.unwrap_err();
    assert!(refused.message.contains("was refused"), "{refused}");
}

#[test]
fn the_environment_and_the_manifest_have_to_name_one_tenant() {
    let secret = |tenant| [(way::CLIENT, "a"), (way::CLIENT_SECRET, "hunter2"), (way::TENANT, tenant)];
    let shouted = TENANT.to_uppercase();
    let failure = choose(TENANT, Auth::Secret, &secret("11111111-0000-4000-8000-000000000001")).unwrap_err();
    assert!(failure.message.contains("AZURE_TENANT_ID") && failure.message.contains("dialform.yaml:4"), "{failure}");
    assert!(choose(TENANT, Auth::Secret, &secret(&shouted)).is_ok());
    // A domain and an id may be the same tenant.
    assert!(choose("contoso.onmicrosoft.com", Auth::Secret, &secret(TENANT)).is_ok());
    assert!(choose("contoso.onmicrosoft.com", Auth::Secret, &secret("fabrikam.com")).is_err());
    // A ready token is of whatever tenant it is; that is checked on the token.
    let ready = [(READY_TOKEN, "x"), (way::TENANT, "11111111-0000-4000-8000-000000000001")];
    assert!(choose(TENANT, Auth::Token, &ready).is_ok());
}

#[test]
fn what_we_sign_in_by_is_said_without_the_secret() {
    let sign_in = choose(TENANT, Auth::Auto, &[(way::CLIENT, "app-1"), (way::CLIENT_SECRET, "hunter2")]).unwrap();
    assert_eq!(sign_in.by(), "a client secret (AZURE_CLIENT_SECRET) of application app-1");
    assert!(!format!("{sign_in:?}").contains("hunter2"));
}
