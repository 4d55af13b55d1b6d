-- What was said in some of the checks that failed: headers, how the connection was
-- secured, and how the body begins, as packed JSON. Of a failing run the first check has
-- a row, and so has the first of each other way in which the run fails; no row is ever
-- changed. With a rowid, because blobs of some kilobytes would bloat the inner pages of
-- a tree that is keyed by them. `started_at` is that of the check, whether that is a
-- hot row or packed.
CREATE TABLE exchange (
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    started_at INTEGER NOT NULL,
    packed BLOB NOT NULL,
    PRIMARY KEY (monitor, started_at)
) STRICT;
