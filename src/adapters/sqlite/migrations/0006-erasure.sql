-- Keeps a person from being erased.
CREATE TABLE legal_hold (
  person_id TEXT PRIMARY KEY REFERENCES principal (id),
  held_by TEXT NOT NULL,
  held_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far an ordered erasure has come. Rows stay: whoever is in here is nobody any more.
CREATE TABLE erasure (
  person_id TEXT PRIMARY KEY REFERENCES principal (id),
  request_id TEXT NOT NULL,
  order_index INTEGER,
  next_index INTEGER NOT NULL,
  ordered_at INTEGER NOT NULL,
  finished INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX erasure_open ON erasure (ordered_at) WHERE finished = 0;
