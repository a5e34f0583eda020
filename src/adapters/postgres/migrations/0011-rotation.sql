-- Nothing was ever written into the first form of this table.
DROP TABLE secret_rotation_schedule;

CREATE TABLE secret_rotation_schedule (
  secret_id TEXT COLLATE "C" PRIMARY KEY REFERENCES secret (id),
  rotation_lambda_arn TEXT,
  rotation_days BIGINT,
  last_rotated TIMESTAMPTZ,
  next_rotation TIMESTAMPTZ,
  enabled BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  strategy TEXT COLLATE "C",
  expression TEXT,
  window_hours BIGINT,
  admin_id TEXT COLLATE "C",
  place BYTEA,
  created_by TEXT COLLATE "C" NOT NULL,
  overdue_since TIMESTAMPTZ,
  revision BIGINT NOT NULL,
  mac BYTEA NOT NULL
);

CREATE INDEX rotation_schedule_due ON secret_rotation_schedule (next_rotation) WHERE enabled;
CREATE INDEX rotation_schedule_overdue ON secret_rotation_schedule (coalesce(overdue_since, next_rotation)) WHERE enabled;

CREATE TABLE rotation (
  id TEXT COLLATE "C" PRIMARY KEY,
  secret_id TEXT COLLATE "C" NOT NULL REFERENCES secret (id),
  version_id TEXT COLLATE "C" NOT NULL,
  strategy TEXT COLLATE "C",
  from_version TEXT COLLATE "C",
  lambda_arn TEXT,
  cause TEXT COLLATE "C" NOT NULL,
  started_by TEXT COLLATE "C" NOT NULL,
  revoke BOOLEAN NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  step TEXT COLLATE "C" NOT NULL,
  attempts BIGINT NOT NULL,
  started_at TIMESTAMPTZ NOT NULL,
  due_at TIMESTAMPTZ NOT NULL,
  lease TEXT COLLATE "C",
  leased_until TIMESTAMPTZ,
  fence BIGINT NOT NULL,
  finished_at TIMESTAMPTZ,
  fault JSON,
  revision BIGINT NOT NULL
);

CREATE UNIQUE INDEX rotation_running ON rotation (secret_id) WHERE state = 'running';
CREATE INDEX rotation_due ON rotation (due_at) WHERE state = 'running';
CREATE INDEX rotation_of_secret ON rotation (secret_id, started_at);
CREATE INDEX rotation_finished ON rotation (finished_at) WHERE finished_at IS NOT NULL;
