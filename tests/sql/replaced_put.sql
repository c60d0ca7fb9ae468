-- $count rows from $k on, again, as a load puts a slot's in the place of its older ones.
DELETE FROM replaced WHERE k >= $k AND k < $k + $count;
INSERT INTO replaced (k, t) SELECT range, $t FROM range(CAST($k AS BIGINT), CAST($k + $count AS BIGINT));
