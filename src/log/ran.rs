//! What a run carried out, kept beside the log so that it can be taken back.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{LogError, Wanted, read, shelf};
use crate::{
    names::{TargetId, Text},
    plan::{ChangeId, Plan, file},
};

/// What the names of the files end with.
pub(super) const SUFFIX: &str = ".plan.json";

/// A run with the changes that were done by it.
#[derive(Debug)]
pub struct Ran {
    /// The whole id of the run.
    pub run: Text,
    /// What it carried out.
    pub plan: Plan,
    /// What was done, each with the object where it has one.
    pub done: BTreeMap<ChangeId, Option<TargetId>>,
}

/// Why a run cannot be taken back.
#[derive(Debug, thiserror::Error)]
pub enum RanError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// No such run.
    #[error("find run `{wanted}` in `{}`{}", folder.display(), known(runs))]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// Where.
        folder: PathBuf,
        /// The runs that are there, the last first.
        runs: Vec<String>,
    },
    /// Several runs begin so.
    #[error("tell which run `{wanted}` is: {} begin so", runs.join(", "))]
    Several {
        /// What was asked for.
        wanted: String,
        /// Those that fit.
        runs: Vec<String>,
    },
    /// The plan of the run is not as it was written.
    #[error("read `{}`: {source}", path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: file::FileError,
    },
}

fn known(runs: &[String]) -> String {
    const SHOWN: usize = 5;
    match runs {
        [] => ": no run is kept there; apply keeps each one that changes something, for 30 days".to_owned(),
        runs => format!("; the last are {}", runs[..runs.len().min(SHOWN)].join(", ")),
    }
}

/// Where the plan of a run is kept.
pub(super) fn plan_file(folder: &Path, run: &str) -> PathBuf {
    folder.join(format!("{run}{SUFFIX}"))
}

/// Keeps the plan that a run carries out.
pub(super) fn keep(folder: &Path, run: &str, plan: &Plan) -> Result<(), LogError> {
    let path = plan_file(folder, run);
    let write = || -> io::Result<()> {
        let mut file = shelf::private().write(true).create_new(true).open(&path)?;
        file.write_all(file::write(plan).as_bytes())?;
        file.sync_data()
    };
    write().map_err(LogError::io("write", &path))
}

/// Finds a run by its id or the beginning of it; `last` is the last that changed something.
///
/// # Errors
/// When there is none, or several, or what was kept cannot be read.
pub fn ran(folder: &Path, wanted: &str) -> Result<Ran, RanError> {
    let mut runs = runs(folder)?;
    runs.sort_unstable_by(|left, right| right.cmp(left));
    let names: Vec<String> = runs.iter().map(|(_, run)| run.clone()).collect();
    let unknown = |runs| RanError::Unknown { wanted: wanted.to_owned(), folder: folder.to_owned(), runs };
    let run = match wanted {
        "last" => names.first().cloned().ok_or_else(|| unknown(Vec::new()))?,
        _ => {
            let fits: Vec<String> = names.iter().filter(|run| run.starts_with(wanted)).cloned().collect();
            match <[String; 1]>::try_from(fits) {
                Ok([run]) => run,
                Err(none) if none.is_empty() => return Err(unknown(names)),
                Err(several) => return Err(RanError::Several { wanted: wanted.to_owned(), runs: several }),
            }
        }
    };
    let path = plan_file(folder, &run);
    let bytes = fs::read(&path).map_err(LogError::io("read", &path))?;
    let plan = file::read_bytes(&bytes).map_err(|source| RanError::Plan { path, source })?;
    let lines = read(folder, &Wanted { run: Some(run.clone()), unchanged: true, ..Wanted::default() })?.lines;
    Ok(Ran { done: done(&lines, &run), run: run.into(), plan })
}

/// The runs that are kept, each with when its plan was written.
fn runs(folder: &Path) -> Result<Vec<(std::time::SystemTime, String)>, LogError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(LogError::io("read", folder)(error)),
    };
    let mut runs = Vec::new();
    for entry in entries {
        let entry = entry.map_err(LogError::io("read", folder))?;
        let name = entry.file_name();
        if let Some(run) = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)) {
            let written = entry.metadata().and_then(|found| found.modified());
            runs.push((written.map_err(LogError::io("look at", &entry.path()))?, run.to_owned()));
        }
    }
    Ok(runs)
}

/// The changes that the log says were done. A later line of a change counts: it was read back.
fn done(lines: &[Value], run: &str) -> BTreeMap<ChangeId, Option<TargetId>> {
    let mut done = BTreeMap::new();
    for line in lines.iter().filter(|line| line["cycleId"] == run) {
        let Some(id) = line["changeId"].as_str() else { continue };
        let id = ChangeId(id.into());
        let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str);
        // A warning is a change that was done and not stored whole, unless nobody knows what came of it.
        let unknown = text("/provisioningStatusInfo/errorInformation/errorCode") == Some("NoAnswer");
        if !unknown && matches!(text("/provisioningStatusInfo/status"), Some("success" | "warning")) {
            let target = text("/targetIdentity/id").filter(|id| !id.is_empty());
            done.insert(id, target.map(TargetId::new));
        } else {
            done.remove(&id);
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(run: &str, change: &str, status: &str, code: Option<&str>) -> Value {
        json!({
            "cycleId": run, "changeId": change, "targetIdentity": {"id": "t1"},
            "provisioningStatusInfo": {"status": status, "errorInformation": code.map(|code| json!({"errorCode": code}))},
        })
    }

    #[test]
    fn what_was_done_is_what_the_last_line_of_a_change_says() {
        let lines = [
            line("r", "create", "success", None),
            line("r", "partly", "warning", Some("SchemaAttributeNotFound")),
            line("r", "in doubt", "warning", Some("NoAnswer")),
            line("r", "refused", "failure", Some("EntryConflict")),
            line("r", "taken back", "success", None),
            line("r", "taken back", "failure", None),
            line("other", "elsewhere", "success", None),
        ];
        let done = done(&lines, "r");
        assert_eq!(done.keys().map(|id| &*id.0).collect::<Vec<_>>(), ["create", "partly"]);
        assert_eq!(done[&ChangeId("create".into())], Some(TargetId::new("t1")));
    }
}
