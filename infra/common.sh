# What the scripts of this folder share; read by them, not run.

say() { printf '%s\n' "$*" >&2; }

# fail MESSAGE WHAT-TO-DO-NEXT
fail() {
  say ""
  say "Stopped: $1"
  say "  Next: $2"
  exit 1
}

need() {
  command -v "$1" >/dev/null 2>&1 || fail "The command $1 is not found." "$2"
}

need_value() {
  [ $# -ge 2 ] && [ -n "$2" ] || fail "The option $1 needs a value." "See --help."
}

need_azure() {
  need az "Install the Azure CLI: https://learn.microsoft.com/cli/azure/install-azure-cli"
  subscription=$(az account show --query name --output tsv) ||
    fail "The Azure CLI is not signed in." "Run: az login, then az account set --subscription NAME."
  say "Subscription: $subscription"
}
