#!/usr/bin/env bash
# Tries the schemas on yaml-language-server, the server that editors use for YAML:
# completion, hover and diagnostics over stdio. Needs Node 20 or newer and npm.
# Then the server of `dialform lsp` in Neovim 0.11 or newer, where there is one.
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
nvim=${DIALFORM_NVIM:-$(command -v nvim || true)}
version=$([ -z "$nvim" ] || "$nvim" --version | sed -n '1s/^NVIM v0\.\([0-9]*\).*/\1/p')
if [ -n "$version" ] && [ "$version" -lt 11 ]; then
  echo "tests/editor.sh: Neovim 0.$version is too old to try \`dialform lsp\` in it; 0.11 or newer: https://neovim.io" >&2
  nvim=
elif [ -z "$nvim" ]; then
  echo "tests/editor.sh: there is no Neovim to try \`dialform lsp\` in; 0.11 or newer: https://neovim.io" >&2
fi
[ -z "$nvim" ] || export DIALFORM_NVIM=$nvim
DIALFORM_EDITOR=required exec cargo test --test it -- editor neovim "$@"
