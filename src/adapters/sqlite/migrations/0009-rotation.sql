-- Nothing was ever written into the first form of this table.
DROP TABLE secret_rotation_schedule;

CREATE TABLE secret_rotation_schedule (
  secret_id TEXT PRIMARY KEY REFERENCES secret (id),
  rotation_lambda_arn TEXT,
  rotation_days INTEGER,
  last_rotated INTEGER,
  next_rotation INTEGER,
  enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  strategy TEXT,
  expression TEXT,
  window_hours INTEGER,
  admin_id TEXT,
  place BLOB,
  created_by TEXT NOT NULL,
  overdue_since INTEGER,
  revision INTEGER NOT NULL,
  mac BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX rotation_schedule_due ON secret_rotation_schedule (next_rotation) WHERE enabled = 1;
CREATE INDEX rotation_schedule_overdue ON secret_rotation_schedule (coalesce(overdue_since, next_rotation)) WHERE enabled = 1;

CREATE TABLE rotation (
  id TEXT PRIMARY KEY,
  secret_id TEXT NOT NULL REFERENCES secret (id),
  version_id TEXT NOT NULL,
  strategy TEXT,
  from_version TEXT,
  lambda_arn TEXT,
  cause TEXT NOT NULL,
  started_by TEXT NOT NULL,
  revoke INTEGER NOT NULL,
  state TEXT NOT NULL,
  step TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  lease TEXT,
  leased_until INTEGER,
  fence INTEGER NOT NULL,
  finished_at INTEGER,
  fault TEXT,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX rotation_running ON rotation (secret_id) WHERE state = 'running';
CREATE INDEX rotation_due ON rotation (due_at) WHERE state = 'running';
CREATE INDEX rotation_of_secret ON rotation (secret_id, started_at);
CREATE INDEX rotation_finished ON rotation (finished_at) WHERE finished_at IS NOT NULL;
