#!/usr/bin/env bash
# Backup of an installation on PostgreSQL: the database and the folder of the setting `var` (signing keys).
#
#   backup.sh FOLDER        with EOSCPERF_SQLALCHEMY_URL and EOSCPERF_VAR in the environment
#
# Writes FOLDER/<UTC time>/ with database.dump and var.tar.gz, and removes those older than KEEP_DAYS (30).
# Needs pg_dump of the server's version or newer. Installed as /opt/eoscperf/libexec/backup.sh.
#
# Restore, with the service stopped:
#   createdb --owner=eoscperf eoscperf
#   pg_restore --no-owner --dbname="$EOSCPERF_SQLALCHEMY_URL" FOLDER/<time>/database.dump
#   tar -xzf FOLDER/<time>/var.tar.gz -C "$EOSCPERF_VAR"
#   eoscperf-admin -c /etc/eoscperf/production.ini db check
set -euo pipefail
umask 077

folder=${1:?usage: backup.sh FOLDER}
: "${EOSCPERF_SQLALCHEMY_URL:?is not set}" "${EOSCPERF_VAR:?is not set}"
keep_days=${KEEP_DAYS:-30}

# pg_dump knows addresses that begin with postgresql://, not SQLAlchemy's with a driver in them.
address=${EOSCPERF_SQLALCHEMY_URL/#postgresql+psycopg:/postgresql:}
now=$(date -u +%Y-%m-%dT%H%M%SZ)
draft="$folder/.$now"
mkdir -p "$draft"
trap 'rm -rf "$draft"' EXIT

pg_dump --format=custom --file="$draft/database.dump" "$address"
# What cannot be listed cannot be restored either.
pg_restore --list "$draft/database.dump" >/dev/null
tar -czf "$draft/var.tar.gz" -C "$EOSCPERF_VAR" .

# Complete or not there at all.
mv "$draft" "$folder/$now"
find "$folder" -mindepth 1 -maxdepth 1 -type d -mtime "+$keep_days" -exec rm -rf {} +
echo "Backup: $folder/$now"
