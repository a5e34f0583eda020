CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE log_head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL,
  root BLOB NOT NULL,
  edge BLOB NOT NULL,
  last_time INTEGER NOT NULL,
  policy_epoch INTEGER NOT NULL,
  policy_mac BLOB NOT NULL,
  setup_closed INTEGER NOT NULL
) STRICT;

CREATE TABLE security_audit_log (
  idx INTEGER PRIMARY KEY,
  timestamp INTEGER NOT NULL,
  request_id TEXT,
  action TEXT,
  result TEXT,
  resource_type TEXT,
  resource_name TEXT,
  user_id TEXT,
  principal_kind TEXT,
  roles TEXT,
  policy_ids TEXT,
  decision TEXT,
  version_id TEXT,
  grant_id TEXT,
  details TEXT,
  quota_use INTEGER,
  salt BLOB,
  username TEXT,
  ip_address TEXT,
  user_agent TEXT,
  reason TEXT,
  erased_by INTEGER,
  commitment BLOB,
  leaf_hash BLOB NOT NULL
) STRICT;

-- By runs of 256 entries: a new entry lands among the newest few pages of each index, however long the log. Ordered
-- by name alone it would write a page of its own, and a page costs more than all the rest of the entry.
CREATE INDEX idx_audit_resource ON security_audit_log (idx >> 8, resource_name);
CREATE INDEX idx_audit_user ON security_audit_log (idx >> 8, user_id);
CREATE INDEX idx_audit_timestamp ON security_audit_log (idx >> 8, timestamp);

CREATE TRIGGER audit_keeps_every_row BEFORE DELETE ON security_audit_log
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- The only change allowed is erasure: salt and personal columns become NULL, naming the entry that ordered it.
CREATE TRIGGER audit_changes_only_by_erasure BEFORE UPDATE ON security_audit_log
WHEN NOT (
  NEW.idx = OLD.idx AND NEW.leaf_hash = OLD.leaf_hash AND NEW.timestamp = OLD.timestamp
  AND NEW.erased_by IS NOT NULL AND NEW.erased_by > OLD.idx
  AND NEW.salt IS NULL AND NEW.username IS NULL AND NEW.ip_address IS NULL AND NEW.user_agent IS NULL AND NEW.reason IS NULL
  AND (NEW.request_id IS NULL OR NEW.request_id IS OLD.request_id)
  AND (NEW.action IS NULL OR NEW.action IS OLD.action)
  AND (NEW.result IS NULL OR NEW.result IS OLD.result)
  AND (NEW.resource_type IS NULL OR NEW.resource_type IS OLD.resource_type)
  AND (NEW.resource_name IS NULL OR NEW.resource_name IS OLD.resource_name)
  AND (NEW.user_id IS NULL OR NEW.user_id IS OLD.user_id)
  AND (NEW.principal_kind IS NULL OR NEW.principal_kind IS OLD.principal_kind)
  AND (NEW.roles IS NULL OR NEW.roles IS OLD.roles)
  AND (NEW.policy_ids IS NULL OR NEW.policy_ids IS OLD.policy_ids)
  AND (NEW.decision IS NULL OR NEW.decision IS OLD.decision)
  AND (NEW.version_id IS NULL OR NEW.version_id IS OLD.version_id)
  AND (NEW.grant_id IS NULL OR NEW.grant_id IS OLD.grant_id)
  AND (NEW.details IS NULL OR NEW.details IS OLD.details)
  AND (NEW.quota_use IS NULL OR NEW.quota_use IS OLD.quota_use)
)
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TABLE audit_node (
  level INTEGER NOT NULL,
  position INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE secret_access_policies (
  id TEXT PRIMARY KEY,
  secret_pattern TEXT NOT NULL UNIQUE,
  allowed_roles TEXT,
  requires_mfa INTEGER NOT NULL,
  requires_approval INTEGER NOT NULL,
  max_access_per_day INTEGER,
  approver_roles TEXT,
  min_approvals INTEGER NOT NULL,
  grant_minutes INTEGER NOT NULL,
  allowed_workloads TEXT,
  workload_max_access_per_day INTEGER,
  verb_roles TEXT NOT NULL,
  replaces_roles INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE principal (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('person', 'program')),
  name TEXT NOT NULL UNIQUE,
  roles TEXT NOT NULL,
  disabled INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  password_hash TEXT,
  must_change_password INTEGER NOT NULL,
  factor_epoch INTEGER NOT NULL,
  has_factor INTEGER NOT NULL,
  must_enrol INTEGER NOT NULL,
  break_glass INTEGER NOT NULL,
  email TEXT,
  changed_by TEXT NOT NULL,
  owner_id TEXT,
  created_at INTEGER NOT NULL,
  mac BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE credential (
  token_hash BLOB PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  principal_id TEXT NOT NULL REFERENCES principal (id),
  kind TEXT NOT NULL,
  assurance TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  label TEXT NOT NULL,
  mac BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX credential_of ON credential (principal_id);

CREATE TABLE secret (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  folded_name TEXT NOT NULL UNIQUE,
  arn TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  tags TEXT,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  last_accessed TEXT,
  revision INTEGER NOT NULL,
  next_seq INTEGER NOT NULL,
  rotation_due_since INTEGER,
  deletion_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX secret_due ON secret (deletion_at) WHERE deletion_at IS NOT NULL;
-- The orders of a list, so that a page of it looks at a page only.
CREATE INDEX secret_by_created ON secret (created_at, name);
CREATE INDEX secret_by_changed ON secret (changed_at, name);
CREATE INDEX secret_by_accessed ON secret (coalesce(last_accessed, ''), name);

CREATE TABLE secret_version (
  secret_id TEXT NOT NULL REFERENCES secret (id),
  version_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  last_accessed TEXT,
  PRIMARY KEY (secret_id, version_id)
) STRICT;

CREATE INDEX secret_version_key ON secret_version (key_id);

CREATE TABLE secret_label (
  secret_id TEXT NOT NULL REFERENCES secret (id),
  label TEXT NOT NULL,
  version_id TEXT NOT NULL,
  PRIMARY KEY (secret_id, label)
) STRICT, WITHOUT ROWID;

CREATE TABLE secret_rotation_schedule (
  secret_id TEXT PRIMARY KEY REFERENCES secret (id),
  rotation_lambda_arn TEXT,
  rotation_days INTEGER,
  last_rotated INTEGER,
  next_rotation INTEGER,
  enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quota_use (
  principal_id TEXT NOT NULL,
  day TEXT NOT NULL,
  secret_id TEXT NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (principal_id, day, secret_id)
) STRICT, WITHOUT ROWID;

-- All secrets together. Apart, because a hundred people fit one page here; beside their secrets each would have his own.
CREATE TABLE quota_use_of_person (
  principal_id TEXT NOT NULL,
  day TEXT NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (principal_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE keyring_key (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  state TEXT NOT NULL
) STRICT, WITHOUT ROWID;
