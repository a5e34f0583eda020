-- Who may vouch for people, and whom they vouched for.
CREATE TABLE identity_provider (
  id TEXT PRIMARY KEY,
  issuer TEXT NOT NULL UNIQUE,
  client_id TEXT NOT NULL,
  secret_version TEXT,
  secret_key_id TEXT,
  secret_sealed BLOB,
  scopes TEXT NOT NULL,
  label TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  role_rules TEXT NOT NULL,
  mfa_acr TEXT NOT NULL,
  mfa_amr TEXT NOT NULL,
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  mac BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Deferred: a person's first sign-on adds this row before the person, so that a second one at the same moment finds it.
CREATE TABLE external_identity (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  principal_id TEXT NOT NULL REFERENCES principal (id) DEFERRABLE INITIALLY DEFERRED,
  created_at INTEGER NOT NULL,
  mac BLOB NOT NULL,
  PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX external_identity_of ON external_identity (principal_id);
