-- Version 2. How urgent a waiting conversation is (0 to 95, in steps of 5) and why, as keys, the heaviest first.
-- calm, until now 0 for a complaint and 1 for the rest, is 100 - urgency; only the shelf 'new' is sorted by it.
-- The rows that wait are filled by filling.py, which asks the same functions as every later change.

ALTER TABLE conversations ADD COLUMN urgency INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN because_json TEXT NOT NULL DEFAULT '[]';

-- The same person on two accounts.
CREATE INDEX handles_same ON handles (handle COLLATE NOCASE) WHERE handle <> '';
