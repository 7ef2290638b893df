#!/usr/bin/env bash
# Lets an independent SCIM tester (scim2-tester, PyPI) loose on the sandbox.
#
#   tests/conformance.sh [options of the tester, such as --verbose]
#   DIALFORM_SHARED   the folder with servers/conformance.sh (default: ../shared beside the project)
#   SCIM_CACHE_DIR    where the tester is installed (default: in the user's cache)
#   DIALFORM          the program to test (default: built here)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tester=${DIALFORM_SHARED:-../shared}/servers/conformance.sh
if [[ ! -x $tester ]]; then
  echo "skipped: the SCIM tester's script is not at $tester (set DIALFORM_SHARED)"
  exit 0
fi
for needed in python3 flock; do
  if ! command -v "$needed" >/dev/null; then
    echo "skipped: $needed is not installed"
    exit 0
  fi
done
export SCIM_CACHE_DIR=${SCIM_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/dialform-interop}

program=${DIALFORM:-}
if [[ -z $program ]]; then
  cargo build --quiet
  program=${CARGO_TARGET_DIR:-target}/debug/dialform
fi

export SCIM_TOKEN=conformance DIALFORM_SANDBOX_TOKEN=conformance
said=$(mktemp)
"$program" sandbox --memory --rate 0 --listen 127.0.0.1:0 2>"$said" &
sandbox=$!
trap 'kill "$sandbox" 2>/dev/null || true; rm -f "$said"' EXIT
base=
for _ in $(seq 100); do
  base=$(sed -n 's/.*\(http:[^ ,]*\).*/\1/p' "$said")
  [[ -n $base ]] && break
  sleep 0.1
done
if [[ -z $base ]]; then
  echo "the sandbox did not start:" >&2
  cat "$said" >&2
  exit 1
fi

# What the sandbox does otherwise on purpose:
allowed=(
  # Dialpad accepts a new displayName for a group and keeps the old one ("Dialpad does not
  # support group renames", Microsoft's Dialpad provisioning tutorial). The tester replaces
  # it by PATCH and wants to read the new one. `--rename-groups` makes the sandbox do so.
  --allow "check_replace_attribute:'displayName' was not replaced"
)
"$tester" "$base/" --email-usernames "${allowed[@]}" "$@"
