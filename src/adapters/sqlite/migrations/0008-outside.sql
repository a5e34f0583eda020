-- Values in a store outside: what is there and not adopted, and what was begun there.
ALTER TABLE secret ADD COLUMN adopted INTEGER NOT NULL DEFAULT 1;

CREATE TABLE outside_intent (
  id TEXT PRIMARY KEY,
  idx INTEGER NOT NULL,
  action TEXT NOT NULL,
  name TEXT NOT NULL,
  version_id TEXT,
  principal_id TEXT NOT NULL,
  changes TEXT NOT NULL,
  started_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX outside_intent_name ON outside_intent (name, idx);
CREATE INDEX outside_intent_started ON outside_intent (started_at, idx);
