#!/usr/bin/env bash
# The whole story against SCIM servers that others wrote: plan, apply, plan again
# empty, drift by hand, leave, return, a renamed group, a stranger left alone. Then
# the fault laws, through a proxy that has accidents, and with the program killed.
#
#   tests/interop.sh [scim2-server|scimmy]
#   DIALFORM_SHARED   the folder with servers/*.sh (default: ../shared beside the project)
#   DIALFORM_EVERY=1  each fault at each request, rather than a sample
#   DIALFORM_SEED, DIALFORM_SEEDS, DIALFORM_KILLS   which random ones, and how many
#   SCIM_CACHE_DIR    where the servers are installed (default: in the user's cache)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

servers=${DIALFORM_SHARED:-../shared}/servers
if [[ ! -d $servers ]]; then
  echo "skipped: the start scripts of the servers are not in $servers (set DIALFORM_SHARED)"
  exit 0
fi
export SCIM_CACHE_DIR=${SCIM_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/dialform-interop}
pid=
trap '[[ -z $pid ]] || kill "$pid" 2>/dev/null || true' EXIT

story() { # name, needed program, port, path of the base URL
  local name=$1 needed=$2 port=$3 base=http://127.0.0.1:$3$4 said
  if ! command -v "$needed" >/dev/null; then
    echo "skipped: $name needs $needed, which is not installed"
    return
  fi
  said=$(mktemp)
  "$servers/$name.sh" "$port" interop >"$said" 2>&1 &
  pid=$!
  for _ in $(seq 600); do
    curl --silent --fail --output /dev/null --header 'Authorization: Bearer interop' "$base/Users" && break
    if ! kill -0 "$pid" 2>/dev/null; then
      echo "$name did not start:" >&2
      cat "$said" >&2
      exit 1
    fi
    sleep 0.2
  done
  echo "-- $name at $base"
  DIALFORM_INTEROP_URL=$base DIALFORM_INTEROP_TOKEN=interop \
    cargo test --quiet --test it interop -- --ignored --nocapture --test-threads=1
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  pid=
  rm -f "$said"
}

only=${1:-}
[[ -n $only && $only != scim2-server ]] || story scim2-server python3 18471 /v2
[[ -n $only && $only != scimmy ]] || story scimmy node 18472 /scim/v2
