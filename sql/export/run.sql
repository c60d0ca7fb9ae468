SELECT * FROM run
WHERE slot >= CAST($from_s AS BIGINT) AND slot < CAST($to_s AS BIGINT)
ORDER BY slot
