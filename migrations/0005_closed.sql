-- Months that are over and settled: their reports as text, which never changes again. The
-- text is `head`, then the rows of monitors, then those of groups, as store/closed.rs puts
-- them together; `sha256` is that of its canonical JSON.
CREATE TABLE closed_month (
    month TEXT PRIMARY KEY,
    closed_at INTEGER NOT NULL,
    head TEXT NOT NULL,
    sha256 TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row of such a report. `subject` is `monitor` or `group`, whose id need not exist any
-- longer. With a rowid, because rows may be long.
CREATE TABLE closed_row (
    month TEXT NOT NULL REFERENCES closed_month (month),
    subject TEXT NOT NULL,
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (month, subject, position)
) STRICT;
CREATE INDEX closed_row_of ON closed_row (subject, id, month);

-- Corrections of closed months: each takes one outage out of the measured figure, with who
-- says so and why. They are only ever added.
CREATE TABLE correction (
    month TEXT NOT NULL REFERENCES closed_month (month),
    monitor TEXT NOT NULL,
    outage_began_at INTEGER NOT NULL,
    class TEXT NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (month, monitor, outage_began_at)
) STRICT, WITHOUT ROWID;
