-- The second cannot be.
INSERT INTO contract (k, t) VALUES ($k, 'first');
INSERT INTO contract (k, t) VALUES ($k, 'second');
