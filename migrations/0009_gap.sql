-- What checks that are not kept any more said of gaps. `cause`: the word of one of our own
-- faults, `not-judged` or `undecided`; `checks`: how many said so.
CREATE TABLE gap (
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    began_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    cause TEXT NOT NULL,
    checks INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (monitor, began_at, ended_at, cause)
) STRICT, WITHOUT ROWID;

-- From here on that is kept. What was let go before is silent.
ALTER TABLE baseline ADD COLUMN explained_from INTEGER NOT NULL DEFAULT 0;
UPDATE baseline SET explained_from = until;
