-- What other monitors said of the same targets: beside the figure, never in it. Words
-- are those of the domain (domain/foreign.rs).

-- Where imported records came from.
CREATE TABLE origin (
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    source TEXT NOT NULL,
    records TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL CHECK (ended_at > began_at),
    imported_at INTEGER NOT NULL,
    file TEXT NOT NULL,
    added INTEGER NOT NULL,
    PRIMARY KEY (monitor, began_at, ended_at, source, records, imported_at, file)
) STRICT, WITHOUT ROWID;

-- Checks that a source counted, without saying when in that time.
CREATE TABLE foreign_count (
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    source TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL CHECK (ended_at > began_at),
    up INTEGER NOT NULL CHECK (up >= 0),
    down INTEGER NOT NULL CHECK (down >= 0),
    PRIMARY KEY (monitor, source, began_at)
) STRICT, WITHOUT ROWID;

-- Time of which a source says how the target was throughout.
CREATE TABLE foreign_stretch (
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    source TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL CHECK (ended_at > began_at),
    claim TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (monitor, source, began_at)
) STRICT, WITHOUT ROWID;
