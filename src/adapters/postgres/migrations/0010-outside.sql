-- Values in a store outside: what is there and not adopted, and what was begun there.
ALTER TABLE secret ADD COLUMN adopted BOOLEAN NOT NULL DEFAULT true;

CREATE TABLE outside_intent (
  id TEXT COLLATE "C" PRIMARY KEY,
  idx BIGINT NOT NULL,
  action TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  version_id TEXT COLLATE "C",
  principal_id TEXT COLLATE "C" NOT NULL,
  changes JSON NOT NULL,
  started_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX outside_intent_name ON outside_intent (name, idx);
CREATE INDEX outside_intent_started ON outside_intent (started_at, idx);
