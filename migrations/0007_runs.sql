-- When everup itself ran: a row for every start of the daemon, in order of `id`.
-- `alive_at`: the newest instant at which the run surely lived, as a commit of it said.
-- `ended_at` is there where it stopped in order, and not where it was killed.
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    began_at INTEGER NOT NULL UNIQUE,
    alive_at INTEGER NOT NULL CHECK (alive_at >= began_at),
    ended_at INTEGER CHECK (ended_at >= began_at),
    version TEXT NOT NULL
) STRICT;
