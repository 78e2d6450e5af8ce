#!/bin/bash
# Makes a role and a database for each service, when PostgreSQL starts for the first time.
set -euo pipefail

for service in login catalog orders inbox; do
  # The file has the format of libpq's `passfile`, and its password has no colon.
  password=$(cut -d : -f 5 "/run/passwords/$service")
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<SQL
CREATE ROLE "$service" LOGIN PASSWORD '$password';
CREATE DATABASE "$service" OWNER "$service";
REVOKE CONNECT ON DATABASE "$service" FROM PUBLIC;
SQL
done
