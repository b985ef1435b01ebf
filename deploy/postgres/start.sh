#!/bin/sh
# Starts PostgreSQL of docker-compose.yml: its key must be its own and nobody else's to read.
set -eu
install -o postgres -g postgres -m 0600 /run/secrets/postgres.key /run/postgresql/server.key
exec docker-entrypoint.sh postgres -c config_file=/etc/nopsa/postgresql.conf
