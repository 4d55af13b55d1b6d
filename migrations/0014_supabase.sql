-- What our maintenance windows and the rows of somebody else's table (`source`) have agreed
-- on: the row as it was then. A row that is gone is not here any more.
CREATE TABLE maintenance_source (
    source TEXT NOT NULL,
    foreign_id TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (source, foreign_id)
) STRICT, WITHOUT ROWID;

-- Which windows stand for a row, also for one that is gone: they never become a row again.
-- `revision`: that of the window when both sides agreed.
CREATE TABLE maintenance_source_window (
    maintenance INTEGER PRIMARY KEY REFERENCES maintenance (id),
    source TEXT NOT NULL,
    foreign_id TEXT NOT NULL,
    revision INTEGER NOT NULL
) STRICT;

-- When the whole table was read last: what claims to be older and was not there is not.
CREATE TABLE maintenance_source_reading (
    source TEXT PRIMARY KEY,
    read_at INTEGER NOT NULL
) STRICT;

-- Whose table it is: scheme, host and port. What was agreed with one project says nothing of
-- the rows of another.
CREATE TABLE maintenance_source_project (
    source TEXT PRIMARY KEY,
    project TEXT NOT NULL
) STRICT;
