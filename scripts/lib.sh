# shellcheck shell=bash
# What the scripts beside this file share; each of them reads it first and then stands in the project's folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly services=(login catalog orders inbox)

# Ends the script with a sentence that says what to do.
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

port_of() {
  case $1 in
    login) echo 8080 ;;
    catalog) echo 8081 ;;
    orders) echo 8082 ;;
    inbox) echo 8083 ;;
    *) fail "There is no service '$1': ${services[*]}." ;;
  esac
}

# Prints when a process began, in ticks since the system did; nothing when there is no such process.
began() {
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# Prints the process of a service, or fails when it does not run. `run/<service>.pid` holds the process id and when
# that process began, because the id alone may have passed on to a stranger.
process_of() {
  local id since
  [ -r "run/$1.pid" ] && read -r id since <"run/$1.pid" && [ "$(began "$id")" = "$since" ] && echo "$id"
}

is_ready() {
  curl --silent --fail --max-time 2 --output /dev/null "http://localhost:$(port_of "$1")/readyz"
}
