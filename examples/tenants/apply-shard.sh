#!/bin/sh
# Applies one share of many tenants: every COUNTth manifest, from the INDEXth on.
#
#   apply-shard.sh INDEX COUNT [FOLDER]     manifests are FOLDER/*/dialform.yaml (default: tenants)
#
# Ends with 1 when a tenant failed; the others are applied all the same. A tenant that
# another runner is at work on (6) is left to that one, and what is held (4) waits for a person.
set -u
index=$1 count=$2 folder=${3:-tenants}
number=0 failed=0
for manifest in "$folder"/*/dialform.yaml; do
  mine=$((number % count))
  number=$((number + 1))
  [ "$mine" -eq "$index" ] || continue
  dialform apply --yes --manifest "$manifest"
  code=$?
  case $code in
    0) echo "done: $manifest" ;;
    4) echo "done, and something is held: $manifest" ;;
    6) echo "left to another runner: $manifest" ;;
    *) echo "FAILED with $code: $manifest"; failed=1 ;;
  esac
done
exit "$failed"
