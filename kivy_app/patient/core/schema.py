"""The store's schema, as migrations: entry n brings ``PRAGMA user_version`` from n to n + 1. Never edit a
released one.

No foreign keys between objects: pages of a pull may bring a dose before its prescription (simple-android ADR
003).
"""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE meta (
        owner TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
        PRIMARY KEY (owner, key)
    ) WITHOUT ROWID;

    -- Everything pulled, whatever this version knows of it. "base" is the server's word; "local" is what the
    -- person sees while acts of theirs are unsent, NULL otherwise. "at" and "status" are copies for the
    -- indexes below.
    CREATE TABLE object (
        owner TEXT NOT NULL, resource TEXT NOT NULL, id TEXT NOT NULL, patient_id TEXT,
        revision INTEGER NOT NULL DEFAULT 0, generation INTEGER NOT NULL DEFAULT 0,
        base BLOB, local BLOB, at TEXT, status TEXT,
        PRIMARY KEY (owner, resource, id)
    ) WITHOUT ROWID;
    CREATE INDEX object_time ON object (owner, resource, at);
    CREATE INDEX object_patient ON object (owner, patient_id);

    -- What the person did. Rows leave "waiting" only when an answer names their local_id.
    CREATE TABLE outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        owner TEXT NOT NULL, local_id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL, patient_id TEXT NOT NULL, resource TEXT NOT NULL, object_id TEXT,
        at TEXT NOT NULL, recorded_at TEXT NOT NULL, corrected_at TEXT NOT NULL,
        data BLOB NOT NULL, trail BLOB,
        state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'rejected', 'discarded')),
        outcome TEXT, code TEXT, tries INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX outbox_waiting ON outbox (owner, seq) WHERE state = 'waiting';
    CREATE INDEX outbox_object ON outbox (owner, object_id, seq);

    CREATE TABLE reminder_log (
        local_id TEXT PRIMARY KEY, owner TEXT NOT NULL, slot TEXT NOT NULL, dose_ids TEXT NOT NULL,
        planned_for TEXT NOT NULL, fired_at TEXT, answered_at TEXT, answer TEXT, exact INTEGER NOT NULL
        DEFAULT 0, UNIQUE (owner, slot)
    ) WITHOUT ROWID;
    """,
)
