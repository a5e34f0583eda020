CREATE TABLE factor (
  id TEXT COLLATE "C" PRIMARY KEY,
  principal_id TEXT COLLATE "C" NOT NULL REFERENCES principal (id),
  kind TEXT NOT NULL CHECK (kind IN ('totp', 'passkey', 'recovery')),
  label TEXT NOT NULL,
  material BYTEA NOT NULL,
  credential_id BYTEA UNIQUE,
  facts TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  last_use BIGINT NOT NULL,
  mac BYTEA NOT NULL
);

CREATE INDEX factor_of ON factor (principal_id);

-- What works once: step-up tokens (for each secret), WebAuthn challenges, and whatever else is presented once.
CREATE TABLE used_once (
  id BYTEA PRIMARY KEY,
  expires_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX used_once_expired ON used_once (expires_at);

CREATE TABLE access_request (
  id TEXT COLLATE "C" PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('access', 'change', 'break_glass')),
  requester_id TEXT COLLATE "C" NOT NULL REFERENCES principal (id),
  verb TEXT,
  targets JSON NOT NULL,
  change TEXT,
  reason TEXT,
  facts TEXT NOT NULL,
  digest BYTEA NOT NULL,
  minutes BIGINT NOT NULL,
  uses BIGINT,
  stepped_up BOOLEAN NOT NULL,
  needed BIGINT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  effective_at TIMESTAMPTZ,
  state TEXT COLLATE "C" NOT NULL,
  decided_at TIMESTAMPTZ,
  revision BIGINT NOT NULL,
  mac BYTEA NOT NULL
);

CREATE INDEX access_request_newest ON access_request (created_at, id);
CREATE INDEX access_request_of ON access_request (requester_id, created_at, id);
CREATE INDEX access_request_open ON access_request (state, created_at, id);
CREATE INDEX access_request_due ON access_request (effective_at) WHERE effective_at IS NOT NULL AND state = 'pending';

CREATE TABLE access_decision (
  request_id TEXT COLLATE "C" NOT NULL REFERENCES access_request (id),
  approver_id TEXT COLLATE "C" NOT NULL REFERENCES principal (id),
  verdict TEXT NOT NULL,
  decided_at TIMESTAMPTZ NOT NULL,
  mac BYTEA NOT NULL,
  PRIMARY KEY (request_id, approver_id)
);

CREATE TABLE access_grant (
  id TEXT COLLATE "C" PRIMARY KEY,
  request_id TEXT COLLATE "C" NOT NULL REFERENCES access_request (id),
  principal_id TEXT COLLATE "C" NOT NULL REFERENCES principal (id),
  secret_id TEXT COLLATE "C" NOT NULL,
  verb TEXT COLLATE "C" NOT NULL,
  approvals BIGINT NOT NULL,
  stepped_up BOOLEAN NOT NULL,
  uses_left BIGINT,
  created_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  revision BIGINT NOT NULL,
  mac BYTEA NOT NULL
);

CREATE INDEX access_grant_of ON access_grant (principal_id, secret_id, verb);
CREATE INDEX access_grant_expired ON access_grant (expires_at);
