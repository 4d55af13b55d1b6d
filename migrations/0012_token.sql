-- The tokens by which administrators are known. Of a secret only its SHA-256 is kept, in
-- hexadecimal digits. A row stays after it is revoked, so that its name, as an author, and
-- when it lived can be looked up.
CREATE TABLE token (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
    made_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX token_living ON token (name) WHERE revoked_at IS NULL;
