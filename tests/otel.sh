#!/usr/bin/env bash
# Traces over OTLP, read with the messages that OpenTelemetry publishes itself (opentelemetry-proto).
#
#   tests/otel.sh
#   DIALFORM_OTEL_CACHE   where they are installed (default: in the user's cache)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v python3 >/dev/null || { echo "skipped: the receiver needs python3, which is not installed"; exit 0; }
cache=${DIALFORM_OTEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dialform-otel}
if ! "$cache/bin/python" -c 'import opentelemetry.proto' 2>/dev/null; then
  python3 -m venv "$cache"
  "$cache/bin/pip" install --quiet 'opentelemetry-proto==1.38.0'
fi
cargo build --quiet --features otel
work=$(mktemp -d)
pids=()
trap '[[ ${#pids[@]} -eq 0 ]] || kill "${pids[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
cp target/debug/dialform "$work/dialform"
cp -r examples/quickstart "$work/quickstart"
rm -rf "$work/quickstart/.dialform"
cd "$work"

cat >receiver.py <<'PY'
import http.server, json, pathlib
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with open("bytes", "ab") as kept:
            kept.write(body)
        request = ExportTraceServiceRequest()
        request.ParseFromString(body)
        with open("spans", "a") as spans:
            for resource in request.resource_spans:
                of = {at.key: at.value.string_value for at in resource.resource.attributes}
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        at = {a.key: a.value.string_value or a.value.int_value for a in span.attributes}
                        print(json.dumps({
                            "service": of["service.name"], "name": span.name, "kind": span.kind, "at": at,
                            "trace": span.trace_id.hex(), "id": span.span_id.hex(), "parent": span.parent_span_id.hex(),
                            "failed": span.status.code == 2,
                            "in order": 0 < span.start_time_unix_nano <= span.end_time_unix_nano,
                        }), file=spans)
        self.send_response(200)
        self.send_header("content-type", self.headers["content-type"])
        self.end_headers()
    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
pathlib.Path("port.new").write_text(str(server.server_address[1]))
pathlib.Path("port.new").rename("port")
server.serve_forever()
PY
"$cache/bin/python" receiver.py 2>receiver.log &
pids+=($!)
for _ in $(seq 200); do
  [[ -e port ]] && break
  sleep 0.1
done
[[ -e port ]] || { cat receiver.log >&2; exit 1; }
collector=http://127.0.0.1:$(cat port)
fails() { echo "wrong: $1 ($?)" >&2; (cd "$work"; cat out err spans 2>/dev/null | head -60 >&2); exit 1; }

cat >look.py <<'PY'
import json, sys
root, outcome = sys.argv[1], sys.argv[2:]
spans = [json.loads(line) for line in open("spans")]
def must(true, what):
    if not true:
        sys.exit(f"{what}: {json.dumps(spans)[:3000]}")
must(spans and all(s["service"] == "dialform" and s["in order"] for s in spans), "each is of dialform, and ends after it begins")
must(len({s["trace"] for s in spans}) == 1, "they are one trace")
by_id = {s["id"]: s for s in spans}
roots = [s["name"] for s in spans if not s["parent"]]
must(roots == [root], f"the root is {root}")
must(all(not s["parent"] or s["parent"] in by_id for s in spans), "each hangs on one that arrived")
requests = [s for s in spans if s["kind"] == 3]
must(requests and all(s["at"]["http.response.status_code"] in range(200, 500) for s in requests), "requests have a status")
must(all(s["name"] == f'{s["at"]["http.request.method"]} {s["at"]["url.path"]}' for s in requests), "and a method and a path")
parts = {s["name"] for s in spans if s["parent"] and s["kind"] != 3}
must({"read people", "read Dialpad", "plan"} <= parts, "the parts are there")
if outcome:
    sent = json.load(open(outcome[0]))["summary"]["requests"]
    above = lambda s: [s["name"]] + (above(by_id[s["parent"]]) if s["parent"] else [])
    under = [s for s in requests if "carry out" in above(s)]
    must(sent == len(under), f"{sent} requests were sent, and {len(under)} are told under `carry out`")
print(f"{root}: {len(spans)} spans, {len(requests)} of them requests")
PY
PY=$cache/bin/python
export OTEL_EXPORTER_OTLP_ENDPOINT=$collector OTEL_BSP_SCHEDULE_DELAY=100
cd quickstart
for words in "plan" "apply --yes --format json" "run --once"; do
  rm -f ../spans
  [[ $words != run* ]] || rm -rf .dialform
  # shellcheck disable=SC2086
  ../dialform $words >../out 2>../err || fails "$words"
  of=${words%% *}
  case $of in
    run) root="dialform cycle" ;;
    *) root="dialform $of" ;;
  esac
  outcome=()
  [[ $of != apply ]] || outcome=(out)
  (cd .. && "$PY" look.py "$root" "${outcome[@]}") || fails "$words"
done
! grep -qi '@acme\|lena\|diaz' ../bytes || fails "nobody is named"

# Over HTTP, with a token; nothing of it arrives, nor does a failure go by without being told.
rm -f ../spans
canary=canary-6f0c2a
(cd .. && DIALFORM_SANDBOX_TOKEN=$canary exec ./dialform sandbox --listen 127.0.0.1:0 --fault 'status=503;nth=1' 2>sandbox.err) &
pids+=($!)
touch "$work/sandbox.err"
for _ in $(seq 100); do
  grep -qo 'http://127[^ ]*' ../sandbox.err && break
  sleep 0.1
done
url=$(grep -o 'http://127[^ ]*' ../sandbox.err | head -1)
sed "s#sandbox: {}.*#dialpad: { scim: { url: \"${url%/}\", token: { env: TOKEN } } }#" dialform.yaml | sed "s/^name: .*/name: remote/" >remote.yaml
TOKEN=$canary ../dialform plan --manifest remote.yaml >../out 2>../err || fails "plan over HTTP"
grep -q '"http.response.status_code": 503' ../spans || fails "the failed request is told"
! grep -q "$canary" ../bytes || fails "the token is not told"
echo "over HTTP, with a fault: $(wc -l <../spans) spans"

# Turned off, with an endpoint that is none, with one that is not there.
rm -f ../spans
OTEL_SDK_DISABLED=true ../dialform plan >../out 2>../err || fails "plan without traces"
[[ ! -e ../spans ]] || fails "nothing is sent when it is turned off"
OTEL_EXPORTER_OTLP_ENDPOINT='no address' ../dialform plan >../out 2>../err || fails "plan with a wrong endpoint"
grep -q 'warning: failed to send traces' ../err || fails "a wrong endpoint is told"
OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9 ../dialform plan >../out 2>../err || fails "plan without a collector"
[[ ! -s ../err ]] || ! grep -qi 'panic\|otel\|opentelemetry' ../err || fails "a dead collector is not worth a word"
echo "turned off, a wrong endpoint, a dead one: as they must"
