#!/usr/bin/env bash
# Puts the app on Azure, or brings it up to date. Safe to run again at any time.
set -euo pipefail
infra=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$infra")
# shellcheck source=infra/common.sh
. "$infra/common.sh"
# shellcheck source=infra/registration.sh
. "$infra/registration.sh"

usage() {
  cat <<'TEXT'
Usage: infra/deploy.sh --group GROUP --parameters FILE [options]

Shows what would change, asks, deploys the resources, publishes the app, looks whether it answers, and prints what is
left to do by hand. Needs the Azure CLI (2.60 or newer, signed in), npm and zip, and these rights on the group:
Contributor, and Role Based Access Control Administrator (or Owner). The first time it makes the app registration in
Entra whose tokens the API takes, with the app roles Viewer, Contributor and Administrator; AUTH_CLIENT_ID names another
one, and AUTH_CLIENT_ID='' none: whoever has a function key may do everything then. Later runs keep what was chosen.

  --group GROUP        resource group; made if it is not there
  --location REGION    where to make it; needed the first time only
  --parameters FILE    parameter file of the environment, such as infra/environments/test.bicepparam
  --what-if            only show what would change
  --resources-only     do not publish the app
  --publish-only       publish the app to resources that are there (an upgrade; or from within a closed network)
  --package FILE       publish this zip instead of building one
  --yes                do not ask
  --help               this text
TEXT
}

group='' location='' parameters='' package='' version='' ask=true resources=true publish=true only_show=false
while [ $# -gt 0 ]; do
  case $1 in
    --group) need_value "$@"; group=$2; shift 2 ;;
    --location) need_value "$@"; location=$2; shift 2 ;;
    --parameters) need_value "$@"; parameters=$2; shift 2 ;;
    --package) need_value "$@"; package=$2; shift 2 ;;
    --what-if) only_show=true; shift ;;
    --resources-only) publish=false; shift ;;
    --publish-only) resources=false; shift ;;
    --yes) ask=false; shift ;;
    --help) usage; exit 0 ;;
    *) usage >&2; fail "Unknown option $1." "See the usage above." ;;
  esac
done

deployment=omnisend-export
# Rights that were just given need some minutes until they hold, and a new app some until it answers.
pause_seconds=${PAUSE_SECONDS:-20}
publish_tries=5
health_tries=15

check_arguments() {
  [ -n "$group" ] || { usage >&2; fail "--group is missing." "Name the resource group."; }
  if [ "$resources" = false ]; then
    [ "$publish" = true ] && [ "$only_show" = false ] ||
      fail "--publish-only goes with neither --resources-only nor --what-if." "Give one of them."
    return
  fi
  [ -n "$parameters" ] || { usage >&2; fail "--parameters is missing." "Name the parameter file of the environment."; }
  [ -f "$parameters" ] || fail "There is no file $parameters." "Copy one of infra/environments, and fill it in."
  if grep -q "yourorg" "$parameters"; then
    fail "$parameters still holds the example's address." "Write the address of your environment as dataverseUrl."
  fi
}

ensure_group() {
  local exists
  exists=$(az group exists --name "$group") ||
    fail "The resource group cannot be looked up." "Check the subscription: az account show."
  if [ "$exists" != true ]; then
    [ -n "$location" ] || fail "The resource group $group does not exist." "Give --location REGION to make it."
    [ "$only_show" = false ] ||
      fail "The resource group $group does not exist, and --what-if makes nothing." "Make it: az group create --name $group --location $location"
    say "Making the resource group $group in $location …"
    az group create --name "$group" --location "$location" --output none ||
      fail "The resource group could not be made." "Ask for the role Contributor on the subscription, or for an empty group."
  fi
  # A template registers what its own resources need. A closed network is also delegated to this one.
  if grep -Eq '^[[:space:]]*param[[:space:]]+closedNetwork[[:space:]]*=[[:space:]]*true' "$parameters"; then
    az provider register --namespace Microsoft.App --wait --output none ||
      fail "The resource provider Microsoft.App could not be registered." "Ask an owner of the subscription: az provider register --namespace Microsoft.App"
  fi
}

# The parameter files read it: who deploys may write API keys into the vault.
name_key_writer() {
  if [ -z "${KEY_WRITER_OBJECT_ID+set}" ]; then
    KEY_WRITER_OBJECT_ID=$(az ad signed-in-user show --query id --output tsv 2>/dev/null) || {
      KEY_WRITER_OBJECT_ID=''
      say "Signed in as no person: nobody is given the right to write API keys (set KEY_WRITER_OBJECT_ID to name one)."
    }
  fi
  export KEY_WRITER_OBJECT_ID
}

