#!/usr/bin/env bash
# Writes an API key into the vault: for a new connection, and to rotate a key. The app reads the new one within ten minutes.
set -euo pipefail
infra=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=infra/common.sh
. "$infra/common.sh"

usage() {
  cat <<'TEXT'
Usage: infra/set-key.sh --vault VAULT --name NAME

Asks for Omnisend's API key at the terminal, without showing it, and writes it into the vault. Where the input is no
terminal, its first line is the key. The key is never an argument of a command, and is written to no file. The secret gets
the tag purpose=omnisend-export, by which a connection may name it.

  --vault VAULT   name of the key vault
  --name NAME     name of the secret, as the connection names it: letters, digits and "-"
  --help          this text
TEXT
}

vault='' name=''
while [ $# -gt 0 ]; do
  case $1 in
    --vault) need_value "$@"; vault=$2; shift 2 ;;
    --name) need_value "$@"; name=$2; shift 2 ;;
    --help) usage; exit 0 ;;
    *) usage >&2; fail "Unknown option." "See the usage above. The key itself is no argument: it is asked for." ;;
  esac
done
[ -n "$vault" ] && [ -n "$name" ] || { usage >&2; fail "--vault or --name is missing." "See the usage above."; }
case $name in
  *[!0-9A-Za-z-]*) fail "The name of a secret is made of letters, digits and \"-\"." "Give it as the connection names it." ;;
esac
need_azure

key=''
if [ -t 0 ]; then
  read -rs -p "Omnisend API key for $name (not shown): " key || true
  say ""
else
  read -r key || true
fi
key=${key//[[:space:]]/}
[ -n "$key" ] || fail "No key was given." "Copy it from Omnisend: Store settings > Integrations & API > API keys."

# Through a pipe: arguments of a process can be read by others on the machine.
printf '%s' "$key" |
  az keyvault secret set --vault-name "$vault" --name "$name" --file /dev/stdin --encoding utf-8 \
    --tags purpose=omnisend-export --output none ||
  fail "The key was not written." "You need the role Key Vault Secrets Officer on the vault (deploy.sh gives it to who deploys; it holds after some minutes), and a way to it where the network is closed."
say "The key is in the vault $vault as $name."
