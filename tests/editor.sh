#!/usr/bin/env bash
# Tries the schemas on yaml-language-server, the server that editors use for YAML:
# completion, hover and diagnostics over stdio. Needs Node 20 or newer and npm.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v node >/dev/null && command -v npm >/dev/null || {
  echo "tests/editor.sh needs Node and npm: https://nodejs.org" >&2
  exit 1
}
mkdir -p target/editor
if ! cmp -s tests/editor/package-lock.json target/editor/installed.json; then
  cp tests/editor/package.json tests/editor/package-lock.json target/editor/
  (cd target/editor && npm ci --no-audit --no-fund)
  cp tests/editor/package-lock.json target/editor/installed.json
fi
DIALFORM_EDITOR=required exec cargo test --test it editor "$@"
