-- $from_s <= slot < $to_s, epoch seconds.
SELECT * FROM observations(CAST($from_s AS BIGINT), CAST($to_s AS BIGINT)) ORDER BY slot, stream_id
