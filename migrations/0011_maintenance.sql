-- Maintenance that is announced here, and not only imported. `uid`: 32 hexadecimal digits
-- that name the window in calendars and exports. `emergency`: its time counts, whatever its
-- notice. `revision` grows by one with every change, the newest of which was at
-- `changed_at`. `rule` and `occurrence`: which turn of a recurring window it is.
ALTER TABLE maintenance ADD COLUMN uid TEXT NOT NULL DEFAULT '';
ALTER TABLE maintenance ADD COLUMN emergency INTEGER NOT NULL DEFAULT 0;
ALTER TABLE maintenance ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE maintenance ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE maintenance ADD COLUMN rule TEXT;
ALTER TABLE maintenance ADD COLUMN occurrence INTEGER;
UPDATE maintenance
SET uid = lower(hex(randomblob(16))), changed_at = coalesce(cancelled_at, announced_at);
CREATE UNIQUE INDEX maintenance_uid ON maintenance (uid);
CREATE UNIQUE INDEX maintenance_occurrence ON maintenance (rule, occurrence);
CREATE INDEX maintenance_began ON maintenance (began_at, announced_at, ended_at, id);

-- What was done to windows: rows are only ever added. `before` and `after` are the window as
-- JSON.
CREATE TABLE maintenance_deed (
    id INTEGER PRIMARY KEY,
    maintenance INTEGER NOT NULL REFERENCES maintenance (id),
    done_at INTEGER NOT NULL,
    author TEXT NOT NULL,
    action TEXT NOT NULL,
    before TEXT,
    after TEXT NOT NULL
) STRICT;
CREATE INDEX maintenance_deed_of ON maintenance_deed (maintenance, id);
