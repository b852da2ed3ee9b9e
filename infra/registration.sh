# The app registration in Entra whose tokens the API takes; read by deploy.sh, not run.

graph=https://graph.microsoft.com/v1.0
without_it="Ask a person who may make app registrations in Entra (role Application Developer) to run this once, or give the client id of one as AUTH_CLIENT_ID. With AUTH_CLIENT_ID='' none is needed: whoever has a function key may do everything then."

# Sets AUTH_CLIENT_ID, which the parameter files read, unless it is set already: even to nothing, for function keys.
name_registration() {
  if [ -z "${AUTH_CLIENT_ID+set}" ]; then
    if grep -q AUTH_CLIENT_ID "$parameters"; then
      AUTH_CLIENT_ID=$(deployed_registration)
      case $AUTH_CLIENT_ID in
        =*) AUTH_CLIENT_ID=${AUTH_CLIENT_ID#=} ;;
        *) find_registration ;;
      esac
    else
      AUTH_CLIENT_ID=''
      say "$parameters does not read AUTH_CLIENT_ID: no app registration is made."
    fi
  fi
  export AUTH_CLIENT_ID
}

# "=" and that of the last deployment: "=" alone where that has function keys, nothing where there was none.
deployed_registration() {
  az deployment group list --resource-group "$group" \
    --query "[?name=='$deployment' && properties.outputs.authClientId].join('', ['=', properties.outputs.authClientId.value])" --output tsv ||
    fail "The last deployment cannot be looked up." "Ask for the role Reader on the group, then run this again."
}

# One of one's own from a run that was cut off, else a new one. Not one of that name that somebody else made: its owner
# would decide who may call the API.
find_registration() {
  local name found
  name=$(registration_name) || exit 1
  found=$(az ad app list --show-mine --query "[?displayName=='$name'].appId" --output tsv) ||
    fail "Your app registrations cannot be listed." "$without_it"
  case $found in
    *$'\n'*) fail "You own several app registrations with the name $name." "Delete all but one, or give the client id of one as AUTH_CLIENT_ID." ;;
    '')
      if [ "$only_show" = true ]; then
        say "The app registration $name would be made."
        return
      fi
      say "Making the app registration $name …"
      found=$(az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg --query appId --output tsv) && [ -n "$found" ] ||
        fail "The app registration could not be made." "$without_it"
      ;;
  esac
  AUTH_CLIENT_ID=$found
  [ "$only_show" = true ] || set_up_registration
}

registration_name() {
  local id
  id=$(az account show --query id --output tsv) ||
    fail "The subscription cannot be looked up." "Run: az account show."
  printf 'omnisend-export-%s-%s\n' "$group" "${id%%-*}"
}

# Roles, a scope, and the Azure CLI as a client that needs no consent. No secret: the app checks tokens, and asks for none.
set_up_registration() {
  local object body
  az ad app update --id "$AUTH_CLIENT_ID" --identifier-uris "api://$AUTH_CLIENT_ID" --app-roles "@$infra/registration/app-roles.json" ||
    fail "The app roles could not be set." "Read the message above, then run this again."
  object=$(az ad app show --id "$AUTH_CLIENT_ID" --query id --output tsv) && [ -n "$object" ] ||
    fail "The app registration cannot be read." "Run this again: a new one may need a minute until it is found."
  # The second names the scope that the first one makes.
  for body in scope azure-cli; do
    az rest --method patch --url "$graph/applications/$object" --headers Content-Type=application/json --body "@$infra/registration/$body.json" --output none ||
      fail "The app registration could not be set up." "Read the message above, then run this again."
  done
  # In this tenant, so that roles can be given.
  az ad sp show --id "$AUTH_CLIENT_ID" --output none 2>/dev/null || az ad sp create --id "$AUTH_CLIENT_ID" --output none ||
    fail "The enterprise application could not be made." "$without_it"
}

print_roles() {
  cat <<TEXT
3. Say who may call the API. In Entra: Enterprise applications > the one with the application id below > Users and groups,
   with a role: Viewer, Contributor or Administrator. To an application, or without the portal:
     az rest --method post --url "$graph/servicePrincipals(appId='$auth_client_id')/appRoleAssignedTo" --body '{
       "principalId": "OBJECT ID OF THE PERSON, GROUP OR ENTERPRISE APPLICATION",
       "resourceId": "'\$(az ad sp show --id $auth_client_id --query id --output tsv)'", "appRoleId": "ROLE ID"}'
$(role_ids)
   Then call it with a token (all but health and openapi.json need one, as the header authorization: Bearer TOKEN):
     az account get-access-token --resource api://$auth_client_id --query accessToken --output tsv

   application id: $auth_client_id
TEXT
}

role_ids() {
  sed -n -e 's/^ *"id": "\(.*\)",$/\1/p' -e 's/^ *"value": "\(.*\)",$/\1/p' "$infra/registration/app-roles.json" |
    while read -r id && read -r role; do printf '     role id %s: %s\n' "$id" "$role"; done
}
