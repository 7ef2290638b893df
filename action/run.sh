#!/usr/bin/env bash
# shellcheck disable=SC2016 # backquotes in messages are for the reader
# What `action.yml` runs: one command of dialform in a job of GitHub Actions.
#
# Inputs come as variables IN_*, never as text of a script. Lists have one entry a line.
# Writes $GITHUB_STEP_SUMMARY, the comment and the plan below $RUNNER_TEMP, and the
# outputs. Ends as dialform ends, except that a plan with changes (2) is no failure, and
# that changes held back (4) fail a job only with `held: fail`.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$RUNNER_TEMP/dialform
mkdir -p "$folder"
comment=$folder/comment.md
summary=$folder/summary.md
plan=$folder/plan.json
: >"$comment"
: >"$summary"
# Characters of a comment on GitHub, less what others may add.
most=65000
changes='' held='' code=0
manifest=${IN_MANIFEST:-dialform.yaml}

fail() { echo "::error title=Dialform::$1"; exit 1; }

# The program: as given, or built from the action's own source, once.
find_program() {
  if [[ -n ${IN_PROGRAM:-} ]]; then
    program=$(command -v -- "$IN_PROGRAM") || fail 'the input `program` names nothing that can be run'
    return
  fi
  program=$root/target/release/dialform
  [[ -x $program ]] && return
  echo '::group::Build dialform'
  cargo build --release --locked --bin dialform --manifest-path "$root/Cargo.toml" --target-dir "$root/target"
  echo '::endgroup::'
}

# GitHub's word for this job, for the store of the state. It lives minutes: it is written
# anew as long as the job works, and the store's client reads it when it needs it.
vouch() { # audience, file
  local answer
  answer=$(printf 'header = "Authorization: bearer %s"\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
    curl --silent --show-error --fail --retry 3 --config - "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=$1")
  (umask 077 && jq -er .value <<<"$answer" >"$2.new")
  mv "$2.new" "$2"
}

sign_in() {
  local audience file=$folder/identity
  case ${IN_STATE_SIGN_IN:-} in
    '') return ;;
    azure) audience='api%3A%2F%2FAzureADTokenExchange'; export AZURE_FEDERATED_TOKEN_FILE=$file ;;
    aws) audience=sts.amazonaws.com; export AWS_WEB_IDENTITY_TOKEN_FILE=$file ;;
    *) fail 'the input `state-sign-in` is `azure`, `aws` or nothing' ;;
  esac
  [[ -n ${ACTIONS_ID_TOKEN_REQUEST_URL:-} ]] || fail 'give the job `permissions: id-token: write`'
  vouch "$audience" "$file"
  # Holds no stream of the step open, and takes its sleep along when it ends.
  (
    trap 'kill "$!" 2>/dev/null; exit' TERM
    while sleep 240 & wait "$!"; do vouch "$audience" "$file" || true; done
  ) </dev/null >/dev/null 2>&1 &
  refresher=$!
  trap 'kill "$refresher" 2>/dev/null || true; rm -f "$folder/identity" "$folder/identity.new"' EXIT
}

# Adds `--NAME=ENTRY` to `arguments` for each line of a list.
arguments=()
each() { # name, list
  local line
  while IFS= read -r line; do
    line=${line%$'\r'}
    [[ -z ${line//[[:space:]]/} ]] || arguments+=("--$1=$line")
  done <<<"$2"
}

# Runs it, keeps what it prints in a file, and how it ended in `code`.
keep() { # file, arguments
  local file=$1
  shift
  code=0
  "$program" "$@" >"$file" || code=$?
}

make_plan() {
  local made=(plan --manifest "$manifest" "--out=$plan" --format markdown)
  [[ -z ${IN_REPLAY:-} ]] || made+=("--replay=$IN_REPLAY")
  [[ -z ${IN_RECORD:-} ]] || made+=("--record=$IN_RECORD" --redact)
  each only "${IN_ONLY:-}"
  each allow "${IN_ALLOW:-}"
  keep "$folder/plan.md" "${made[@]}" ${arguments[@]+"${arguments[@]}"}
  case $code in
    0 | 2 | 4) ;;
    *) return ;;
  esac
  counts
  if [[ -n ${IN_RECORD:-} ]]; then
    # The recording is redacted, and the summary says no more than it.
    echo "Recorded the inputs of a plan with $changes changes, $held held back." >>"$summary"
    return
  fi
  cat "$folder/plan.md" >>"$summary"
  [[ -z ${IN_BASE:-} ]] || compare
  case $code in 0 | 2 | 4) write_comment ;; esac
}

