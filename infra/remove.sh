#!/usr/bin/env bash
# Removes a deployment with everything in its resource group.
set -euo pipefail
infra=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=infra/common.sh
. "$infra/common.sh"

usage() {
  cat <<'TEXT'
Usage: infra/remove.sh --group GROUP

Lists what is in the resource group, asks for the group's name as confirmation, and deletes the group. There is no way
back for definitions, runs and snapshots. What stays: the vault's secrets for 90 days (its protection against purging
cannot be lifted), contacts and markers in Omnisend, the application user in Dataverse, the app registration in Entra,
and the app's role on a vault or workspace outside the group.

  --group GROUP   resource group
  --help          this text
TEXT
}

group=''
while [ $# -gt 0 ]; do
  case $1 in
    --group) need_value "$@"; group=$2; shift 2 ;;
    --help) usage; exit 0 ;;
    *) usage >&2; fail "Unknown option $1." "See the usage above." ;;
  esac
done
[ -n "$group" ] || { usage >&2; fail "--group is missing." "Name the resource group."; }
need_azure

exists=$(az group exists --name "$group") ||
  fail "The resource group cannot be looked up." "Check the subscription: az account show."
if [ "$exists" != true ]; then
  say "There is no resource group $group: nothing to remove."
  exit 0
fi
say "This is in $group:"
az resource list --resource-group "$group" --query "[].{name: name, type: type}" --output table >&2 ||
  fail "The group's resources cannot be listed." "Ask for the role Reader on the group."
say ""
printf 'Type the name of the group to delete it with all of that: ' >&2
read -r typed || true
[ "$typed" = "$group" ] || fail "The name was not typed: nothing was deleted." "Run this again and type $group."
say "Deleting $group (some minutes) …"
az group delete --name "$group" --yes --output none ||
  fail "The group was not deleted, or not wholly." "Read the message above (a lock on the group?), then run this again."
say "Deleted. To deploy to a group of the same name within 90 days, set \"param recoverVault = true\" for the first deployment."
say "By hand, if wanted: delete the application user in the Power Platform admin center, the app registration omnisend-export-$group-… in Entra, and the markers in Omnisend."
