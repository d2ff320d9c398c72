#!/usr/bin/env bash
# backup.sh FOLDER: one dump of the main database and the uploaded files, named by the time in UTC.
# Needs DATABASE_URL and MEDIA_ROOT (/etc/dastern/env). Keep a copy on another machine.
set -euo pipefail
target=${1:?name the folder}
stamp=$(date -u +%Y%m%dT%H%M%SZ)
umask 077
mkdir -p "$target"
pg_dump --format=custom --file="$target/dastern-$stamp.dump.part" "$DATABASE_URL"
mv "$target/dastern-$stamp.dump.part" "$target/dastern-$stamp.dump"
tar -C "$MEDIA_ROOT" -czf "$target/media-$stamp.tar.gz" .
echo "$target/dastern-$stamp.dump"
