#!/bin/bash
# Starts Keycloak of docker-compose.yml with the realm beside this: passwords and the clients' secrets
# come from files, and realm.json names them as ${CLIENT_SECRET_<NAME>}.
set -eu
: "${SECRETS:=/run/secrets}" "${KC_HOME:=/opt/keycloak}"

# The image has few programs beside bash: its own means are enough.
KC_DB_PASSWORD=$(<"$SECRETS/postgres_keycloak")
KC_BOOTSTRAP_ADMIN_PASSWORD=$(<"$SECRETS/keycloak_admin")
export KC_DB_PASSWORD KC_BOOTSTRAP_ADMIN_PASSWORD
for file in "$SECRETS"/client_*; do
    name=${file##*/client_}
    name=${name//-/_}
    export "CLIENT_SECRET_${name^^}=$(<"$file")"
done
exec "$KC_HOME/bin/kc.sh" start --import-realm "$@"
