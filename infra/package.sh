#!/usr/bin/env bash
# Builds the package that is published: the app in one file, host.json and a package.json that names the file.
set -euo pipefail
infra=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$infra")
# shellcheck source=infra/common.sh
. "$infra/common.sh"

usage() {
  cat <<'TEXT'
Usage: infra/package.sh [--out FILE] [--no-install]

  --out FILE     the zip to write (default: dist/app.zip)
  --no-install   leave out "npm ci"; node_modules is there already
  --help         this text
TEXT
}

out="$root/dist/app.zip"
install=true
while [ $# -gt 0 ]; do
  case $1 in
    --out) need_value "$@"; out=$2; shift 2 ;;
    --no-install) install=false; shift ;;
    --help) usage; exit 0 ;;
    *) usage >&2; fail "Unknown option $1." "See the usage above." ;;
  esac
done

need npm "Install Node 24 with npm 11: https://nodejs.org"
need zip "Install zip (Debian and Ubuntu: apt-get install zip); Azure Cloud Shell has it."
mkdir -p "$(dirname "$out")"
out="$(cd "$(dirname "$out")" && pwd)/$(basename "$out")"

staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
cd "$root"
if [ "$install" = true ]; then
  say "Installing what the build needs …"
  npm ci --no-audit --no-fund >&2 || fail "npm ci failed." "Read its message above; it needs npm 11 and the npm registry."
fi
say "Building …"
npm run --silent build -- --out "$staged/dist" >&2 || fail "The build failed." "Read its message above."
cp host.json "$staged/host.json"
# Without dependencies and scripts: everything is in the one file.
node -e '
  const { name, version, license, type, main } = JSON.parse(require("node:fs").readFileSync("package.json", "utf8"));
  console.log(JSON.stringify({ name, version, license, private: true, type, main }, null, 2));
' >"$staged/package.json"
rm -f "$out"
(cd "$staged" && zip -qrXD "$out" host.json package.json dist) || fail "zip failed." "Read its message above."
printf '%s\n' "$out"
