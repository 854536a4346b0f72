#!/bin/sh
# Vendors the renderer of the API reference page. Run it in this folder:
#   ./update.sh 2.4.820
# Then follow the rest of README.md.
set -eu

version="$1"
here="$(cd "$(dirname "$0")" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# No scripts of any package run: the files are only copied.
cd "$work"
npm init --yes > /dev/null
npm install --silent --ignore-scripts --omit=dev "openapi-explorer@$version"

rm -f "$here"/openapi-explorer-*.min.js.gz
# -n leaves name and time out, so that the same version always gives the same bytes.
gzip -9n < node_modules/openapi-explorer/dist/browser/openapi-explorer.min.js \
    > "$here/openapi-explorer-$version.min.js.gz"
cp node_modules/openapi-explorer/LICENSE "$here/LICENSE"

# The bundle contains its dependencies, whose licences ask to travel with it, so the page links to this list. It names
# all that the bundle could contain: type definitions and the HTTP client for Node never reach a browser.
find node_modules -name package.json | sort | while read -r manifest; do
    folder="$(dirname "$manifest")"
    package="${folder##*node_modules/}"
    case "$package" in
    @types/* | undici | undici/*) continue ;;
    esac
    # Only the roots of packages: folders inside them may carry manifests too.
    case "$package" in
    @*/*/*) continue ;;
    @*/*) ;;
    */*) continue ;;
    esac
    text="$(find "$folder" -maxdepth 1 -iname 'licen[sc]e*' | sort | head -n 1)"
    node -p "const p = require('./$manifest'); '==== ' + p.name + ' ' + p.version + ' (' + p.license + ')\n'"
    if [ -n "$text" ]; then tr -d '\r' < "$text"; else echo 'The package carries no licence text.'; fi
    echo
done > "$here/THIRD-PARTY-LICENSES.txt"

gzip -dc "$here/openapi-explorer-$version.min.js.gz" | sha256sum
