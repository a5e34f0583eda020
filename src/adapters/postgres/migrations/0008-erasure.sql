-- Keeps a person from being erased.
CREATE TABLE legal_hold (
  person_id TEXT COLLATE "C" PRIMARY KEY REFERENCES principal (id),
  held_by TEXT NOT NULL,
  held_at TIMESTAMPTZ NOT NULL
);

-- How far an ordered erasure has come. Rows stay: whoever is in here is nobody any more.
CREATE TABLE erasure (
  person_id TEXT COLLATE "C" PRIMARY KEY REFERENCES principal (id),
  request_id TEXT COLLATE "C" NOT NULL,
  order_index BIGINT,
  next_index BIGINT NOT NULL,
  ordered_at TIMESTAMPTZ NOT NULL,
  finished BOOLEAN NOT NULL
);

CREATE INDEX erasure_open ON erasure (ordered_at) WHERE NOT finished;
