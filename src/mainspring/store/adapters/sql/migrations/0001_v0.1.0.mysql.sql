-- Schema changes are no transactions here, so every statement can be repeated after a crash.

-- The record.

CREATE TABLE IF NOT EXISTS node_type (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    kind VARCHAR(16) NOT NULL,
    name VARCHAR(255) NOT NULL,
    version VARCHAR(255) NOT NULL,
    base_id BIGINT REFERENCES node_type (id),
    properties LONGTEXT NOT NULL,
    description LONGTEXT NOT NULL,
    UNIQUE (kind, name, version)
);

CREATE TABLE IF NOT EXISTS artifact (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    type_id BIGINT NOT NULL,
    name VARCHAR(255),
    uri VARCHAR(2048),
    digest VARCHAR(255),
    state VARCHAR(32) NOT NULL,
    properties LONGTEXT NOT NULL,
    custom LONGTEXT NOT NULL,
    external_id VARCHAR(255),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    FOREIGN KEY (type_id) REFERENCES node_type (id),
    INDEX artifact_type (type_id),
    UNIQUE INDEX artifact_name (type_id, name),
    UNIQUE INDEX artifact_external_id (external_id),
    INDEX artifact_digest (digest),
    INDEX artifact_uri (uri(255))
);

CREATE TABLE IF NOT EXISTS execution (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    type_id BIGINT NOT NULL,
    name VARCHAR(255),
    state VARCHAR(32) NOT NULL,
    properties LONGTEXT NOT NULL,
    custom LONGTEXT NOT NULL,
    external_id VARCHAR(255),
    worker VARCHAR(255),
    lease_until BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    FOREIGN KEY (type_id) REFERENCES node_type (id),
    INDEX execution_type (type_id),
    UNIQUE INDEX execution_name (type_id, name),
    UNIQUE INDEX execution_external_id (external_id),
    INDEX execution_lease (lease_until)
);

CREATE TABLE IF NOT EXISTS context (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    type_id BIGINT NOT NULL,
    name VARCHAR(255) NOT NULL,
    properties LONGTEXT NOT NULL,
    custom LONGTEXT NOT NULL,
    external_id VARCHAR(255),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    FOREIGN KEY (type_id) REFERENCES node_type (id),
    INDEX context_type (type_id),
    UNIQUE INDEX context_name (type_id, name),
    UNIQUE INDEX context_external_id (external_id)
);

-- Inputs and outputs lie in two tables, each indexed both ways.

CREATE TABLE IF NOT EXISTS event_input (
    execution_id BIGINT NOT NULL,
    artifact_id BIGINT NOT NULL,
    name VARCHAR(255) NOT NULL,
    position INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (execution_id, artifact_id, name, position),
    FOREIGN KEY (execution_id) REFERENCES execution (id),
    FOREIGN KEY (artifact_id) REFERENCES artifact (id),
    INDEX event_input_artifact (artifact_id)
);

CREATE TABLE IF NOT EXISTS event_output (
    artifact_id BIGINT NOT NULL,
    execution_id BIGINT NOT NULL,
    name VARCHAR(255) NOT NULL,
    position INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (artifact_id, execution_id, name, position),
    FOREIGN KEY (artifact_id) REFERENCES artifact (id),
    FOREIGN KEY (execution_id) REFERENCES execution (id),
    INDEX event_output_execution (execution_id)
);

CREATE TABLE IF NOT EXISTS attribution (
    context_id BIGINT NOT NULL,
    artifact_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (context_id, artifact_id),
    FOREIGN KEY (context_id) REFERENCES context (id) ON DELETE CASCADE,
    FOREIGN KEY (artifact_id) REFERENCES artifact (id),
    INDEX attribution_artifact (artifact_id)
);

CREATE TABLE IF NOT EXISTS association (
    context_id BIGINT NOT NULL,
    execution_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (context_id, execution_id),
    FOREIGN KEY (context_id) REFERENCES context (id) ON DELETE CASCADE,
    FOREIGN KEY (execution_id) REFERENCES execution (id),
    INDEX association_execution (execution_id)
);

CREATE TABLE IF NOT EXISTS parent_context (
    child_id BIGINT NOT NULL,
    parent_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (child_id, parent_id),
    FOREIGN KEY (child_id) REFERENCES context (id) ON DELETE CASCADE,
    FOREIGN KEY (parent_id) REFERENCES context (id) ON DELETE CASCADE,
    INDEX parent_context_parent (parent_id)
);

-- Declared properties that hold a short text, so that asking for one finds its nodes without reading the others.

CREATE TABLE IF NOT EXISTS artifact_text (
    name VARCHAR(255) NOT NULL,
    value VARCHAR(128) NOT NULL,
    node_id BIGINT NOT NULL,
    PRIMARY KEY (name, value, node_id)
);

CREATE TABLE IF NOT EXISTS execution_text (
    name VARCHAR(255) NOT NULL,
    value VARCHAR(128) NOT NULL,
    node_id BIGINT NOT NULL,
    PRIMARY KEY (name, value, node_id)
);

-- The queue. live_key is message_key until the message is dead: a dead letter does not stand in the way of a new
-- message.

CREATE TABLE IF NOT EXISTS message (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    topic VARCHAR(255) NOT NULL,
    body LONGTEXT NOT NULL,
    message_key VARCHAR(255),
    live_key VARCHAR(255),
    attempts INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    available_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    lease VARCHAR(32),
    worker VARCHAR(255),
    error LONGTEXT,
    dead INTEGER NOT NULL,
    INDEX message_available (dead, topic, available_at, id),
    UNIQUE INDEX message_live_key (topic, live_key)
);
