//! Signing in to Entra: the built program against a login of our own, over TLS.

// Only there does `SSL_CERT_FILE` name whom the platform trusts.
#![cfg(all(unix, not(target_vendor = "apple")))]

use serde_json::{Value, json};

use crate::{
    entra::ASSIGNED,
    graph::{FakeGraph, Store},
    login::{
        APP, Answer, DOMAIN, EXPIRED_SECRET, GITHUB_TOKEN, IDENTITY_HEADER, Login, MARK, SECRET, SUBJECT, TENANT,
        assertion,
    },
    process::{Folder, Ran},
};

/// Nothing is read with a token that was refused.
const NOWHERE: &str = "http://127.0.0.1:1/v1.0";
const AUDIENCE: &str = "api://AzureADTokenExchange";

fn manifest(tenant: &str, auth: &str, more: &str) -> String {
    let of_fake = crate::entra::manifest(ASSIGNED);
    let edited = of_fake.replace(TENANT, tenant).replace("auth: token", &format!("auth: {auth}{more}"));
    assert_ne!(edited, of_fake.replace("auth: token", ""));
    edited
}

/// A Graph that takes what the login gives.
fn graph(login: &Login) -> FakeGraph {
    let graph = FakeGraph::start(Store::load("small"));
    let tokens = login.tokens();
    graph.tokens(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
    graph
}

fn folder(login: &Login, auth: &str, variables: Vec<(&'static str, String)>) -> Folder {
    let mut folder = Folder::empty();
    folder.write("dialform.yaml", &manifest(TENANT, auth, ""));
    folder.set("DIALFORM_GRAPH_URL", NOWHERE);
    for (name, value) in login.here().into_iter().chain(variables) {
        folder.set(name, &value);
    }
    folder
}

/// No secret of this file, whatever was said.
fn look(ran: &Ran) {
    for secret in [SECRET, EXPIRED_SECRET, GITHUB_TOKEN, IDENTITY_HEADER, MARK] {
        assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{secret}\n{}\n{}", ran.out, ran.err);
    }
}

/// What `doctor` finds out about the source.
fn doctor(folder: &Folder) -> Vec<Value> {
    let ran = folder.run(&["doctor", "--format", "json"]);
    look(&ran);
    let found: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}\n{}", ran.out, ran.err));
    let findings = found["findings"].as_array().unwrap();
    let wrong = findings.iter().any(|finding| finding["grade"] == "error");
    assert_eq!((ran.code, found["ok"].as_bool()), (i32::from(wrong), Some(!wrong)), "{found:#}");
    let of_entra = |finding: &&Value| finding["check"].as_str().unwrap().starts_with("entra");
    findings.iter().filter(of_entra).cloned().collect()
}

/// The message and remedy of the one error.
fn error(folder: &Folder) -> (String, String) {
    let found = doctor(folder);
    let errors: Vec<&Value> = found.iter().filter(|finding| finding["grade"] == "error").collect();
    let [error] = errors.as_slice() else { panic!("{found:#?}") };
    let text = |key: &str| error[key].as_str().unwrap().to_owned();
    (text("message"), text("remedy"))
}

/// What is good about signing in, when nothing is wrong anywhere.
fn good(login: &Login, folder: &mut Folder) -> Vec<String> {
    let graph = graph(login);
    folder.set("DIALFORM_GRAPH_URL", &graph.url());
    let found = doctor(folder);
    let wrong = |finding: &&Value| ["error", "warning"].contains(&finding["grade"].as_str().unwrap());
    assert_eq!(found.iter().find(wrong), None, "{found:#?}");
    let good = found.iter().filter(|finding| finding["grade"] == "good");
    good.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_way_signs_in() {
    let login = Login::start();
    let vouched = assertion(SUBJECT, AUDIENCE);
    let az = login.az(&format!(
        "[ \"$*\" = 'account get-access-token -o json --scope https://graph.microsoft.com/.default --tenant {TENANT}' ] || exit 2\n\
         echo '{}'",
        json!({ "accessToken": login.token(), "expires_on": 4_000_000_000_u64, "tokenType": "Bearer" })
    ));
    let path = format!("{}:/usr/bin:/bin", az.display());
    let ready = login.by_workload(&format!("{}\n", login.token()));
    let ready = vec![("GRAPH_ACCESS_TOKEN_FILE", ready[1].1.clone())];
    for (auth, variables, by) in [
        ("secret", login.by_secret(SECRET), format!("a client secret (AZURE_CLIENT_SECRET) of application {APP}")),
        ("github", login.by_github(), format!("GitHub's identity of this job, as application {APP}")),
        ("managed", login.by_identity(), "the managed identity of this machine".to_owned()),
        ("cli", vec![("PATH", path)], "the Azure CLI".to_owned()),
        ("token", vec![("GRAPH_ACCESS_TOKEN", login.token())], "the token in GRAPH_ACCESS_TOKEN".to_owned()),
        ("token", ready, "GRAPH_ACCESS_TOKEN_FILE".to_owned()),
    ] {
        for auth in [auth, "auto"] {
            let said = good(&login, &mut folder(&login, auth, variables.clone()));
            assert!(said[0].starts_with("signed in by ") && said[0].contains(&by), "{auth}: {said:?}");
            assert!(said[1].contains(TENANT), "{auth}: {said:?}");
            assert!(said[2].ends_with("Application.Read.All, GroupMember.Read.All, User.Read.All"), "{auth}: {said:?}");
        }
    }
    // A line break at the end of the file is none of the assertion's.
    for text in [vouched.clone(), format!("{vouched}\n"), format!("{vouched}\r\n")] {
        let said = good(&login, &mut folder(&login, "workload", login.by_workload(&text)));
        assert!(said[0].contains(&format!("as application {APP}")), "{said:?}");
    }
    let asked = login.asked(&format!("/{TENANT}/oauth2/v2.0/token"));
    assert!(!asked.is_empty() && asked.iter().all(|request| request.method == "POST"));
    let vouched = asked.iter().filter_map(|request| request.form.get("client_assertion"));
    assert!(vouched.clone().count() >= 5 && vouched.clone().all(|vouched| vouched.ends_with(MARK)));
    assert!(login.asked("/github").iter().all(|request| request.query["audience"] == AUDIENCE));
}

#[test]
fn a_domain_names_a_tenant_too() {
    let login = Login::start();
    let mut folder = folder(&login, "secret", login.by_secret(SECRET));
    folder.write("dialform.yaml", &manifest(DOMAIN, "secret", ""));
    assert!(good(&login, &mut folder)[1].contains(TENANT));
    assert_eq!(login.asked(&format!("/{DOMAIN}/oauth2/v2.0/token")).len(), 1);
}

#[test]
fn each_refusal_is_a_sentence_with_what_to_mend() {
    let login = Login::start();
    let other = "11111111-0000-4000-8000-000000000001";
    let with = |client: &str| vec![("AZURE_CLIENT_ID", client.to_owned()), ("AZURE_CLIENT_SECRET", SECRET.to_owned())];
    for (variables, message, remedy) in [
        (login.by_secret("c4nary-wrong"), "is not one of application", "AZURE_CLIENT_SECRET"),
        (login.by_secret(EXPIRED_SECRET), "has expired (AADSTS7000222)", "Certificates & secrets"),
        (with(other), "there is no application 11111111", "AZURE_CLIENT_ID"),
        (with("not-an-id"), "`not-an-id` is not an application's id (AADSTS700038)", "AZURE_CLIENT_ID"),
    ] {
        let (said, mend) = error(&folder(&login, "secret", variables));
        assert!(said.contains(message) && mend.contains(remedy), "{said}\n{mend}");
        assert!(mend.contains("trace id 7a81654d"), "{mend}");
    }
    let nowhere = folder(&login, "secret", login.by_secret(SECRET));
    nowhere.write("dialform.yaml", &manifest(other, "secret", ""));
    let (said, mend) = error(&nowhere);
    assert!(said.contains(&format!("there is no tenant {other}")) && mend.contains("`tenant`"), "{said}\n{mend}");
    // Graph of another cloud is not known there.
    let mut china = folder(&login, "secret", login.by_secret(SECRET));
    china.write("dialform.yaml", &manifest(TENANT, "secret", "\n    cloud: china"));
    let (said, mend) = error(&china);
    assert!(said.contains("AADSTS500011") && mend.contains("`cloud`"), "{said}\n{mend}");
    china.set("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com");
    assert!(error(&china).1.contains("cloud: public"));
}

#[test]
fn a_stranger_that_vouches_is_named() {
    let login = Login::start();
    login.change(|world| world.subject = "repo:example/telephony:pull_request".to_owned());
    let (said, mend) = error(&folder(&login, "github", login.by_github()));
    assert!(
        said.contains("no federated credential for `repo:example/telephony:pull_request` (AADSTS700213)"),
        "{said}"
    );
    assert!(mend.contains("environment:NAME"), "{mend}");
    let vouched = assertion(SUBJECT, "api://AzureADTokenExchangeChina");
    let (said, _) = error(&folder(&login, "workload", login.by_workload(&vouched)));
    assert!(said.contains("`api://AzureADTokenExchangeChina` (AADSTS700212)"), "{said}");
    let (said, mend) = error(&folder(&login, "workload", login.by_workload(MARK)));
    assert!(said.contains("not accepted (AADSTS50027)") && mend.contains("whole token"), "{said}\n{mend}");
    for (text, message) in [("", "is empty"), ("a\nb", "one line"), (&*"x".repeat(70_000), "64 KiB")] {
        let (said, _) = error(&folder(&login, "workload", login.by_workload(text)));
        assert!(said.contains("AZURE_FEDERATED_TOKEN_FILE") && said.contains(message), "{said}");
    }
}

#[test]
fn github_and_azure_may_give_nothing() {
    let login = Login::start();
    let mut wrong = login.by_github();
    wrong[2].1 = "c4nary-wrong".to_owned();
    let (said, mend) = error(&folder(&login, "github", wrong));
    assert!(said.contains("GitHub gives no identity token") && mend.contains("id-token: write"), "{said}\n{mend}");
    login.change(|world| world.faults.push_back(("/github".into(), Answer::json(200, &json!({ "value": 7 })))));
    let (said, _) = error(&folder(&login, "github", login.by_github()));
    assert!(said.contains("no identity token"), "{said}");
    let mut job = folder(&login, "github", vec![("GITHUB_ACTIONS", "true".to_owned())]);
    let (said, mend) = error(&job);
    assert!(said.contains("`auth: github`") && mend.contains("id-token: write"), "{said}\n{mend}");
    assert!(mend.contains("AZURE_CLIENT_ID"), "{mend}");
    job.set("ACTIONS_ID_TOKEN_REQUEST_URL", "http://github.example/x");
    job.set("ACTIONS_ID_TOKEN_REQUEST_TOKEN", GITHUB_TOKEN);
    job.set("AZURE_CLIENT_ID", APP);
    assert!(error(&job).0.contains("plain http"), "the request token goes nowhere in the clear");

    let mut stranger = login.by_identity();
    stranger.push(("AZURE_CLIENT_ID", "11111111-0000-4000-8000-000000000001".to_owned()));
    let (said, mend) = error(&folder(&login, "managed", stranger));
    assert!(said.contains("not assigned") && mend.contains("AZURE_CLIENT_ID"), "{said}\n{mend}");
    let mut own = login.by_identity();
    own.push(("AZURE_CLIENT_ID", APP.to_owned()));
    assert!(good(&login, &mut folder(&login, "managed", own))[0].contains(APP));
    let mut wrong = login.by_identity();
    wrong[1].1 = "c4nary-wrong".to_owned();
    assert!(error(&folder(&login, "managed", wrong)).0.contains("HTTP 401"));
}

#[test]
fn the_cli_may_give_nothing() {
    let login = Login::start();
    for (script, message, remedy) in [
        (
            "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1",
            "Please run 'az login'",
            "az login --tenant",
        ),
        ("echo '{\"accessToken\":\"x\",\"tokenType\":\"Bearer\"}'", "no token", "az upgrade"),
        ("echo hello", "no token", "az upgrade"),
        ("exit 3", "said nothing", "get-access-token"),
    ] {
        let path = format!("{}:/usr/bin:/bin", login.az(script).display());
        let (said, mend) = error(&folder(&login, "cli", vec![("PATH", path)]));
        assert!(said.contains(message) && mend.contains(remedy), "{script}: {said}\n{mend}");
    }
    let (said, mend) = error(&folder(&login, "cli", vec![("PATH", "/nowhere".to_owned())]));
    assert!(said.contains("`az` is not on PATH") && mend.contains("install"), "{said}\n{mend}");
}

#[test]
fn when_nothing_is_set_all_ways_are_told() {
    let login = Login::start();
    let nothing = folder(&login, "auto", vec![("PATH", "/nowhere".to_owned())]);
    let (said, mend) = error(&nothing);
    assert!(said.contains("nothing to sign in with was found"), "{said}");
    for way in ["token:", "github:", "workload:", "secret:", "managed:", "cli:"] {
        assert!(mend.contains(way), "{mend}");
    }
    let plan = nothing.run(&["plan"]);
    assert_eq!(plan.code, 1, "{}", plan.err);
    assert!(
        plan.err.contains("nothing to sign in with was found") && plan.err.contains("nothing was changed"),
        "{}",
        plan.err
    );
}

#[test]
fn a_token_of_another_tenant_or_service_reads_nothing() {
    let login = Login::start();
    let folder = folder(&login, "secret", login.by_secret(SECRET));
    login.change(|world| {
        world.claims.insert("tid".into(), json!("11111111-0000-4000-8000-000000000001"));
    });
    let (said, _) = error(&folder);
    assert!(said.contains("11111111-0000-4000-8000-000000000001") && said.contains(TENANT), "{said}");
    login.change(|world| {
        world.claims = [("aud".to_owned(), json!("https://management.azure.com/"))].into();
    });
    let (said, mend) = error(&folder);
    assert!(
        said.contains("https://management.azure.com/") && mend.contains("graph.microsoft.com/.default"),
        "{said}\n{mend}"
    );
}

#[test]
fn permissions_that_are_missing_or_too_many_are_told() {
    let login = Login::start();
    let mut folder = folder(&login, "secret", login.by_secret(SECRET));
    login.change(|world| {
        world.roles = ["User.Read.All", "GroupMember.Read.All", "Directory.ReadWrite.All"].map(str::to_owned).to_vec();
    });
    let readable = graph(&login);
    folder.set("DIALFORM_GRAPH_URL", &readable.url());
    let of = |folder: &Folder, grade: &str| -> Vec<String> {
        let found = doctor(folder);
        let found = found.iter().filter(|finding| finding["check"] == "entra_permissions" && finding["grade"] == grade);
        found.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
    };
    let warnings = of(&folder, "warning");
    assert!(matches!(&*warnings, [one] if one.contains("Directory.ReadWrite.All")), "{warnings:?}");
    // What can be read is not missing; a directory role may stand in.
    login.change(|world| world.roles = vec!["User.Read.All".to_owned()]);
    let readable = graph(&login);
    folder.set("DIALFORM_GRAPH_URL", &readable.url());
    let notes = of(&folder, "note");
    assert!(notes.len() == 2 && notes.iter().all(|note| note.contains("was read all the same")), "{notes:?}");
    assert_eq!(of(&folder, "error"), [""; 0]);
    folder.set("DIALFORM_GRAPH_URL", NOWHERE);
    let errors = of(&folder, "error");
    assert!(errors.len() == 2 && errors[0].starts_with("`Application.Read.All` is missing"), "{errors:?}");
    assert!(errors[1].starts_with("`GroupMember.Read.All` is missing: groups and their members"), "{errors:?}");
    let ran = folder.run(&["doctor"]);
    look(&ran);
    assert!(ran.code == 1 && ran.out.contains("`Application.Read.All` is missing"), "{}", ran.out);
}

#[test]
fn a_login_that_is_none_is_not_believed() {
    let login = Login::start();
    let mut folder = folder(&login, "secret", login.by_secret(SECRET));
    for answer in [
        Answer::page(200, "<html>Sign in to the guest network</html>"),
        Answer::json(200, &json!({ "access_token": "" })),
        Answer::json(200, &json!({ "access_token": "a\nb", "expires_in": 3_599, "token_type": "Bearer" })),
        Answer::json(200, &json!({ "access_token": "abc", "expires_in": i64::MAX, "token_type": "Bearer" })),
        Answer::json(200, &json!([])),
        Answer::page(302, ""),
    ] {
        login.change(|world| world.faults.push_back(("/".into(), answer.clone())));
        let (said, mend) = error(&folder);
        assert!(said.contains("is not the login of Entra") && mend.contains("proxy"), "{answer:?}: {said}\n{mend}");
    }
    // A secret that comes back in an error is not passed on.
    let echo =
        json!({ "error": "invalid_request", "error_description": format!("AADSTS9: {SECRET}"), "error_codes": [9] });
    login.change(|world| world.faults.push_back(("/".into(), Answer::json(400, &echo))));
    assert!(error(&folder).0.contains("••••••"));
    // What passes is tried again.
    let busy = json!({ "error": "temporarily_unavailable", "error_codes": [90_033] });
    login.change(|world| world.faults.push_back(("/".into(), Answer::json(503, &busy))));
    good(&login, &mut folder);
}

#[test]
fn a_login_that_is_not_there_or_not_trusted_is_said_to_be() {
    let login = Login::start();
    let mut gone = folder(&login, "secret", login.by_secret(SECRET));
    gone.set("AZURE_AUTHORITY_HOST", "https://localhost:1");
    let (said, _) = error(&gone);
    assert!(said.contains("no answer from https://localhost:1") && said.contains("refused"), "{said}");
    let stranger = Login::start();
    let mut stranger_folder = folder(&login, "secret", login.by_secret(SECRET));
    stranger_folder.set("SSL_CERT_FILE", &stranger.authority_file());
    let (said, mend) = error(&stranger_folder);
    assert!(said.contains("certificate") && mend.contains("SSL_CERT_FILE"), "{said}\n{mend}");
    assert_eq!(login.asked("/").len(), 0, "the secret was not sent");
    let mut clear = folder(&login, "secret", login.by_secret(SECRET));
    clear.set("AZURE_AUTHORITY_HOST", &login.beside);
    assert!(error(&clear).0.contains("does not begin with `https://`"));
    assert_eq!(login.asked("/").len(), 0, "the secret was not sent");
}

/// The first manifest of the page is one.
#[test]
fn the_page_shows_a_manifest_that_is_one() {
    let page = include_str!("../../docs/entra-sign-in.md");
    let shown = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = Folder::empty();
    folder.write("dialform.yaml", shown);
    let ran = folder.run(&["check"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
}

#[test]
fn a_token_is_kept_and_one_that_graph_refuses_is_replaced() {
    let login = Login::start();
    let graph = graph(&login);
    let mut folder = folder(&login, "auto", login.by_secret(SECRET));
    folder.set("DIALFORM_GRAPH_URL", &graph.url());
    let asked = |times: usize| {
        let ran = folder.run(&["plan"]);
        look(&ran);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.err.contains("signing in to Entra by a client secret (AZURE_CLIENT_SECRET)"), "{}", ran.err);
        assert_eq!(login.asked("/").len(), times, "{}", ran.err);
    };
    asked(1);
    // The next is one that Graph does not take (any more).
    let old = json!({ "access_token": "of-yesterday", "expires_in": 3_599, "token_type": "Bearer" });
    login.change(|world| world.faults.push_back(("/".into(), Answer::json(200, &old))));
    asked(3);
}
