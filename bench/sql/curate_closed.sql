-- The database anew from the history of closed days: {{out}}.
CREATE TABLE track AS
SELECT * FROM read_parquet('{{out}}/history/track/*/*.parquet', hive_partitioning = false);
CREATE TABLE text_span AS
SELECT * FROM read_parquet('{{out}}/history/text_span/*/*.parquet', hive_partitioning = false);
CREATE TABLE broadcaster_day AS
SELECT * FROM read_parquet('{{out}}/history/broadcaster_day/*/*.parquet', hive_partitioning = false);
CREATE TABLE category_day AS
SELECT * FROM read_parquet('{{out}}/history/category_day/*/*.parquet', hive_partitioning = false);
CREATE TABLE observation AS
SELECT unnest(slots) AS slot, stream_id, broadcaster_id, category_id, "language", unnest(viewers) AS viewer_count FROM track;
