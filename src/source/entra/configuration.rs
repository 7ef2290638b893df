//! The provisioning configuration of the application as Graph holds it: the application, who is
//! assigned, one job and its schema. The job's secrets are never asked for.

use serde_json::{Map, Value as Json, json, value::RawValue};

use super::{
    application::{self, Found},
    fetch::{Got, Shape, Want, escaped, fetch},
    graph::Graph,
    item,
    jobs::{self, Answered, PERMISSION},
    read::{Tenant, check_token, of_tenant, tenant},
    trouble::{Kind, Trouble},
};
use crate::{
    manifest::Entra,
    names::{Text, count},
};

/// What was read.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The tenant's id.
    pub tenant: Text,
    /// Each answer, and what to call it in a report.
    pub answers: Vec<(&'static str, Json)>,
}

/// Reads it.
///
/// # Errors
/// When any part cannot be read, when provisioning was never set up, and when there are several
/// jobs and `job` names none of them.
pub async fn configuration(graph: &Graph, entra: &Entra, job: Option<&str>) -> Result<Configuration, Trouble> {
    check_token(graph, entra).await?;
    let (of_application, of_jobs) = (application::wants(entra, true), jobs::first(entra));
    let sizes = [of_application.len(), of_jobs.len()];
    let wants: Vec<Want> = std::iter::once(of_tenant()).chain(of_application).chain(of_jobs).collect();
    let mut got = fetch(graph, &wants, &|_| {}).await?.into_iter();
    let Tenant { id: tenant, .. } = tenant(entra, got.next())?;
    let of_application: Vec<Got> = got.by_ref().take(sizes[0]).collect();
    let (found, application, assigned) = application::found_as_it_is(entra, of_application)?;
    let (jobs, assigned) = rest(graph, &found, jobs::answered(got.collect()), assigned).await?;
    let job = chosen(jobs, job, &found)?;
    let schema = schema(graph, &found, &jobs::id(&job)?).await?;
    let assigned = assigned.iter().map(|raw| item::object(raw, "who is assigned")).collect::<Result<Vec<_>, _>>()?;
    let answers = vec![
        ("schema", Json::Object(schema)),
        ("job", Json::Object(job)),
        ("application", Json::Object(application)),
        ("assignments", json!({ "value": assigned })),
    ];
    Ok(Configuration { tenant, answers })
}

/// What the first answers left open.
async fn rest(
    graph: &Graph,
    found: &Found,
    answered: Answered,
    assigned: Option<Vec<Box<RawValue>>>,
) -> Result<(Vec<Map<String, Json>>, Vec<Box<RawValue>>), Trouble> {
    let mut wants = Vec::new();
    if matches!(answered, Answered::Later) {
        wants.push(jobs::by_id(found));
    }
    if assigned.is_none() {
        wants.push(application::assigned_to(&format!("/servicePrincipals/{}", found.id), &found.name));
    }
    let mut got = fetch(graph, &wants, &|_| {}).await?.into_iter();
    let jobs = match answered {
        Answered::Jobs(jobs) => jobs,
        Answered::Not(trouble) => return Err(trouble),
        Answered::Later => jobs::answered_by_id(got.next())?,
    };
    let assigned = assigned.or_else(|| got.next().and_then(Got::items));
    let gone = || Trouble::unusable(&format!("who is assigned to {}", found.name), "the application is gone");
    Ok((jobs, assigned.ok_or_else(gone)?))
}

/// The one job, or the one that is named.
fn chosen(mut jobs: Vec<Map<String, Json>>, wanted: Option<&str>, found: &Found) -> Result<Map<String, Json>, Trouble> {
    let name = &found.name;
    let refuse = |message: String, help: String| Err(Trouble::new(Kind::Application, message, help));
    if jobs.is_empty() {
        let help = "is it another application? a manifest to start from is written by `dialform init`";
        return refuse(
            format!("import Entra's configuration: provisioning was never set up for {name}, so it has no job"),
            help.to_owned(),
        );
    }
    let mut ids = Vec::with_capacity(jobs.len());
    for job in &jobs {
        ids.push(jobs::id(job)?);
    }
    let at = match wanted {
        Some(wanted) => ids.iter().position(|id| id.eq_ignore_ascii_case(wanted)),
        None => (jobs.len() == 1).then_some(0),
    };
    if let Some(at) = at {
        return Ok(jobs.swap_remove(at));
    }
    let state = |job| if jobs::is_active(job) { "active" } else { "not active" };
    let listed: Vec<String> = ids.iter().zip(&jobs).map(|(id, job)| format!("{id} ({})", state(job))).collect();
    let listed = listed.join(", ");
    match wanted {
        Some(wanted) => {
            refuse(format!("import Entra's configuration: {name} has no job `{wanted}`"), format!("it has {listed}"))
        }
        None => refuse(
            format!("import Entra's configuration: {name} has {}: {listed}", count(jobs.len(), "job", "jobs")),
            "say which with `--job ID`".to_owned(),
        ),
    }
}

/// The schema of a job. Its directories are a part that some answers leave out unless they are asked for.
async fn schema(graph: &Graph, found: &Found, job: &Text) -> Result<Map<String, Json>, Trouble> {
    const WHAT: &str = "the schema of Entra's provisioning job";
    let path = format!("/servicePrincipals/{}/synchronization/jobs/{}/schema", found.id, escaped(job));
    let whole = async |path: String| {
        let want = Want::new(Shape::One, path, WHAT, PERMISSION);
        match fetch(graph, &[want], &|_| {}).await?.pop() {
            Some(Got::One(raw)) => item::object(&raw, WHAT),
            _ => Err(Trouble::unusable(WHAT, "the job was there and is not any more")),
        }
    };
    let schema = whole(path.clone()).await?;
    let is_there = schema.get("directories").and_then(Json::as_array).is_some_and(|list| !list.is_empty());
    if is_there { Ok(schema) } else { whole(format!("{path}?$expand=directories")).await }
}
