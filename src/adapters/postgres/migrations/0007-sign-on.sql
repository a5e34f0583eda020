-- Who may vouch for people, and whom they vouched for.
CREATE TABLE identity_provider (
  id TEXT COLLATE "C" PRIMARY KEY,
  issuer TEXT COLLATE "C" NOT NULL UNIQUE,
  client_id TEXT NOT NULL,
  secret_version TEXT COLLATE "C",
  secret_key_id TEXT COLLATE "C",
  secret_sealed BYTEA,
  scopes TEXT[] NOT NULL,
  label TEXT NOT NULL,
  enabled BOOLEAN NOT NULL,
  role_rules JSON NOT NULL,
  mfa_acr TEXT[] NOT NULL,
  mfa_amr TEXT[] NOT NULL,
  revision BIGINT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  mac BYTEA NOT NULL
);

-- Deferred: a person's first sign-on adds this row before the person, so that a second one at the same moment finds it.
CREATE TABLE external_identity (
  issuer TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL UNIQUE,
  principal_id TEXT COLLATE "C" NOT NULL REFERENCES principal (id) DEFERRABLE INITIALLY DEFERRED,
  created_at TIMESTAMPTZ NOT NULL,
  mac BYTEA NOT NULL,
  PRIMARY KEY (issuer, subject)
);

CREATE INDEX external_identity_of ON external_identity (principal_id);
