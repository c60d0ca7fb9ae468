-- The database anew from processed Parquet: {{out}}.
SET preserve_insertion_order = false;

CREATE TABLE observation AS
SELECT slot, stream_id, broadcaster_id, category_id, "language", viewer_count, detail_id
FROM read_parquet('{{out}}/processed/*/*.parquet', hive_partitioning = false)
ORDER BY slot, stream_id;

CREATE TABLE detail AS
SELECT slot // 86400 AS day, stream_id, detail_id, any_value(started_at) AS started_at, any_value(login) AS login,
    any_value(display_name) AS display_name, any_value(category_name) AS category_name, any_value("type") AS "type",
    any_value(title) AS title, any_value(tags) AS tags
FROM read_parquet('{{out}}/processed/*/*.parquet', hive_partitioning = false)
GROUP BY slot // 86400, stream_id, detail_id;
