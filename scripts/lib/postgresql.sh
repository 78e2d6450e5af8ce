# shellcheck shell=bash disable=SC2034,SC2154
# Functions of the scripts that run the services on PostgreSQL: a private server in data/postgres, or one of yours. A script
# sources this file after scripts/lib.sh.
#
# `data/postgres/server` is the folder of the server, and its socket is in it. `data/postgres/passwords` has the passwords of
# the services, one role for each, in the format of libpq's `passfile`. `data/engine` has the option of `scripts/up` with
# which the services last ran on PostgreSQL; without that file they use SQLite.

readonly server=data/postgres/server passwords=data/postgres/passwords engine_file=data/engine
# The path of a socket has at most 107 bytes (unix(7)); PostgreSQL adds `/.s.PGSQL.5432`.
readonly longest_server_path=90

# set_database OPTION: sets `database` from --postgres, --postgres=variables or --postgres=URL.
set_database() {
  case $1 in
    --postgres) database=private ;;
    --postgres=variables) database=variables ;;
    --postgres=postgres://* | --postgres=postgresql://*) database=${1#*=} ;;
    *) fail "'$1' names no database. Write --postgres, --postgres=variables, or --postgres=postgres://user@host/{service}" ;;
  esac
}

# database_option: prints the option that sets this database, without a URL, which may contain a password.
database_option() {
  case $database in
    private) echo --postgres ;;
    variables) echo --postgres=variables ;;
    *) echo --postgres=URL ;;
  esac
}

