-- Who watches: of all daemons over this database, the one that holds the lease. One row.
-- `fence` grows whenever the lease passes on or is given up: a write that carries an older
-- one is refused. `until_ms`: when the lease runs out by the clock of the database, in
-- milliseconds; nought once it is given up. `is_locked`: whether the holder has the lock
-- beside the database, which goes with its process.
CREATE TABLE lease (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    holder TEXT NOT NULL,
    fence INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    is_locked INTEGER NOT NULL
) STRICT;

INSERT INTO lease (id, holder, fence, until_ms, is_locked) VALUES (1, '', 0, 0, 0);
