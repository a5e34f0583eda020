-- Programs: why they may ask, what their tokens are limited to, and whom they are dead with: their owner.
ALTER TABLE principal ADD COLUMN standing_reason TEXT;
ALTER TABLE credential ADD COLUMN scope TEXT;

CREATE INDEX principal_owned ON principal (owner_id) WHERE kind = 'program';

-- Whose AWS credentials programs log in with. The code covers every other column.
CREATE TABLE iam_binding (
  id TEXT PRIMARY KEY,
  arn TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  mac BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Whose tokens programs log in with. The code covers every other column.
CREATE TABLE workload_issuer (
  id TEXT PRIMARY KEY,
  issuer TEXT NOT NULL UNIQUE,
  audience TEXT NOT NULL,
  jwks_uri TEXT,
  jwks TEXT,
  allow_private INTEGER NOT NULL,
  bindings TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  mac BLOB NOT NULL
) STRICT, WITHOUT ROWID;
