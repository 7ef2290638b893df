#!/bin/sh
# The HTML pages in a real browser: layout on a phone, filters, search, no script, what is loaded,
# and the time over 10,000 changes. Needs Chromium and Node; says so where there is none.
#
#   tests/browser.sh [FOLDER]     with a folder, screenshots and a PDF are left there to look at
set -eu
cd "$(dirname "$0")/.."

chromium=
for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then
        chromium=$(command -v "$name")
        break
    fi
done
if [ -z "$chromium" ]; then
    echo "skipped: no browser; install Chromium (Debian: apt-get install chromium) or name one in CHROMIUM"
    exit 0
fi
if ! command -v node >/dev/null 2>&1; then
    echo "skipped: the browser is driven by Node 20 or later, which is not installed"
    exit 0
fi

rm -rf target/pages
cargo test -q --test it -- --ignored --exact pages::write
if [ $# -gt 0 ]; then
    node tests/browser.mjs "$chromium" target/pages --shots "$1"
else
    node tests/browser.mjs "$chromium" target/pages
fi
