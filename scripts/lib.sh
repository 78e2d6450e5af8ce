# shellcheck shell=bash
# Functions of all scripts in this folder. Each script sources this file first; it changes to the project's folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly services=(login catalog orders inbox)

# fail SENTENCE: ends the script with a sentence that says what to do.
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
    *) fail "There is no service '$1'. The services are: ${services[*]}" ;;
  esac
}

# began PROCESS: prints the start time of a process in ticks since the boot; nothing if there is no such process.
began() {
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# process_of SERVICE: prints the process id of a service, or fails if it is not running. `run/<service>.pid` holds the id
# and the start time of the process, because another program may have got the same id since.
process_of() {
  local id since
  [ -r "run/$1.pid" ] && read -r id since <"run/$1.pid" && [ "$(began "$id")" = "$since" ] && echo "$id"
}

is_ready() {
  curl --silent --fail --max-time 2 --output /dev/null "http://localhost:$(port_of "$1")/readyz"
}
