#!/bin/sh
# Makes the certificates and secrets that docker-compose.yml reads, each in a file of its own in
# deploy/compose/secrets (or the folder named). Run it once before the first start; what is there
# stays, so a file that is taken away is made anew. Needs openssl.
#
# The authority made here is for this installation alone. Its key is needed only to sign again
# (before the certificates end, in 825 days): keep ca.key elsewhere, e.g. offline.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/secrets}
: "${NOPSA_DOMAIN:=nopsa.localhost}"
days=825

# The containers run as users of their own and must read single files; this machine's other users
# are kept out by the folder.
umask 077
mkdir -p "$folder"
cd "$folder"

make() { # file, command ...: runs the command into the file unless it is there
    file=$1 && shift
    [ -s "$file" ] || { "$@" >"$file.new" && chmod 0444 "$file.new" && mv "$file.new" "$file"; }
}
random() { openssl rand -hex 24; }
key_ring() { printf 'k1:%s\n' "$(openssl rand -base64 32 | tr '+/' '-_')"; }
private_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>/dev/null; }
address() { printf 'postgresql+asyncpg://%s:%s@postgres:5432/%s\n' "$1" "$(cat "postgres_$1")" "$1"; }

authority() {
    openssl req -x509 -new -key ca.key -days 3650 -subj "/CN=nopsa installation" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign"
}
signed() { # common name, subject alternative names, usage
    openssl req -new -key "$1.key" -subj "/CN=$1" |
        { printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "$2" "$3" >"$1.ext"
          openssl x509 -req -CA ca.pem -CAkey ca.key -days "$days" -extfile "$1.ext" 2>/dev/null; }
    rm -f "$1.ext"
}

make ca.key private_key
make ca.pem authority
for name in postgres kafka; do
    make "$name.key" private_key
    make "$name.crt" signed "$name" "DNS:$name,DNS:localhost" serverAuth,clientAuth
done
make kafka.pem cat kafka.key kafka.crt ca.pem
make gateway.key private_key
make gateway.crt signed gateway "DNS:$NOPSA_DOMAIN,DNS:*.$NOPSA_DOMAIN" serverAuth

for service in referral caseload consent analytics; do
    make "postgres_$service" random
    make "database_url_$service" address "$service"
    make "encryption_keys_$service" key_ring
    make "index_keys_$service" key_ring
    # The role's certificate: PostgreSQL takes the password only beside it.
    make "$service.key" private_key
    make "$service.crt" signed "$service" "DNS:$service" clientAuth
done
for name in postgres_admin postgres_keycloak keycloak_admin grafana_admin; do
    make "$name" random
done
for principal in admin $(tail -n +2 "$here/../kafka/acls.csv" | cut -d, -f1 | sort -u); do
    make "kafka_$principal" random
done
for client in $(grep -o '\${CLIENT_SECRET_[A-Z_]*}' "$here/../keycloak/realm.json" |
    sed 's/.*SECRET_//; s/}//' | tr 'A-Z_' 'a-z-'); do
    make "client_$client" random
done
