-- What people and programs are to be told: one row for each recipient. Made by the act that it tells of.
CREATE TABLE notification (
  -- Drawn under the head row's lock, so its order is that of the acts.
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id TEXT COLLATE "C" NOT NULL,
  recipient TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  alarm BOOLEAN NOT NULL,
  facts JSON NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  due_at TIMESTAMPTZ NOT NULL,
  attempts BIGINT NOT NULL,
  aside BOOLEAN NOT NULL,
  lease TEXT COLLATE "C",
  leased_until TIMESTAMPTZ,
  settled_at TIMESTAMPTZ,
  outcome TEXT COLLATE "C",
  UNIQUE (id, recipient)
);

CREATE INDEX notification_waiting ON notification (recipient, kind, aside, seq, due_at) WHERE settled_at IS NULL;
CREATE INDEX notification_settled ON notification (settled_at) WHERE settled_at IS NOT NULL;
