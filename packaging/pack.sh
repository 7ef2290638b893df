#!/usr/bin/env bash
# What stands around the program in an archive and in the Debian package: completions and manual
# pages, which the program itself writes. And the archive, in out/.
#
#   packaging/pack.sh                 completions and manual pages alone, in target/package
#   packaging/pack.sh TARGET          and an archive of target/TARGET/dist/dialform
#
#   DIALFORM   the program that writes them (default: the one that is packed, else one that is built)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${1:-}
built=target/$target/dist/dialform
[[ -n $target && -e $built.exe ]] && built=$built.exe
program=${DIALFORM:-}
if [[ -z $program && -n $target ]]; then
  program=$built
elif [[ -z $program ]]; then
  cargo build --quiet
  program=${CARGO_TARGET_DIR:-target}/debug/dialform
fi

around=target/package
rm -rf "$around"
mkdir -p "$around/completions" "$around/man"
"$program" completions bash >"$around/completions/dialform"
"$program" completions zsh >"$around/completions/_dialform"
"$program" completions fish >"$around/completions/dialform.fish"
"$program" completions powershell >"$around/completions/dialform.ps1"
"$program" man >"$around/man/dialform.1"
# One page for each command, as git has them.
for command in $("$program" completions fish | sed -n 's/.*__fish_dialform_needs_command" -f -a "\([a-z-]*\)".*/\1/p' | sort -u); do
  "$program" man "$command" >"$around/man/dialform-$command.1"
done
[[ -n $target ]] || exit 0

version=$("$program" --version | cut -d' ' -f2)
name=dialform-$version-$target
rm -rf "target/$name"
mkdir -p "target/$name" out
cp -r "$built" README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$around/completions" "$around/man" "target/$name/"
case $target in
*windows*) (cd target && 7z a -bso0 "../out/$name.zip" "$name") ;;
*) tar -C target --sort=name --owner=0 --group=0 --numeric-owner -czf "out/$name.tar.gz" "$name" 2>/dev/null ||
  tar -C target -czf "out/$name.tar.gz" "$name" ;; # macOS' tar has no --sort
esac
ls -l out
