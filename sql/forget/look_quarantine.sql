-- Rows of a quarantine file with a trace of a person. In a scratch database. $file, $id, $any.
SELECT count(*) AS rows FROM read_parquet($file, hive_partitioning = false)
WHERE LL_MATCHES(record, '\b' || CAST($id AS TEXT) || '\b') OR LL_MATCHES(record, $any)
