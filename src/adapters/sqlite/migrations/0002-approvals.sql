CREATE TABLE factor (
  id TEXT PRIMARY KEY,
  principal_id TEXT NOT NULL REFERENCES principal (id),
  kind TEXT NOT NULL CHECK (kind IN ('totp', 'passkey', 'recovery')),
  label TEXT NOT NULL,
  material BLOB NOT NULL,
  credential_id BLOB UNIQUE,
  facts TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_use INTEGER NOT NULL,
  mac BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX factor_of ON factor (principal_id);

-- What works once: step-up tokens (for each secret), WebAuthn challenges, and whatever else is presented once.
CREATE TABLE used_once (
  id BLOB PRIMARY KEY,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_once_expired ON used_once (expires_at);

CREATE TABLE access_request (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('access', 'change', 'break_glass')),
  requester_id TEXT NOT NULL REFERENCES principal (id),
  verb TEXT,
  targets TEXT NOT NULL,
  change TEXT,
  reason TEXT,
  facts TEXT NOT NULL,
  digest BLOB NOT NULL,
  minutes INTEGER NOT NULL,
  uses INTEGER,
  stepped_up INTEGER NOT NULL,
  needed INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  effective_at INTEGER,
  state TEXT NOT NULL,
  decided_at INTEGER,
  revision INTEGER NOT NULL,
  mac BLOB NOT NULL
) STRICT;

CREATE INDEX access_request_newest ON access_request (created_at, id);
CREATE INDEX access_request_of ON access_request (requester_id, created_at, id);
CREATE INDEX access_request_open ON access_request (state, created_at, id);
CREATE INDEX access_request_due ON access_request (effective_at) WHERE effective_at IS NOT NULL AND state = 'pending';

CREATE TABLE access_decision (
  request_id TEXT NOT NULL REFERENCES access_request (id),
  approver_id TEXT NOT NULL REFERENCES principal (id),
  verdict TEXT NOT NULL,
  decided_at INTEGER NOT NULL,
  mac BLOB NOT NULL,
  PRIMARY KEY (request_id, approver_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_grant (
  id TEXT PRIMARY KEY,
  request_id TEXT NOT NULL REFERENCES access_request (id),
  principal_id TEXT NOT NULL REFERENCES principal (id),
  secret_id TEXT NOT NULL,
  verb TEXT NOT NULL,
  approvals INTEGER NOT NULL,
  stepped_up INTEGER NOT NULL,
  uses_left INTEGER,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  mac BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX access_grant_of ON access_grant (principal_id, secret_id, verb);
CREATE INDEX access_grant_expired ON access_grant (expires_at);
