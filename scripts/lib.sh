# shellcheck shell=bash
# Functions of all scripts in this folder. Each script sources this file first; it changes to the project's folder.
#
# With --help or -h as the first argument, it prints the comment at the head of the script and ends it. A script whose help
# has variables has no such comment: it defines `usage`, and calls it itself.

# With -p, bash imports no functions and ignores BASH_ENV, CDPATH and SHELLOPTS (bash(1), PRIVILEGED MODE).
[[ $- == *p* ]] || exec bash -p "$0" "$@"
set -euo pipefail
# Other variables of the caller that would change what a script reads, runs or prints.
unset BASH_ENV CDPATH ENV EXECIGNORE GLOBIGNORE POSIXLY_CORRECT GREP_OPTIONS GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE \
  COMPOSE_FILE SWIFTPM_BUILD_DIR "${!PYTHON@}"
export LC_ALL=C
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The path of the running script, for its messages.
readonly script=scripts/${0##*/}

case ${1:-} in -h | --help)
  head_comment=$(sed -n -e 1d -e '/^#/!q' -e 's/^# \{0,1\}//p' "$script")
  [ -z "$head_comment" ] || { printf '%s\n' "$head_comment" && exit; }
  unset head_comment ;;
esac

# The services of Services/services.txt. scripts/up starts the optional ones only with an option. The scripts that need no
# service work without the list.
services=() optional_services=()
declare -A ports=()
[ ! -r Services/services.txt ] || while read -r service port kind; do
  [[ $service =~ ^[a-z][a-z0-9]*$ && $port =~ ^[0-9]+$ ]] || continue
  ports[$service]=$port
  if [ "$kind" = optional ]; then optional_services+=("$service"); else services+=("$service"); fi
done <Services/services.txt
unset service port kind
readonly services optional_services ports

# The port on which scripts/traces receives spans: that of OTLP over HTTP.
# shellcheck disable=SC2034 # scripts/traces reads it
readonly traces_port=4318

# started_services: prints the standard services, and the optional ones that scripts/up has started.
started_services() {
  local service
  printf '%s\n' "${services[@]}"
  for service in "${optional_services[@]}"; do
    if [ -e "run/$service.pid" ]; then echo "$service"; fi
  done
}

# fail SENTENCE: ends the script with a sentence that says what to do.
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# fail_usage SENTENCE: ends the script with status 2, for a mistake in its arguments.
fail_usage() {
  printf '%s\n' "$*" >&2
  exit 2
}

# reject ARGUMENT: ends the script with status 2 because it does not take the argument.
reject() {
  fail_usage "There is no argument '$1'. See: $script --help"
}

# reject_options ARGUMENT…: ends the script with status 2 if an argument begins with a hyphen.
reject_options() {
  local argument
  for argument in "$@"; do
    case $argument in -*) reject "$argument" ;; esac
  done
}

# reject_from NUMBER ARGUMENT…: ends the script with status 2 if it has got an argument with this number or a higher one.
reject_from() {
  [ "$#" -le "$1" ] || reject "${@:$1+1:1}"
}

# port_of SERVICE: prints the port of a service. Ends the script with status 2 if there is no such service.
port_of() {
  [ -n "${1:+${ports[$1]:-}}" ] ||
    fail_usage "There is no service '$1'. The services are: ${services[*]} ${optional_services[*]}"
  echo "${ports[$1]}"
}

# require_shop: fails if a service of the shop was removed, which most measurements need.
require_shop() {
  local service
  for service in catalog orders inbox; do port_of "$service" >/dev/null; done
}

# request ARGUMENT…: runs curl without ~/.curlrc and without a proxy, because the services run on this machine.
request() {
  curl --disable --noproxy '*' --silent "$@"
}

# check_owner FOLDER: fails if another user owns the folder. That user could put links into it.
check_owner() {
  [ ! -e "$1" ] || [ -O "$1" ] ||
    fail "The folder $1 belongs to another user. Run this command as that user, or remove the folder."
}

# as_owner_in FOLDER COMMAND…: runs a command in a folder. Root runs it as the owner of the folder, because that user could
# have put links into it.
as_owner_in() (
  cd -- "$1"
  shift
  if [ "$(id -u)" -eq 0 ] && [ ! -O . ]; then
    set -- setpriv --reuid "$(stat --format %u .)" --regid "$(stat --format %g .)" --clear-groups "$@"
  fi
  "$@"
)

# env_file_value NAME: prints the value that .env gives a variable; nothing if it gives none. It reads .env as docker
# compose does: the last line wins, and quotes, comments and carriage returns are not part of a value.
env_file_value() {
  [ -e .env ] || return 0
  sed -E -e "/^[[:space:]]*(export[[:space:]]+)?$1[[:space:]]*=/!d" -e 's/\r$//' -e 's/^[^=]*=[[:space:]]*//' \
    -e t\ quotes -e :quotes -e 's/^"([^"]*)".*/\1/' -e t -e "s/^'([^']*)'.*/\1/" -e t \
    -e 's/[[:space:]]+#.*$//' -e 's/[[:space:]]+$//' .env | tail -n 1
}

# began PROCESS: prints the start time of a process in ticks since the boot; nothing if there is no such process, or if it has
# ended and its parent has not noticed that yet (state Z or X).
began() {
  sed -n 's/.*) \([^XZ] .*\)/\1/p' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# process_of SERVICE: prints the process id of a service, or fails if it is not running. `run/<service>.pid` holds the id
# and the start time of the process, because another program may have got the same id since.
process_of() {
  local id since
  [ -r "run/$1.pid" ] && read -r id since <"run/$1.pid" && [[ "$id $since" =~ ^[1-9][0-9]*\ [0-9]+$ ]] &&
    [ "$(began "$id")" = "$since" ] && echo "$id"
}

is_ready() {
  request --fail --max-time 2 --output /dev/null "http://localhost:$(port_of "$1")/readyz"
}
