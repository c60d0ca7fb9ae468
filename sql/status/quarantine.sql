-- Why rows were refused: reasons of one quarantine object, most frequent first (in the scratch database).
SELECT reason, CAST(COUNT(*) AS BIGINT) AS records, MIN(position) AS first_position
FROM read_parquet($file, hive_partitioning = false)
GROUP BY reason
ORDER BY records DESC, reason
