//! What `import entra --live` reads, and from where.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::TenantArgs;
use crate::{
    cli::{Terminal, directory, failed, inputs, runtime},
    exit::Exit,
    import::{Document, Origin},
    manifest::{self, Disk, Entra, Source, trust::AllowedHosts},
    names::Place,
    problem::Level,
};

/// The answers of Graph, and where they come from.
///
/// # Errors
/// [`Exit::Failed`], after saying why.
pub(super) fn documents(args: &TenantArgs, terminal: &mut Terminal) -> Result<(Vec<Document>, Origin), Exit> {
    let entra = match (&args.tenant, &args.application) {
        (Some(tenant), Some(application)) => {
            of_flags(tenant, application, args).map_err(|problem| failed(&problem, terminal))?
        }
        _ => of_manifest(args.manifest.as_deref(), terminal)?,
    };
    let runtime = runtime().map_err(|problem| failed(&problem, terminal))?;
    let read = runtime.block_on(directory::configuration(&entra, args.job.as_deref(), terminal));
    let read = read.map_err(|trouble| directory::unread(&trouble, terminal))?;
    let documents = read.answers.into_iter().map(|(name, answer)| Document::of(name, answer)).collect();
    let origin = Origin { tenant: Some(read.tenant), cloud: Some(entra.cloud), auth: Some(entra.auth.value) };
    Ok((documents, origin))
}

fn of_manifest(file: Option<&Path>, terminal: &mut Terminal) -> Result<Entra, Exit> {
    let named = file.map(Path::to_owned).or_else(|| env::var_os("DIALFORM_MANIFEST").map(PathBuf::from));
    let is_named = named.is_some();
    let file = named.unwrap_or_else(|| PathBuf::from("dialform.yaml"));
    if !is_named && !file.exists() {
        let problem = "import from the tenant: there is no dialform.yaml that names it; \
                       give `--tenant ID --application NAME`, or a manifest with `-m FILE`";
        return Err(failed(problem, terminal));
    }
    match inputs::manifest(&file, terminal)?.source {
        Source::Entra(entra) => Ok(entra),
        Source::Files(_) => {
            let shown = file.display();
            let problem =
                format!("import from the tenant: {shown} has no `source.entra`; give `--tenant ID --application NAME`");
            Err(failed(&problem, terminal))
        }
    }
}

/// Flags are judged as the same keys of a manifest are.
fn of_flags(tenant: &str, application: &str, args: &TenantArgs) -> Result<Entra, String> {
    let mut source = serde_json::json!({ "tenant": tenant, "application": application });
    for (key, value) in [("cloud", &args.cloud), ("auth", &args.auth)] {
        if let Some(value) = value {
            source[key] = value.as_str().into();
        }
    }
    // JSON is YAML.
    let text = serde_json::json!({
        "version": 1, "name": "flags", "source": { "entra": source }, "target": { "sandbox": {} },
    });
    let mut disk = Disk { read: &mut |_| Ok(text.to_string()), list: &mut |_, _| Ok(Vec::new()) };
    let read = manifest::read("flags", &mut disk, &AllowedHosts::default());
    let wrong: Vec<String> = read
        .problems
        .iter()
        .filter(|problem| problem.level == Level::Error)
        .map(|problem| match &problem.help {
            Some(help) => format!("{}; {help}", problem.message),
            None => problem.message.clone(),
        })
        .collect();
    let Some(Source::Entra(mut entra)) = read.manifest.map(|(manifest, _)| manifest.source) else {
        return Err(format!("import from the tenant: {}", wrong.join("; ")));
    };
    let flag = |name: &str| Place { file: name.into(), ..Place::default_value() };
    entra.tenant.place = flag("--tenant");
    entra.application.place = flag("--application");
    entra.auth.place = flag("--auth");
    Ok(entra)
}
