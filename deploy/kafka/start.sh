#!/bin/sh
# Starts the broker of docker-compose.yml. The first time it gives the log its identity and every
# principal of acls.csv (and admin) its password, from files named kafka_<principal>. To change one
# later, or add a principal: kafka-configs.sh --alter --entity-type users (deploy/README.md).
set -eu
: "${KAFKA_HOME:=/opt/kafka}" "${SECRETS:=/run/secrets}" "${DATA:=/var/lib/kafka/data}"
: "${LISTEN_HOST:=0.0.0.0}" "${ADVERTISED_HOST:=kafka}"
: "${CLIENTS_PORT:=9092}" "${CONTROLLER_PORT:=9093}" "${INTERNAL_PORT:=9094}"
here=$(dirname "$0")
properties=${PROPERTIES:-/tmp/server.properties}

sed -e "s|SECRETS|$SECRETS|;s|=DATA|=$DATA|" \
    -e "s|LISTEN_HOST|$LISTEN_HOST|;s|ADVERTISED_HOST|$ADVERTISED_HOST|" \
    -e "s|CLIENTS_PORT|$CLIENTS_PORT|g;s|CONTROLLER_PORT|$CONTROLLER_PORT|g" \
    -e "s|INTERNAL_PORT|$INTERNAL_PORT|g" "$here/server.properties" >"$properties"

if [ ! -f "$DATA/meta.properties" ]; then
    set -- "--cluster-id=$("$KAFKA_HOME/bin/kafka-storage.sh" random-uuid)" --config "$properties"
    for principal in admin $(tail -n +2 "$here/acls.csv" | cut -d, -f1 | sort -u); do
        password=$(cat "$SECRETS/kafka_$principal")
        set -- "$@" --add-scram "SCRAM-SHA-512=[name=$principal,password=$password]"
    done
    "$KAFKA_HOME/bin/kafka-storage.sh" format "$@"
fi
exec "$KAFKA_HOME/bin/kafka-server-start.sh" "$properties"
