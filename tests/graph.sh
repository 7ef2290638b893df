#!/usr/bin/env bash
# What Dialform asks of Microsoft Graph, checked by somebody else: Prism stands between it and
# the tests' own Graph, and refuses every request and answer that does not fit an OpenAPI
# description of Graph v1.0. Batches are opaque to it, so each read is sent by itself too, and
# pages of two, so that it sees next links.
#
# Left out of what it sees: members of the kind `agentUser`, which that description does not know,
# so that Prism would refuse a right answer. Prism does not undo escapes in the fixed part of a path,
# and answers 422 to `servicePrincipals(appId=%27…%27)`; the tests' Graph writes next links as Graph
# does, with the quotes as they are. The jobs by application id are not in the description: Prism
# answers 404, and Dialform asks by object id, as it does where Graph would refuse the key.
#
#   DIALFORM_SHARED   the folder with reference/graph-openapi-slice.yaml (default: ../shared beside the project)
#   GRAPH_CACHE_DIR   where Prism is installed (default: in the user's cache)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

slice=${DIALFORM_SHARED:-../shared}/reference/graph-openapi-slice.yaml
if [[ ! -f $slice ]]; then
  echo "skipped: the description of Graph is not at $slice (set DIALFORM_SHARED)"
  exit 0
fi
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "skipped: Prism needs Node 20 or newer and npm, which are not installed"
  exit 0
fi
cache=${GRAPH_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/dialform-graph}
prism=$cache/node_modules/.bin/prism
if [[ ! -x $prism ]]; then
  mkdir -p "$cache"
  if ! (cd "$cache" && timeout 180 npm install --no-audit --no-fund --no-save --prefix . @stoplight/prism-cli@5.14.2 >npm.log 2>&1); then
    echo "skipped: Prism cannot be installed from here:"
    tail -3 "$cache/npm.log"
    exit 0
  fi
fi

free() { node -e 'const s=require("net").createServer();s.listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }
fake=$(free)
port=$(free)
said=$(mktemp)
"$prism" proxy --errors --host 127.0.0.1 --port "$port" "$slice" "http://127.0.0.1:$fake" >"$said" 2>&1 &
pid=$!
trap 'kill "$pid" 2>/dev/null || true; rm -f "$said"' EXIT
for _ in $(seq 300); do
  grep -q "is listening" "$said" && break
  if ! kill -0 "$pid" 2>/dev/null; then
    echo "Prism did not start:" >&2
    cat "$said" >&2
    exit 1
  fi
  sleep 0.2
done
if ! DIALFORM_PRISM_URL=http://127.0.0.1:$port DIALFORM_FAKE_PORT=$fake \
  timeout 600 cargo test --quiet --test it through_prism -- --ignored --nocapture --test-threads=1; then
  grep -iE "violation|error" "$said" | tail -20 >&2 || true
  exit 1
fi