deploy_resources() {
  say "What would change:"
  az deployment group what-if --resource-group "$group" --name "$deployment" --parameters "$parameters" >&2 ||
    fail "The templates were refused." "Read the message above; --help names the rights that are needed."
  [ "$only_show" = false ] || exit 0
  if [ "$ask" = true ]; then
    [ -t 0 ] || fail "There is no terminal to ask at." "Give --yes where this is run by a pipeline."
    read -r -p "Deploy this? [y/N] " answer
    case $answer in
      y | Y | yes) ;;
      *) fail "Nothing was deployed." "Run this again and answer y." ;;
    esac
  fi
  say "Deploying the resources (some minutes) …"
  az deployment group create --resource-group "$group" --name "$deployment" --parameters "$parameters" --output none ||
    fail "The deployment failed." "Read the message above and run this again: what is there is kept. A vault of that name that was deleted and is still kept needs \"param recoverVault = true\" for one deployment."
}

output() {
  local value
  value=$(az deployment group show --resource-group "$group" --name "$deployment" \
    --query "properties.outputs.$1.value" --output tsv) && [ -n "$value" ] ||
    fail "The deployment tells no $1." "Run this without --publish-only, to deploy the resources."
  printf '%s\n' "$value"
}

publish_app() {
  local try
  if [ -z "$package" ]; then
    built=$(mktemp -d)
    trap 'rm -rf "$built"' EXIT
    package=$("$infra/package.sh" --out "$built/app.zip") || exit 1
    version=$(sed -n 's/^ *"version": "\(.*\)",$/\1/p' "$root/package.json" | head -n 1)
  fi
  [ -f "$package" ] || fail "There is no file $package." "Leave --package out to build one."
  say "Publishing $package to $app …"
  for ((try = 1; ; try += 1)); do
    if az functionapp deployment source config-zip --resource-group "$group" --name "$app" --src "$package" --output none; then
      return
    fi
    [ "$try" -lt "$publish_tries" ] ||
      fail "The app could not be published." "Read the message above, then run this with --publish-only. In a closed network, do so from a machine within it."
    say "Not yet (rights that were just given need some minutes); trying again …"
    sleep "$pause_seconds"
  done
}

smoke_test() {
  local try answer
  say "Asking https://$host/api/health …"
  for ((try = 1; try <= health_tries; try += 1)); do
    # Without a token: the app has no business with that of the person who deploys.
    if answer=$(az rest --method get --skip-authorization-header --url "https://$host/api/health" --query "[status, version]" --output tsv 2>/dev/null); then
      answer=$(printf '%s' "$answer" | tr '\n\t' '  ')
      case $answer in
        # Right after an upgrade the old version may still answer.
        "up $version"*) say "The app is up, version ${answer#up }."; return ;;
      esac
    fi
    sleep "$pause_seconds"
  done
  fail "The app does not answer." "Open the app in the portal, Log stream: a wrong setting is named there with its remedy."
}

print_next_steps() {
  cat <<TEXT

Done. What is left to do by hand, once per environment:

1. Let the app read Customer Insights. In the Power Platform admin center: the environment > Settings > Users +
   permissions > Application users > New app user, with this app, and a security role that may read the profile and
   segment tables of the whole organisation. In Customer Insights - Data, give it the role Viewer.
     application (client) id: $client_id   ($identity)

2. Put Omnisend's API key into the vault. The key is asked for and not shown; it is no argument of any command:
     infra/set-key.sh --vault $vault --name omnisend-brand
   Run the same to rotate a key.

TEXT
  if [ -n "$auth_client_id" ]; then print_roles; else print_key; fi
  cat <<TEXT

   API:   https://$host/api
TEXT
}

print_key() {
  cat <<TEXT
3. Get a function key for your calls (all but health and openapi.json need one, as the header x-functions-key):
     az functionapp keys list --resource-group $group --name $app --query functionKeys.default --output tsv
TEXT
}

check_arguments
need_azure
if [ "$resources" = true ]; then
  ensure_group
  name_key_writer
  name_registration
  deploy_resources
fi
app=$(output functionAppName)
host=$(output hostName)
vault=$(output vaultName)
identity=$(output identityName)
client_id=$(output identityClientId)
auth_client_id=$(deployed_registration)
auth_client_id=${auth_client_id#=}
if [ "$publish" = true ]; then
  publish_app
  smoke_test
fi
print_next_steps
