-- Programs: why they may ask, what their tokens are limited to, and whom they are dead with: their owner.
ALTER TABLE principal ADD COLUMN standing_reason TEXT;
ALTER TABLE credential ADD COLUMN scope JSON;

CREATE INDEX principal_owned ON principal (owner_id) WHERE kind = 'program';

-- Whose AWS credentials programs log in with. The code covers every other column.
CREATE TABLE iam_binding (
  id TEXT PRIMARY KEY,
  arn TEXT COLLATE "C" NOT NULL UNIQUE,
  account_id TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  mac BYTEA NOT NULL
);

-- Whose tokens programs log in with. The code covers every other column.
CREATE TABLE workload_issuer (
  id TEXT COLLATE "C" PRIMARY KEY,
  issuer TEXT COLLATE "C" NOT NULL UNIQUE,
  audience TEXT NOT NULL,
  jwks_uri TEXT,
  jwks TEXT,
  allow_private BOOLEAN NOT NULL,
  bindings JSON NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  revision BIGINT NOT NULL,
  mac BYTEA NOT NULL
);
