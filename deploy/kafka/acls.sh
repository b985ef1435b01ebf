#!/bin/sh
# Who may do what with which topics and consumer groups, as acls.csv says: each service writes its
# own topics and reads those it has handlers for, each record system reads its own, and nobody more.
#
#   KAFKA_ACLS="kafka-acls.sh --bootstrap-server HOST:PORT --command-config admin.properties" \
#       sh deploy/kafka/acls.sh
#
# The broker needs an authorizer that refuses what no list allows (server.properties beside this):
#   authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
#   allow.everyone.if.no.acl.found=false
# It may be run again; what is there stays, also what a newer list no longer has. On Kubernetes the
# same list is in deploy/k8s/base/kafka. tests/e2e/test_broker_access.py holds the list to its
# promises, on a broker with that authorizer.
set -eu
: "${KAFKA_ACLS:=kafka-acls.sh --bootstrap-server localhost:9092}"

# Lines of one principal with the same operations are one call: each starts a Java of its own.
awk -F, 'NR > 1 {
    call = $1 "," $4 "," $5
    if (!(call in names)) order[++calls] = call
    names[call] = names[call] " --" $2 " " $3
} END { for (i = 1; i <= calls; i++) print order[i] "," names[order[i]] }' "$(dirname "$0")/acls.csv" |
    while IFS=, read -r principal pattern operations names; do
        options=
        for operation in $operations; do
            options="$options --operation $operation"
        done
        # Commands and options of several words. The tool must not read the list from our input.
        # shellcheck disable=SC2086
        $KAFKA_ACLS --add --allow-principal "User:$principal" $options $names \
            --resource-pattern-type "$pattern" </dev/null
    done
