#!/bin/sh
# Makes what the containers are given, in ./secrets, and adds the passwords to ./.env. What is there already is kept.
# Needs openssl; run as root, for each file belongs to the user of its container alone.
set -eu
umask 077
cd "$(dirname "$0")"
[ "$(id -u)" = 0 ] || { echo "secrets.sh: run it as root: the files get other owners" >&2; exit 1; }
[ -f .env ] || { echo "secrets.sh: make .env first: cp env.example .env" >&2; exit 1; }
host=$(sed -n 's/^TYLER_HOST=//p' .env)
[ -n "$host" ] || { echo "secrets.sh: .env has no TYLER_HOST" >&2; exit 1; }
mkdir -p secrets/tls
chmod 711 secrets
chmod 755 secrets/tls

TYLER=65532 POSTGRES=999 REDIS=999 HAPROXY=99

password() { openssl rand -hex 24; }

# Letters and digits: they stand in URLs.
for name in TYLER_DATABASE_PASSWORD TYLER_OWNER_PASSWORD TYLER_REDIS_PASSWORD; do
  grep -q "^$name=." .env || echo "$name=$(password)" >> .env
done
chmod 600 .env

[ -f secrets/postgres ] || password > secrets/postgres
chown $POSTGRES secrets/postgres

# 32 random bytes that open everything. Put a copy where this machine is not: docs/operate.md, "Escrow of the root key".
[ -f secrets/root.key ] || openssl rand 32 > secrets/root.key
chmod 400 secrets/root.key
chown $TYLER secrets/root.key

# An authority of this folder's own, for the way between containers. Its key is not kept, so it signs nothing else.
if [ ! -f secrets/ca.pem ]; then
  new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
  openssl req -x509 $new -keyout secrets/ca.key -out secrets/ca.pem -days 3650 -subj "/CN=tyler-compose" 2>/dev/null
  for name in postgres redis; do
    openssl req -x509 $new -keyout "secrets/$name.key" -out "secrets/$name.pem" -days 3650 -subj "/CN=$name" \
      -addext "subjectAltName=DNS:$name" -addext "basicConstraints=critical,CA:FALSE" -CA secrets/ca.pem -CAkey secrets/ca.key 2>/dev/null
  done
  rm secrets/ca.key
fi
chmod 644 secrets/ca.pem secrets/postgres.pem secrets/redis.pem
chown $POSTGRES secrets/postgres.key
chown $REDIS secrets/redis.key

redis=$(sed -n 's/^TYLER_REDIS_PASSWORD=//p' .env)
cat > secrets/redis.conf <<CONF
port 0
tls-port 6379
tls-cert-file /run/tls/redis.pem
tls-key-file /run/tls/redis.key
tls-ca-cert-file /run/tls/ca.pem
tls-auth-clients no
requirepass $redis
save ""
appendonly no
maxmemory 128mb
maxmemory-policy allkeys-lru
CONF
chown $REDIS secrets/redis.conf

# For trying out. People's browsers want one of a real authority: chain and key in one file.
if [ ! -f secrets/tls/site.pem ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj "/CN=$host" \
    -addext "subjectAltName=DNS:$host" -keyout secrets/site.key -out secrets/site.crt 2>/dev/null
  cat secrets/site.crt secrets/site.key > secrets/tls/site.pem
  rm secrets/site.crt secrets/site.key
fi
chown $HAPROXY secrets/tls/site.pem
echo "secrets.sh: ready; now put a copy of secrets/root.key where this machine is not"
