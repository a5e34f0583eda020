#!/bin/sh
# Makes the database and its two roles, once, when the image of PostgreSQL begins with an empty folder: tyler_owner owns
# the tables and is used for migrations only; tyler owns nothing and gets from each migration what it needs.
set -eu
: "${TYLER_OWNER_PASSWORD:?}" "${TYLER_DATABASE_PASSWORD:?}"

# By \getenv (psql 14.4) and :'name', so that no password stands in an argument or needs quoting. Not logged.
psql --set=ON_ERROR_STOP=1 --no-psqlrc --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
\getenv owner_password TYLER_OWNER_PASSWORD
\getenv tyler_password TYLER_DATABASE_PASSWORD
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_duration = off;
SET log_min_error_statement = 'panic';
CREATE ROLE tyler_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE tyler LOGIN PASSWORD :'tyler_password';
CREATE DATABASE tyler OWNER tyler_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE tyler FROM PUBLIC;
GRANT CONNECT ON DATABASE tyler TO tyler;
SQL
