-- How long each class of time lasted in a row of a closed month, as its text says, by itself:
-- a report shows twelve months beside each other, and need not read the whole of each.
ALTER TABLE closed_row ADD COLUMN lengths TEXT
    GENERATED ALWAYS AS (json_extract(json, '$.milliseconds')) VIRTUAL;
CREATE INDEX closed_row_lengths ON closed_row (month, subject, id, lengths);
