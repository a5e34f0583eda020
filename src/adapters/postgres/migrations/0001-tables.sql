-- Milliseconds since 1970 UTC, as the program counts, and back.
CREATE FUNCTION at_ms(ms bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS 'SELECT to_timestamp(ms::double precision / 1000)';
CREATE FUNCTION ms_of(at timestamptz) RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE
  AS 'SELECT (extract(epoch FROM at) * 1000)::bigint';

-- The address if it is one. An odd text must never lose an entry, so it is NULL here and stays whole beside it.
CREATE FUNCTION inet_or_null(address text) RETURNS inet LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF address !~ '^[0-9a-fA-F:.]{2,45}$' THEN RETURN NULL; END IF;
  RETURN address::inet;
EXCEPTION WHEN invalid_text_representation THEN RETURN NULL;
END $$;

CREATE TABLE meta (
  key TEXT COLLATE "C" PRIMARY KEY,
  value BYTEA NOT NULL
);

CREATE TABLE log_head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size BIGINT NOT NULL,
  root BYTEA NOT NULL,
  edge BYTEA NOT NULL,
  last_time TIMESTAMPTZ NOT NULL,
  policy_epoch BIGINT NOT NULL,
  policy_mac BYTEA NOT NULL,
  setup_closed BOOLEAN NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE security_audit_log (
  idx BIGINT PRIMARY KEY,
  timestamp TIMESTAMPTZ,
  request_id TEXT COLLATE "C",
  action TEXT COLLATE "C",
  result TEXT COLLATE "C",
  resource_type TEXT COLLATE "C",
  resource_name TEXT COLLATE "C",
  user_id TEXT COLLATE "C",
  principal_kind TEXT COLLATE "C",
  roles TEXT[],
  policy_ids TEXT[],
  decision TEXT COLLATE "C",
  version_id TEXT COLLATE "C",
  grant_id TEXT COLLATE "C",
  details TEXT COLLATE "C",
  quota_use BIGINT,
  salt BYTEA,
  username TEXT COLLATE "C",
  -- The commitment is over the text as it was given; ip_address is for queries.
  ip_text TEXT COLLATE "C",
  ip_address INET GENERATED ALWAYS AS (inet_or_null(ip_text)) STORED,
  user_agent TEXT COLLATE "C",
  reason TEXT COLLATE "C",
  erased_by BIGINT,
  commitment BYTEA,
  leaf_hash BYTEA NOT NULL
);

CREATE INDEX idx_audit_resource ON security_audit_log (resource_name, idx);
CREATE INDEX idx_audit_user ON security_audit_log (user_id, idx);
CREATE INDEX idx_audit_timestamp ON security_audit_log (timestamp);

CREATE TABLE audit_node (
  level INTEGER NOT NULL,
  position BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  PRIMARY KEY (level, position)
);

CREATE TABLE secret_access_policies (
  id TEXT COLLATE "C" PRIMARY KEY,
  secret_pattern TEXT COLLATE "C" NOT NULL UNIQUE,
  allowed_roles TEXT[],
  requires_mfa BOOLEAN NOT NULL,
  requires_approval BOOLEAN NOT NULL,
  max_access_per_day BIGINT,
  approver_roles TEXT[],
  min_approvals BIGINT NOT NULL,
  grant_minutes BIGINT NOT NULL,
  allowed_workloads TEXT[],
  workload_max_access_per_day BIGINT,
  verb_roles JSON NOT NULL,
  replaces_roles BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE principal (
  id TEXT COLLATE "C" PRIMARY KEY,
  kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('person', 'program')),
  name TEXT COLLATE "C" NOT NULL UNIQUE,
  roles TEXT[] NOT NULL,
  disabled BOOLEAN NOT NULL,
  epoch BIGINT NOT NULL,
  password_hash TEXT,
  must_change_password BOOLEAN NOT NULL,
  factor_epoch BIGINT NOT NULL,
  has_factor BOOLEAN NOT NULL,
  must_enrol BOOLEAN NOT NULL,
  break_glass BOOLEAN NOT NULL,
  email TEXT,
  changed_by JSON NOT NULL,
  owner_id TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  mac BYTEA NOT NULL
);

CREATE TABLE credential (
  token_hash BYTEA PRIMARY KEY,
  id TEXT COLLATE "C" NOT NULL UNIQUE,
  principal_id TEXT COLLATE "C" NOT NULL REFERENCES principal (id),
  kind TEXT NOT NULL,
  assurance TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  label TEXT NOT NULL,
  mac BYTEA NOT NULL
);

CREATE INDEX credential_of ON credential (principal_id);

CREATE TABLE secret (
  id TEXT COLLATE "C" PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL UNIQUE,
  folded_name TEXT COLLATE "C" NOT NULL UNIQUE,
  arn TEXT COLLATE "C" NOT NULL UNIQUE,
  description TEXT COLLATE "C" NOT NULL,
  tags JSON,
  created_at TIMESTAMPTZ NOT NULL,
  created_by TEXT NOT NULL,
  changed_at TIMESTAMPTZ NOT NULL,
  last_accessed TEXT COLLATE "C",
  revision BIGINT NOT NULL,
  next_seq BIGINT NOT NULL,
  rotation_due_since TIMESTAMPTZ,
  deletion_at TIMESTAMPTZ
);

CREATE INDEX secret_due ON secret (deletion_at) WHERE deletion_at IS NOT NULL;
-- The orders of a list, so that a page of it looks at a page only.
CREATE INDEX secret_by_created ON secret (created_at, name);
CREATE INDEX secret_by_changed ON secret (changed_at, name);
CREATE INDEX secret_by_accessed ON secret (coalesce(last_accessed, ''), name);

CREATE TABLE secret_version (
  secret_id TEXT COLLATE "C" NOT NULL REFERENCES secret (id),
  version_id TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  key_id TEXT COLLATE "C" NOT NULL,
  sealed BYTEA NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  created_by TEXT NOT NULL,
  last_accessed TEXT,
  PRIMARY KEY (secret_id, version_id)
);
-- Ciphertext does not compress.
ALTER TABLE secret_version ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE INDEX secret_version_key ON secret_version (key_id);

CREATE TABLE secret_label (
  secret_id TEXT COLLATE "C" NOT NULL REFERENCES secret (id),
  label TEXT COLLATE "C" NOT NULL,
  version_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (secret_id, label)
);

CREATE TABLE secret_rotation_schedule (
  secret_id TEXT COLLATE "C" PRIMARY KEY REFERENCES secret (id),
  rotation_lambda_arn TEXT,
  rotation_days BIGINT,
  last_rotated TIMESTAMPTZ,
  next_rotation TIMESTAMPTZ,
  enabled BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE quota_use (
  principal_id TEXT COLLATE "C" NOT NULL,
  day TEXT COLLATE "C" NOT NULL,
  secret_id TEXT COLLATE "C" NOT NULL,
  used BIGINT NOT NULL,
  PRIMARY KEY (principal_id, day, secret_id)
) WITH (fillfactor = 70);

CREATE TABLE keyring_key (
  id TEXT COLLATE "C" PRIMARY KEY,
  purpose TEXT NOT NULL,
  wrapped BYTEA NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  state TEXT NOT NULL
);
