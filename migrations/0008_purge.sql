-- Single checks are not kept for ever. Those of a monitor that began before `until` are gone;
-- `state` is its judge after the last of them. What they settled stays in the ledger, marked:
-- whoever judges a past again begins there.
CREATE TABLE baseline (
    monitor INTEGER PRIMARY KEY REFERENCES monitor (key),
    until INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;

ALTER TABLE ledger ADD COLUMN fixed INTEGER NOT NULL DEFAULT 0;

-- What remains of a day of such checks: digests of its hours, packed. Days are those of
-- `check_day`.
CREATE TABLE digest_day (
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    day INTEGER NOT NULL,
    packed BLOB NOT NULL,
    PRIMARY KEY (monitor, day)
) STRICT;
