INSERT INTO contract (k, t) VALUES ($k, $t);
