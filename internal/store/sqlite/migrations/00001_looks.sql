-- Times are nanoseconds since 1970, 0 for none. What a visitor wrote or a host
-- answered stands in JSON.

-- +goose Up
CREATE TABLE looks (
	id       TEXT PRIMARY KEY,
	owner    BLOB NOT NULL,
	kind     TEXT NOT NULL,
	runs     BLOB NOT NULL,
	job      BLOB NOT NULL,
	attempt  INTEGER NOT NULL,
	state    TEXT NOT NULL,
	started  INTEGER NOT NULL,
	finished INTEGER NOT NULL,
	expires  INTEGER NOT NULL
) STRICT;
CREATE INDEX looks_owner ON looks (owner, started);
CREATE INDEX looks_expires ON looks (expires) WHERE expires > 0;
CREATE INDEX looks_open ON looks (started) WHERE state IN ('open', 'running');

CREATE TABLE batches (
	look    TEXT NOT NULL REFERENCES looks (id) ON DELETE CASCADE,
	attempt INTEGER NOT NULL,
	number  INTEGER NOT NULL,
	body    BLOB NOT NULL,
	PRIMARY KEY (look, attempt, number)
) STRICT;

CREATE TABLE dues (
	prefix TEXT PRIMARY KEY,
	due    INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE dues;
DROP TABLE batches;
DROP TABLE looks;
