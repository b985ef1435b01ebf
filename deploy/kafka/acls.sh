#!/bin/sh
# Who may do what with the topics of the two records, as acls.csv says: only the consent service
# writes them, and each record system reads its own, as its own consumer group, and nothing else.
#
#   KAFKA_ACLS="kafka-acls.sh --bootstrap-server HOST:PORT --command-config admin.properties" \
#       sh deploy/kafka/acls.sh
#
# The broker needs an authorizer that refuses what no list allows:
#   authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
#   allow.everyone.if.no.acl.found=false
# It may be run again; what is there stays. tests/e2e/test_record_acls.py holds the list to what it
# promises, on a broker with that authorizer.
set -eu
: "${KAFKA_ACLS:=kafka-acls.sh --bootstrap-server localhost:9092}"

tail -n +2 "$(dirname "$0")/acls.csv" | while IFS=, read -r principal resource name operation; do
    # KAFKA_ACLS is a command with its options. It must not read the list from our input.
    # shellcheck disable=SC2086
    $KAFKA_ACLS --add --allow-principal "User:$principal" --operation "$operation" \
        "--$resource" "$name" --resource-pattern-type literal </dev/null
done
