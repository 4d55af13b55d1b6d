-- The first schema. Instants are milliseconds since 1970-01-01 UTC, words are those of
-- the domain, and no column has a default that a clock would give.

-- "evup": tells an everup database from any other.
PRAGMA application_id = 1702262128;

-- One row. `epoch` grows whenever the past, or what checks are judged by, was changed
-- by anything but a commit. `checkpoint`: the newest instant that judges were stored
-- for. Checks that began before `packed_until` are in packs or on their way there, and
-- are not added to `hot_check`; no check in a pack began later.
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    checkpoint INTEGER,
    packed_until INTEGER
) STRICT;
INSERT INTO meta (id, epoch) VALUES (1, 0);

CREATE TABLE monitor (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    position INTEGER NOT NULL,
    since INTEGER
) STRICT;

-- From creation to removal; the newest life of a living monitor has no end.
CREATE TABLE life (
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    began_at INTEGER NOT NULL,
    ended_at INTEGER CHECK (ended_at >= began_at),
    PRIMARY KEY (monitor, began_at)
) STRICT, WITHOUT ROWID;

-- How a monitor is judged, each version from an instant on.
CREATE TABLE parameters (
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    began_at INTEGER NOT NULL,
    interval_ms INTEGER NOT NULL,
    timeout_ms INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    retry_interval_ms INTEGER NOT NULL,
    successes INTEGER NOT NULL,
    PRIMARY KEY (monitor, began_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE pause (
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    began_at INTEGER NOT NULL,
    ended_at INTEGER CHECK (ended_at > began_at),
    PRIMARY KEY (monitor, began_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE maintenance (
    id INTEGER PRIMARY KEY,
    announced_at INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    cancelled_at INTEGER,
    message TEXT NOT NULL
) STRICT;

-- Which monitors a maintenance window is about; without rows, all.
CREATE TABLE maintenance_monitor (
    maintenance INTEGER NOT NULL REFERENCES maintenance (id),
    position INTEGER NOT NULL,
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    PRIMARY KEY (maintenance, position)
) STRICT, WITHOUT ROWID;

-- The newest checks. Keyed by time, so that a commit writes at the end of the tree and
-- touches a page or two, whatever the number of monitors.
CREATE TABLE hot_check (
    started_at INTEGER NOT NULL,
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    verdict TEXT NOT NULL,
    latency_us INTEGER,
    evidence TEXT,
    PRIMARY KEY (started_at, monitor)
) STRICT, WITHOUT ROWID;

-- All other checks: one packed blob a monitor and UTC day (days since 1970-01-01).
-- With a rowid, because blobs of some kilobytes would bloat the inner pages of a tree
-- that is keyed by them.
CREATE TABLE check_day (
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    day INTEGER NOT NULL,
    packed BLOB NOT NULL,
    PRIMARY KEY (monitor, day)
) STRICT;

-- What the checks have come to and no later check can change.
CREATE TABLE ledger (
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    kind TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (monitor, kind, began_at, ended_at)
) STRICT, WITHOUT ROWID;

-- The judge of each monitor. Every check of the monitor that began before
-- `replay_from` is in `state`.
CREATE TABLE judge (
    monitor INTEGER PRIMARY KEY REFERENCES monitor (key),
    replay_from INTEGER,
    state TEXT NOT NULL
) STRICT;
