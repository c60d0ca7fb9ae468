-- What load/new_details asked for, of a processed file. In a scratch database. $file, $slot, $day.
SELECT CAST($day AS DATE) AS day, stream_id, detail_id, started_at, login, display_name, category_name, type, title, tags
FROM read_parquet($file, hive_partitioning = false)
WHERE slot = $slot AND stream_id IN (SELECT stream_id FROM new_detail WHERE slot = $slot)
