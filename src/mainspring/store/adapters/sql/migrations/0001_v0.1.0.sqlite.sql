-- The record.

CREATE TABLE node_type (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    base_id INTEGER REFERENCES node_type (id),
    properties TEXT NOT NULL,
    description TEXT NOT NULL,
    UNIQUE (kind, name, version)
);

CREATE TABLE artifact (
    id INTEGER PRIMARY KEY,
    type_id INTEGER NOT NULL REFERENCES node_type (id),
    name TEXT,
    uri TEXT,
    digest TEXT,
    state TEXT NOT NULL,
    properties TEXT NOT NULL,
    custom TEXT NOT NULL,
    external_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX artifact_type ON artifact (type_id);
CREATE UNIQUE INDEX artifact_name ON artifact (type_id, name) WHERE name IS NOT NULL;
CREATE UNIQUE INDEX artifact_external_id ON artifact (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX artifact_digest ON artifact (digest) WHERE digest IS NOT NULL;
CREATE INDEX artifact_uri ON artifact (uri) WHERE uri IS NOT NULL;

CREATE TABLE execution (
    id INTEGER PRIMARY KEY,
    type_id INTEGER NOT NULL REFERENCES node_type (id),
    name TEXT,
    state TEXT NOT NULL,
    properties TEXT NOT NULL,
    custom TEXT NOT NULL,
    external_id TEXT,
    worker TEXT,
    lease_until INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX execution_type ON execution (type_id);
CREATE UNIQUE INDEX execution_name ON execution (type_id, name) WHERE name IS NOT NULL;
CREATE UNIQUE INDEX execution_external_id ON execution (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX execution_lease ON execution (lease_until) WHERE lease_until IS NOT NULL;

CREATE TABLE context (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    type_id INTEGER NOT NULL REFERENCES node_type (id),
    name TEXT NOT NULL,
    properties TEXT NOT NULL,
    custom TEXT NOT NULL,
    external_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX context_type ON context (type_id);
CREATE UNIQUE INDEX context_name ON context (type_id, name);
CREATE UNIQUE INDEX context_external_id ON context (external_id) WHERE external_id IS NOT NULL;

-- Inputs and outputs lie in two tables, each indexed both ways: with one table and a kind column, SQLite's planner
-- reads all of it for every question about lineage once ANALYZE was run.

CREATE TABLE event_input (
    execution_id INTEGER NOT NULL REFERENCES execution (id),
    artifact_id INTEGER NOT NULL REFERENCES artifact (id),
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (execution_id, artifact_id, name, position)
) WITHOUT ROWID;
CREATE INDEX event_input_artifact ON event_input (artifact_id);

CREATE TABLE event_output (
    artifact_id INTEGER NOT NULL REFERENCES artifact (id),
    execution_id INTEGER NOT NULL REFERENCES execution (id),
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (artifact_id, execution_id, name, position)
) WITHOUT ROWID;
CREATE INDEX event_output_execution ON event_output (execution_id);

CREATE TABLE attribution (
    context_id INTEGER NOT NULL REFERENCES context (id) ON DELETE CASCADE,
    artifact_id INTEGER NOT NULL REFERENCES artifact (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (context_id, artifact_id)
) WITHOUT ROWID;
CREATE INDEX attribution_artifact ON attribution (artifact_id);

CREATE TABLE association (
    context_id INTEGER NOT NULL REFERENCES context (id) ON DELETE CASCADE,
    execution_id INTEGER NOT NULL REFERENCES execution (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (context_id, execution_id)
) WITHOUT ROWID;
CREATE INDEX association_execution ON association (execution_id);

CREATE TABLE parent_context (
    child_id INTEGER NOT NULL REFERENCES context (id) ON DELETE CASCADE,
    parent_id INTEGER NOT NULL REFERENCES context (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (child_id, parent_id)
) WITHOUT ROWID;
CREATE INDEX parent_context_parent ON parent_context (parent_id);

-- Declared properties that hold a short text, so that asking for one finds its nodes without reading the others.

CREATE TABLE artifact_text (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    node_id INTEGER NOT NULL,
    PRIMARY KEY (name, value, node_id)
) WITHOUT ROWID;

CREATE TABLE execution_text (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    node_id INTEGER NOT NULL,
    PRIMARY KEY (name, value, node_id)
) WITHOUT ROWID;

-- The queue.

CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    body TEXT NOT NULL,
    message_key TEXT,
    live_key TEXT,
    attempts INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    available_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    lease TEXT,
    worker TEXT,
    error TEXT,
    dead INTEGER NOT NULL
);
CREATE INDEX message_available ON message (dead, topic, available_at, id);
-- live_key is message_key until the message is dead: a dead letter does not stand in the way of a new message.
CREATE UNIQUE INDEX message_live_key ON message (topic, live_key) WHERE live_key IS NOT NULL;