# read_database_urls SERVICE…: sets `database_urls`, the URL of each service's database. Removes the variables that held
# URLs from the environment, because a service must not see the passwords of the others. The variables of libpq, such as PGPORT
# and PGPASSWORD, are for other servers than a private one.
declare -A database_urls=()
read_database_urls() {
  local service variable
  if [ "$database" = private ]; then
    for variable in "${!PG@}"; do unset "$variable"; done
  fi
  for service; do
    variable=${service^^}_DATABASE_URL
    case $database in
      private) database_urls[$service]=$(private_url "$service") ;;
      variables)
        [[ ${!variable:-} =~ ^postgres(ql)?:// ]] ||
          fail "Set $variable to the URL of the database of $service: postgres://user@host/$service"
        database_urls[$service]=${!variable}
        ;;
      *)
        [[ $database = *'{service}'* ]] ||
          fail "Each service needs its own database. Write {service} in the URL, where the name of the service belongs."
        database_urls[$service]=${database//'{service}'/"$service"}
        ;;
    esac
  done
  for service in "${services[@]}" "${optional_services[@]}"; do unset "${service^^}_DATABASE_URL"; done
}

private_url() {
  local folder=${PWD// /%20}
  echo "postgres://$1@/$1?host=$folder/$server&passfile=$folder/$passwords"
}

# check_engine: fails if the services last ran on another database than `database`, which is empty for SQLite.
check_engine() {
  local service before=
  [ ! -e "$engine_file" ] || before=$(cat "$engine_file")
  if [ -z "$database" ]; then
    [ -z "$before" ] || fail "The services last ran on PostgreSQL, and their data is there. Run: scripts/up $before
To use the SQLite files in data/ instead, first remove the file $engine_file."
    return
  fi
  [ "$before" != "$(database_option)" ] || return 0
  for service in "${services[@]}" "${optional_services[@]}"; do
    process_of "$service" >/dev/null && fail "$service is running on another database. First run: scripts/down"
  done
  return 0
}

# as_postgres COMMAND…: runs a command as the user of the private server. The server refuses to run as root.
as_postgres() {
  if [ "$(id -u)" -eq 0 ]; then set -- setpriv --reuid postgres --regid postgres --init-groups "$@"; fi
  "$@"
}

# postgres_programs: prints the folder with the programs of the version that made the private server; for a new server those
# of the latest version.
postgres_programs() {
  local version='[0-9]*' folder
  if [ -e "$server/PG_VERSION" ]; then
    version=$(head -c 8 "$server/PG_VERSION")
    [[ $version =~ ^[0-9]+$ ]] || fail "The file $server/PG_VERSION has no version of PostgreSQL."
  fi
  # shellcheck disable=SC2086 # the version is a pattern
  folder=$(printf '%s\n' /usr/lib/postgresql/$version/bin | sort -V | tail -n 1)
  [ -x "$folder/postgres" ] || folder=$(dirname "$(command -v postgres || echo none/postgres)")
  [ -x "$folder/postgres" ] || fail "There is no PostgreSQL ${version/'[0-9]*'/15 or later} here. Install it, or name a server: scripts/up --postgres=URL"
  echo "$folder"
}

postgres_is_running() {
  [ -e "$server/PG_VERSION" ] || return
  # Another user could have put links into them.
  check_owner data
  check_owner data/postgres
  as_postgres "$(postgres_programs)/pg_ctl" status --pgdata="$PWD/$server" >/dev/null 2>&1
}

# start_postgres: starts the private server; makes it, its roles and its databases if they are missing.
start_postgres() {
  local programs
  if [[ ! $PWD =~ ^[A-Za-z0-9/._\ @~-]+$ || $((${#PWD} + ${#server})) -ge $longest_server_path ]]; then
    fail "The path $PWD/$server is too long for a socket or has unusual characters.
Move this folder, or name a server: scripts/up --postgres=URL"
  fi
  if postgres_is_running; then return; fi
  scripts/setup postgresql
  programs=$(postgres_programs)
  echo "Starting PostgreSQL …"
  make_server "$programs"
  add_databases "$programs"
  as_postgres "$programs/pg_ctl" start --pgdata="$PWD/$server" --log="$PWD/$server/log" --wait --silent \
    --options="-c listen_addresses='' -k '$PWD/$server'" </dev/null >/dev/null ||
    fail "$(as_postgres tail -n 15 "$server/log")
PostgreSQL does not start. The lines above, from $server/log, say why."
}

# make_server PROGRAMS
make_server() (
  [ ! -e "$server/PG_VERSION" ] || return 0
  umask 077
  mkdir -p "$server"
  if [ "$(id -u)" -eq 0 ]; then
    chown postgres:postgres "$server"
    # The user postgres must reach its folder. The files in data/ stay readable to their owner only.
    chmod go+x data data/postgres
  fi
  as_postgres test -w "$PWD/$server" ||
    fail "The user postgres cannot reach $PWD/$server, because a folder above it is closed.
Run scripts/up as another user than root, move this folder, or name a server: scripts/up --postgres=URL"
  as_postgres "$1/initdb" --pgdata="$PWD/$server" --username=postgres --auth=reject --encoding=UTF8 --locale=C >/dev/null ||
    fail "Cannot make $server; the lines above say why."
  # The services have passwords. The superuser has none, so nobody can connect as superuser.
  echo 'local all all scram-sha-256' | as_postgres tee "$PWD/$server/pg_hba.conf" >/dev/null
)

# add_databases PROGRAMS: adds a role with a password and a database for each service that has none. The server does not run.
add_databases() (
  umask 077
  touch "$passwords"
  for service in "${services[@]}" "${optional_services[@]}"; do
    ! grep -q "^\*:\*:\*:$service:" "$passwords" || continue
    password=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')
    # The server reads one statement from each line, and continues after an error. A statement of an earlier, interrupted run
    # fails and does no harm.
    output=$(as_postgres "$1/postgres" --single -D "$PWD/$server" postgres 2>&1 <<SQL
CREATE ROLE "$service" LOGIN
ALTER ROLE "$service" PASSWORD '$password'
CREATE DATABASE "$service" OWNER "$service"
REVOKE CONNECT ON DATABASE "$service" FROM PUBLIC
SELECT 'has ' || datname AS result FROM pg_database WHERE datname = '$service'
SQL
    ) || true
    [[ $output = *"\"has $service\""* ]] || fail "$(grep -oE '(ERROR|FATAL|PANIC):.*' <<<"$output" | grep -v 'already exists')
Cannot make the database of $service; the first of the lines above says why. Fix the cause, then run: scripts/up --postgres"
    echo "*:*:*:$service:$password" >>"$passwords"
  done
)

# stop_postgres: stops the private server if it runs. Its data stays.
stop_postgres() {
  if ! postgres_is_running; then return; fi
  as_postgres "$(postgres_programs)/pg_ctl" stop --pgdata="$PWD/$server" --mode=fast --wait --silent >/dev/null ||
    fail "PostgreSQL does not stop. See: $server/log"
  echo "PostgreSQL has stopped."
}
