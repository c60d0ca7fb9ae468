-- Sessions that have a sample in [$from_s, $to_s), or lie around it; whole, not cut.
SELECT * FROM session
WHERE first_slot < CAST($to_s AS BIGINT) AND last_slot >= CAST($from_s AS BIGINT)
ORDER BY stream_id
