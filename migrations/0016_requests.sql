-- Requests that balancers were asked for, by what became of them: sums of a minute, of a
-- balancer as a whole (backend '') and of what each of its backends was given.
CREATE TABLE request_minute (
    began_at INTEGER NOT NULL,
    balancer TEXT NOT NULL,
    backend TEXT NOT NULL,
    answered INTEGER NOT NULL,
    server_errors INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cut INTEGER NOT NULL,
    abandoned INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    repeated INTEGER NOT NULL,
    PRIMARY KEY (began_at, balancer, backend)
) STRICT, WITHOUT ROWID;

-- The same of longer ago: sums of a quarter of an hour of each balancer, of which every zone's
-- days are made, and of a day in UTC of each backend.
CREATE TABLE request_sum (
    began_at INTEGER NOT NULL,
    balancer TEXT NOT NULL,
    backend TEXT NOT NULL,
    answered INTEGER NOT NULL,
    server_errors INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cut INTEGER NOT NULL,
    abandoned INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    repeated INTEGER NOT NULL,
    PRIMARY KEY (began_at, balancer, backend)
) STRICT, WITHOUT ROWID;

-- When a balancer ran, and until when its counts of that run are kept.
CREATE TABLE request_run (
    balancer TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    counted_until INTEGER NOT NULL,
    PRIMARY KEY (balancer, began_at)
) STRICT, WITHOUT ROWID;

-- Backends that somebody took out, until they are let back.
CREATE TABLE drain (
    balancer TEXT NOT NULL,
    backend TEXT NOT NULL,
    drained_at INTEGER NOT NULL,
    author TEXT NOT NULL,
    PRIMARY KEY (balancer, backend)
) STRICT, WITHOUT ROWID;

-- Who took out or let back what, and when.
CREATE TABLE drain_deed (
    id INTEGER PRIMARY KEY,
    balancer TEXT NOT NULL,
    backend TEXT NOT NULL,
    at INTEGER NOT NULL,
    author TEXT NOT NULL,
    action TEXT NOT NULL
) STRICT;

CREATE INDEX drain_deed_of ON drain_deed (balancer, id);
