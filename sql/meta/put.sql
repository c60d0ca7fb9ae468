DELETE FROM meta WHERE key = $key;
INSERT INTO meta (key, value) VALUES ($key, $value);
