-- A table of the warehouse's contract tests.
CREATE TABLE contract (k BIGINT PRIMARY KEY, t TEXT NOT NULL);
