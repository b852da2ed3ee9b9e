#!/usr/bin/env bash
# In place of the command it is linked as: notes how it was called in the file STAND_IN_CALLS, and answers from the file
# STAND_IN_TABLE. What the table does not name succeeds in silence. In bash, as it is started some hundred times.
set -euo pipefail
name=${0##*/}
words="$name $*"
field=$'\x1f' record=$'\x1e'

# Rows are call, exit code and output; those of one call are its replies in order, the last one again and again.
begins='' replies=()
while IFS=$'\t' read -r row code out; do
  [ -n "$begins" ] || [[ $words != "$row"* ]] || begins=$row
  [ -z "$begins" ] || [ "$row" != "$begins" ] || replies+=("$code $out")
done <"$STAND_IN_TABLE"

earlier=0
while IFS= read -r -d "$record" call; do
  call=${call%%"$field$field"*}
  [ -z "$begins" ] || [[ ${call//$field/ } != "$begins"* ]] || earlier=$((earlier + 1))
done <"$STAND_IN_CALLS"

file='' out=''
for ((index = 1; index < $#; index += 1)); do
  next=$((index + 1))
  case ${!index} in
    --file) file=$(cat "${!next}") ;;
    --out) out=${!next} ;;
  esac
done
{
  printf '%s' "$name"
  printf "$field%s" "$@"
  printf "$field$field%s$field$field%s$field$field%s$record" "${KEY_WRITER_OBJECT_ID-unset}" "$file" "${AUTH_CLIENT_ID-unset}"
} >>"$STAND_IN_CALLS"

# What the scripts go on with.
if [ "$name" = npm ] && [ -n "$out" ]; then
  mkdir -p "$out"
  touch "$out/main.js"
fi

[ -n "$begins" ] || exit 0
last=$((${#replies[@]} - 1))
reply=${replies[earlier < last ? earlier : last]}
code=${reply%% *}
printf '%b' "${reply#* }"
[ "$code" = 0 ] || printf 'ERROR: refused: %s\n' "${words:0:60}" >&2
exit "$code"
