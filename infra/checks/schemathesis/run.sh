#!/usr/bin/env bash
# Sends requests that the OpenAPI documents allow, and ones that they do not, to a product that it starts, and holds each answer to
# its document:
#   infra/checks/schemathesis/run.sh [cases a document, 3000 unless given] [document …]
# What is waived, and why, is in the configuration of each document beside it. It takes minutes and is not part of .ci/run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
cases=${1:-3000}
shift || true
documents=("$@")
[[ ${#documents[@]} -gt 0 ]] || documents=(rocketsavvy reveknew savvi)
work=$root/target/schemathesis
port=8791 url=http://127.0.0.1:8791

mkdir -p "$work"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
cargo build --manifest-path "$root/Cargo.toml" --package local --locked

# A value of the file of credentials, by its path in it.
secret() {
  python3 -c 'import functools, json, sys; print(functools.reduce(dict.get, sys.argv[2:], json.load(open(sys.argv[1]))))' \
    "$work/demo.json" "$@"
}

# A product of its own for each document: what one deletes, the next one needs.
start() {
  rm -f "$work/demo.json"
  "$root/target/debug/local" --port "$port" --credentials "$work/demo.json" >"$work/local.log" 2>&1 &
  local=$!
  until [[ -s $work/demo.json ]] && curl -sf "$url/health" >/dev/null; do
    kill -0 "$local" || { cat "$work/local.log"; exit 1; }
    sleep 0.2
  done
  KEY=$(secret v3 test_key)
  OPERATOR_KEY=$(secret operator_key)
  SAVVI_TOKEN=$(secret members authentication_token)
  REVEKNEW_TOKEN=$(curl -sf "$url/oauth/token" -d grant_type=client_credentials \
    -d "audience=$(secret enterprise audience)" \
    -d "client_id=$(secret enterprise client_id)&client_secret=$(secret enterprise client_secret)" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
  export KEY OPERATOR_KEY SAVVI_TOKEN REVEKNEW_TOKEN
}
local=
trap '[[ -z $local ]] || kill "$local" 2>/dev/null || true' EXIT

failed=()
for document in "${documents[@]}"; do
  start
  file=$root/infra/openapi/$document.json
  operations=$(python3 -c 'import json, sys; print(sum(len(path) for path in json.load(open(sys.argv[1]))["paths"].values()))' "$file")
  (cd "$work" && "$work/venv/bin/st" --config-file "$here/$document.toml" --no-color run "$file" --url "$url" --seed 1 --workers 1 \
    --max-examples "$(((cases + operations - 1) / operations))" --continue-on-failure --no-shrink \
    --request-timeout 20) || failed+=("$document")
  kill "$local"
  wait "$local" || true
done
if [[ ${#failed[@]} -gt 0 ]]; then
  echo "There are findings in: ${failed[*]}"
  exit 1
fi
