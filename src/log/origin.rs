//! Who and what started a run: a person, or a job of GitHub, GitLab, Jenkins or another CI.

/// Who and what started a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The person or robot, by the name that the CI or the system gives.
    pub actor: Option<String>,
    /// Whether a CI started it.
    pub automatic: bool,
    /// The commit.
    pub commit: Option<String>,
    /// The pull or merge request, by number.
    pub pull_request: Option<String>,
    /// The address of the run in the CI.
    pub address: Option<String>,
}

impl Origin {
    /// From environment variables.
    pub fn of(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| variable(name))
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let github = || {
            let (server, repository, run) =
                (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?, variable("GITHUB_RUN_ID")?);
            Some(format!("{server}/{repository}/actions/runs/{run}"))
        };
        let pull = || variable("GITHUB_REF")?.strip_prefix("refs/pull/")?.split('/').next().map(str::to_owned);
        Self {
            actor: first(&["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID", "USER", "USERNAME"]),
            automatic: is_automatic(&first),
            commit: first(&["GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT", "BUILD_SOURCEVERSION"]),
            pull_request: pull().or_else(|| first(&["CI_MERGE_REQUEST_IID", "CHANGE_ID"])),
            address: github().or_else(|| first(&["CI_JOB_URL", "BUILD_URL"])),
        }
    }
}

/// Every CI sets one of these; `CI=false` is how people say that a job is none.
fn is_automatic(first: &dyn Fn(&[&str]) -> Option<String>) -> bool {
    const OWN: [&str; 9] = [
        "GITHUB_ACTIONS",
        "GITLAB_CI",
        "JENKINS_URL",
        "TF_BUILD",
        "BUILDKITE",
        "CIRCLECI",
        "CODEBUILD_BUILD_ID",
        "TEAMCITY_VERSION",
        "BITBUCKET_BUILD_NUMBER",
    ];
    match first(&["CI"]).map(|value| value.to_ascii_lowercase()).as_deref() {
        Some("false" | "0" | "no") => false,
        Some(_) => true,
        None => first(&OWN).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Origin {
        Origin::of(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_job_of_github_is_known() {
        let origin = of(&[
            ("CI", "true"),
            ("USER", "runner"),
            ("GITHUB_ACTOR", "ana"),
            ("GITHUB_SHA", "abc"),
            ("GITHUB_REF", "refs/pull/12/merge"),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", "acme/dialpad"),
            ("GITHUB_RUN_ID", "99"),
        ]);
        let text = |text: &str| Some(text.to_owned());
        let expected = Origin {
            actor: text("ana"),
            automatic: true,
            commit: text("abc"),
            pull_request: text("12"),
            address: text("https://github.example/acme/dialpad/actions/runs/99"),
        };
        assert_eq!(origin, expected);
    }

    #[test]
    fn jobs_of_gitlab_and_people_are_known() {
        let gitlab =
            of(&[("GITLAB_CI", "true"), ("CI_MERGE_REQUEST_IID", "4"), ("CI_JOB_URL", "https://git.example/1")]);
        assert_eq!((gitlab.automatic, gitlab.pull_request.as_deref()), (true, Some("4")));
        let person = of(&[("USER", "ana"), ("GITHUB_REF", "refs/heads/main"), ("CI", " ")]);
        assert_eq!(person, Origin { actor: Some("ana".to_owned()), ..Origin::default() });
    }

    #[test]
    fn a_ci_is_known_by_any_of_its_variables_unless_it_is_denied() {
        for (variables, automatic) in [
            (&[("TF_BUILD", "True")][..], true),
            (&[("CI", "1")], true),
            (&[("CI", "false"), ("GITHUB_ACTIONS", "true")], false),
            (&[("HOME", "/root")], false),
        ] {
            assert_eq!(of(variables).automatic, automatic, "{variables:?}");
        }
    }
}
