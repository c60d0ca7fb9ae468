-- Rows of a table file with a trace of a person. In a scratch database. $file, $id, $any.
SELECT count(*) AS rows FROM read_parquet($file, hive_partitioning = false)
WHERE broadcaster_id = $id
