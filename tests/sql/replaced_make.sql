-- A table whose rows a test replaces; LL_KEY as in the schema.
CREATE TABLE replaced (k BIGINT LL_KEY, t TEXT NOT NULL);
