-- What people and programs are to be told: one row for each recipient. Made by the act that it tells of.
CREATE TABLE notification (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  recipient TEXT NOT NULL,
  kind TEXT NOT NULL,
  alarm INTEGER NOT NULL,
  facts TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  aside INTEGER NOT NULL,
  lease TEXT,
  leased_until INTEGER,
  settled_at INTEGER,
  outcome TEXT,
  UNIQUE (id, recipient)
) STRICT;

CREATE INDEX notification_waiting ON notification (recipient, kind, aside, seq, due_at) WHERE settled_at IS NULL;
CREATE INDEX notification_settled ON notification (settled_at) WHERE settled_at IS NOT NULL;
