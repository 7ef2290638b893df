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

# A service with 10,000 people of whom none may be created: all of them are held.
cargo build -q
mkdir -p target/pages/service
service=
trap '[ -z "$service" ] || kill "$service" 2>/dev/null || true' EXIT
awk 'BEGIN {
    print "id,userPrincipalName,displayName,givenName,surname,accountEnabled"
    for (n = 1; n <= 10000; n++) printf "%d,person%d@example.com,<b>Person</b> %d,Person,%d,true\n", n, n, n, n
}' >target/pages/service/people.csv
cat >target/pages/service/dialform.yaml <<'YAML'
version: 1
name: many-held
source: { files: { people: people.csv } }
target: { sandbox: {} }
roles: { member: {} }
scope: everyone
safety: { creates: { max: 0 } }
run: { every: 1h, listen: "127.0.0.1:0" }
YAML
rm -rf target/pages/service/.dialform
target/debug/dialform run --manifest target/pages/service/dialform.yaml --log-format json 2>target/pages/service/log &
service=$!
address=
for _ in $(seq 1200); do
    address=$(sed -n 's/.*"address":"\([^"]*\)".*/\1/p' target/pages/service/log)
    grep -q '"event":"cycle"' target/pages/service/log && break
    sleep 0.1
done

set -- ${1:+--shots "$1"}
node tests/browser.mjs "$chromium" target/pages --status "http://$address/" "$@"
