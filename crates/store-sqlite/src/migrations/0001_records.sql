-- A change is numbered: id = revision * 1024 + its place in the batch.
CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    value BLOB NOT NULL
) STRICT;

-- The last change of a key that has no record. A key is in one of the two tables at most.
CREATE TABLE deletions (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE
) STRICT;

-- revision: of the last commit. compacted: deletions up to this revision may be forgotten.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (name, value) VALUES ('compacted', 0), ('revision', 0);
