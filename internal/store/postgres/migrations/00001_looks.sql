-- Times are nanoseconds since 1970, 0 for none. What a visitor wrote or a host
-- answered stands in JSON.

-- +goose Up
CREATE TABLE looks (
	id       TEXT PRIMARY KEY,
	owner    BYTEA NOT NULL,
	kind     TEXT NOT NULL,
	runs     BYTEA NOT NULL,
	job      BYTEA NOT NULL,
	attempt  BIGINT NOT NULL,
	state    TEXT NOT NULL,
	started  BIGINT NOT NULL,
	finished BIGINT NOT NULL,
	expires  BIGINT NOT NULL
);
CREATE INDEX looks_owner ON looks (owner, started);
CREATE INDEX looks_expires ON looks (expires) WHERE expires > 0;
CREATE INDEX looks_open ON looks (started) WHERE state IN ('open', 'running');

CREATE TABLE batches (
	look    TEXT NOT NULL REFERENCES looks (id) ON DELETE CASCADE,
	attempt BIGINT NOT NULL,
	number  BIGINT NOT NULL,
	body    BYTEA NOT NULL,
	PRIMARY KEY (look, attempt, number)
);

CREATE TABLE dues (
	prefix TEXT PRIMARY KEY,
	due    BIGINT NOT NULL
);

-- +goose Down
DROP TABLE dues;
DROP TABLE batches;
DROP TABLE looks;
