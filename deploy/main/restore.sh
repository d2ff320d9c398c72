#!/usr/bin/env bash
# restore.sh DUMP [MEDIA_ARCHIVE]: put a backup back. Stop web, stream, worker and beat first.
# Phones may hold changes newer than the backup: the feeds' generation rises, so that every phone keeps its queue,
# sends it again and pulls everything anew instead of trusting a cursor from the future.
set -euo pipefail
dump=${1:?name the dump}
pg_restore --clean --if-exists --no-owner --exit-on-error --single-transaction --dbname="$DATABASE_URL" "$dump"
psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -c 'UPDATE sync_feed SET generation = generation + 1'
if [ $# -gt 1 ]; then
    mkdir -p "$MEDIA_ROOT"
    tar -C "$MEDIA_ROOT" -xzf "$2"
fi
echo "Restored. Next: manage.py audit_verify, then start the services."
