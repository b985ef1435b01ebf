#!/bin/sh
# One database and one role per service, and one for Keycloak; each role may enter its own database
# alone. Runs once, when the cluster is new (docker-entrypoint-initdb.d). Passwords come from files.
set -eu
: "${SECRETS:=/run/secrets}"

for name in referral caseload consent analytics keycloak; do
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set name="$name" \
        --set password="$(cat "$SECRETS/postgres_$name")" --username postgres --dbname postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
    --command 'REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC'
