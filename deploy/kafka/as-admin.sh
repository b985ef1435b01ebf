#!/bin/sh
# One of Kafka's own commands against the broker of docker-compose.yml, as admin:
#   sh as-admin.sh kafka-acls.sh --list
set -eu
: "${KAFKA_HOME:=/opt/kafka}" "${SECRETS:=/run/secrets}" "${BOOTSTRAP:=kafka:9092}"
config=${CONFIG:-/tmp/admin.properties}
command=$1 && shift
umask 077
cat >"$config" <<EOF
security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="$(cat "$SECRETS/kafka_admin")";
ssl.truststore.type=PEM
ssl.truststore.location=$SECRETS/ca.pem
EOF
exec "$KAFKA_HOME/bin/$command" --bootstrap-server "$BOOTSTRAP" --command-config "$config" "$@"
