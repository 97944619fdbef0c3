-- +goose Up
CREATE TABLE opt_outs (
	network TEXT PRIMARY KEY,
	since   BIGINT NOT NULL,
	why     TEXT NOT NULL
);

-- +goose Down
DROP TABLE opt_outs;
