#!/usr/bin/env bash
# Generates the clients of Python and TypeScript from the OpenAPI document, checks their types, and runs a story through each:
#   infra/checks/sdk/run.sh URL KEY
# Ends with 77 where the tools are not installed; `.ci/run` installs them.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
url=$1 key=$2
document=$root/infra/openapi/rocketsavvy.json
sources=$root/infra/checks/sdk
venv=$root/target/venv/bin
work=$root/target/sdk
export PATH=$venv:$PATH

[[ -x $venv/openapi-python-client && -x $venv/mypy && -x $work/node_modules/.bin/openapi-ts ]] || exit 77

rm -rf "$work/python" "$work/typescript"
mkdir -p "$work/typescript"

openapi-python-client generate --path "$document" --output-path "$work/python" >"$work/python.log" 2>&1
cp "$sources/story.py" "$work/python/"
(cd "$work/python" && mypy --strict story.py rocket_savvy_api_client && "$venv/python" story.py "$url" "$key")

cd "$work"
npx --no-install openapi-ts -i "$document" -o typescript/client >typescript.log 2>&1
cp "$sources/story.ts" typescript/
npx --no-install tsc --strict --noUncheckedIndexedAccess --noEmit --target es2022 --module esnext --moduleResolution bundler \
  --lib es2022,dom,dom.iterable typescript/story.ts
npx --no-install esbuild typescript/story.ts --bundle --format=esm --log-level=error --outfile=typescript/story.mjs
node typescript/story.mjs "$url" "$key"
