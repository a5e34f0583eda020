-- Roles beside the built-in ones. The code covers every other column.
CREATE TABLE role (
  name TEXT PRIMARY KEY,
  description TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  mac BLOB NOT NULL
) STRICT, WITHOUT ROWID;
