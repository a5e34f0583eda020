-- Roles beside the built-in ones. The code covers every other column.
CREATE TABLE role (
  name TEXT COLLATE "C" PRIMARY KEY,
  description TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  mac BYTEA NOT NULL
);
