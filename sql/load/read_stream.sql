-- What every run adds, of a processed file. In a scratch database. $file, $slot.
SELECT slot, stream_id, broadcaster_id, category_id, language, viewer_count, detail_id
FROM read_parquet($file, hive_partitioning = false)
WHERE slot = $slot
