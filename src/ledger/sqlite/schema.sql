CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE entry (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    asset TEXT,
    created INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER,
    later INTEGER,
    error TEXT,
    erred INTEGER,
    dead INTEGER,
    round TEXT,
    told TEXT,
    told_at INTEGER,
    plan TEXT,
    looked INTEGER,
    unseen INTEGER,
    ended INTEGER,
    state TEXT,
    open TEXT CHECK (open IN ('undo', 'adopted')),
    PRIMARY KEY (collection, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX entry_of_asset ON entry (asset) WHERE asset IS NOT NULL;

CREATE INDEX entry_open ON entry (collection) WHERE open IS NOT NULL OR plan IS NOT NULL;

CREATE TABLE step (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('begun', 'done', 'unreadable', 'refused')),
    input TEXT NOT NULL,
    result TEXT,
    keep INTEGER NOT NULL,
    begun INTEGER NOT NULL,
    previous_input TEXT,
    previous_result TEXT,
    PRIMARY KEY (collection, id, name),
    FOREIGN KEY (collection, id) REFERENCES entry (collection, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE stray (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL,
    state TEXT NOT NULL,
    result TEXT,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE correction (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    what TEXT NOT NULL,
    by TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