counts() {
  changes=$(jq '.plan.changes | length' "$plan")
  held=$(jq '[.plan.held[] | select(.reason != "protected")] | length' "$plan")
}

# What the edit does to people, from the same inputs.
compare() {
  [[ -n ${IN_REPLAY:-} ]] || fail 'the input `base` needs `replay`: both manifests are planned from one recording'
  local planned=$code
  keep "$folder/edit.md" plan --manifest "$manifest" "--replay=$IN_REPLAY" "--base=$IN_BASE" --format markdown
  if [[ $code -eq 0 ]]; then
    code=$planned
    { echo; cat "$folder/edit.md"; } >>"$summary"
  fi
}

# The edit first, then the plan if there is room for both.
write_comment() {
  {
    echo '<!-- dialform -->'
    if [[ -z ${IN_BASE:-} ]]; then
      cat "$folder/plan.md"
      return
    fi
    cat "$folder/edit.md"
    echo
    if (($(cat "$folder/edit.md" "$folder/plan.md" | wc -c) < most)); then
      cat "$folder/plan.md"
    else
      echo 'The whole plan is in the summary of the run.'
    fi
  } >"$comment"
}

carry_out() {
  if [[ -n ${IN_PLAN_FILE:-} ]]; then
    plan=$IN_PLAN_FILE
    [[ -f $plan ]] || fail 'the input `plan-file` names no file'
    [[ -z ${IN_ONLY:-}${IN_ALLOW:-} ]] || fail '`only` and `allow` belong to the making of the plan, and this plan is made'
    counts
  else
    make_plan
    case $code in
      0 | 2 | 4) ;;
      *) return ;;
    esac
    : >"$comment"
  fi
  keep "$folder/outcome.md" apply "$plan" --manifest "$manifest" --yes --format markdown
  cat "$folder/outcome.md" >>"$summary"
  { echo '<!-- dialform -->'; cat "$folder/outcome.md"; } >"$comment"
}

# Says on the job's page how it ended, and what to do.
say() {
  case $code in
    0 | 2) ;;
    1) echo '::error title=Dialform::failed before anything was sent; the log says where and why' ;;
    3) echo '::error title=Dialform::applied, but some changes failed: the summary lists them. Run again; what is done is not sent twice' ;;
    4) echo "::warning title=Dialform::changes are held back (${held:-some}): the summary says for each what releases it" ;;
    5) echo '::error title=Dialform::the plan is stale: something that it touches moved since. Run the whole workflow again' ;;
    6) echo '::error title=Dialform::another run holds the lock' ;;
    130) echo '::error title=Dialform::interrupted; what was begun was finished and recorded. Run again' ;;
    *) echo "::error title=Dialform::ended with $code" ;;
  esac
}

find_program
case ${IN_COMMAND:-} in
  check) keep "$folder/check.txt" check --manifest "$manifest" --format github; cat "$folder/check.txt" ;;
  test) keep "$folder/test.txt" test --manifest "$manifest"; cat "$folder/test.txt" ;;
  plan) [[ -n ${IN_REPLAY:-} ]] || sign_in; make_plan ;;
  apply) [[ -z ${IN_REPLAY:-}${IN_BASE:-} ]] || fail '`replay` and `base` are for plans'; sign_in; carry_out ;;
  *) fail 'the input `command` is `check`, `test`, `plan` or `apply`' ;;
esac
cat "$summary" >>"$GITHUB_STEP_SUMMARY"
{
  echo "exit-code=$code"
  echo "changes=$changes"
  echo "held=$held"
  [[ ! -s $comment ]] || echo "comment-file=$comment"
  [[ ! -s $plan ]] || echo "plan-file=$plan"
} >>"$GITHUB_OUTPUT"
say
case $code in
  2) exit 0 ;;
  4) [[ ${IN_HELD:-warn} == fail ]] || exit 0 ;;
esac
exit "$code"
