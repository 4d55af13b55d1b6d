-- What is to be told, written together with the checks that decided it. `kind`: down or up.
-- `decided_at`: when the check began that decided it. Monitor, kind and the beginning of the
-- outage name it, so that a commit that is repeated adds nothing. There is one also where
-- it is for no channel.
CREATE TABLE alert (
    id INTEGER PRIMARY KEY,
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    kind TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ended_at INTEGER,
    decided_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    UNIQUE (monitor, began_at, kind)
) STRICT;

-- What became of it in each channel that it is for. `outcome`: NULL while it waits, then
-- told, dropped (held during maintenance, or its channel is gone) or given_up.
CREATE TABLE alert_delivery (
    channel TEXT NOT NULL,
    alert INTEGER NOT NULL REFERENCES alert (id),
    attempts INTEGER NOT NULL DEFAULT 0,
    tried_at INTEGER,
    outcome TEXT,
    settled_at INTEGER,
    PRIMARY KEY (channel, alert)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_delivery_waiting ON alert_delivery (channel, alert) WHERE outcome IS NULL;
CREATE INDEX alert_delivery_of ON alert_delivery (alert);

-- What each channel was told last of a monitor, or tried to be until that was given up. Gone
-- once something of the monitor is to be told that is not for the channel: what it knew is
-- no more what is so.
CREATE TABLE alert_told (
    monitor INTEGER NOT NULL REFERENCES monitor (key),
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    PRIMARY KEY (monitor, channel)
) STRICT, WITHOUT ROWID;
