-- +goose Up
CREATE TABLE opt_outs (
	network TEXT PRIMARY KEY,
	since   INTEGER NOT NULL,
	why     TEXT NOT NULL
) STRICT;

-- +goose Down
DROP TABLE opt_outs;
