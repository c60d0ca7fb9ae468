-- $files: processed stream objects of the day.
INSERT INTO day_stream
SELECT slot, stream_id, broadcaster_id, login, display_name, category_id, category_name, type, title, tags, viewer_count,
    started_at, language, is_mature, detail_id, received_at
FROM read_parquet($files, hive_partitioning = false);
