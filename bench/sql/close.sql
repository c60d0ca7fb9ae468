-- History of all days as Parquet: {{out}}. From the tables, which is quicker than from Parquet.
CREATE TEMP TABLE sample AS
SELECT slot // 86400 AS day, *,
    CASE WHEN lag(category_id) OVER stream = category_id AND lag("language") OVER stream = "language" THEN 0 ELSE 1 END AS opens,
    CASE WHEN lag(detail_id) OVER stream = detail_id THEN 0 ELSE 1 END AS changes
FROM observation
WINDOW stream AS (PARTITION BY slot // 86400, stream_id ORDER BY slot);

CREATE TABLE track AS
WITH stint AS (
    SELECT *, sum(opens) OVER (PARTITION BY day, stream_id ORDER BY slot) AS stint FROM sample
)
SELECT s.day, s.stream_id, any_value(broadcaster_id) AS broadcaster_id, any_value(category_id) AS category_id,
    any_value("language") AS "language", min(slot) AS first_slot, count(*) AS samples, max(viewer_count) AS peak,
    list(slot ORDER BY slot) AS slots, list(viewer_count ORDER BY slot) AS viewers
FROM stint s
GROUP BY s.day, s.stream_id, stint;

CREATE TABLE text_span AS
WITH numbered AS (
    SELECT day, stream_id, slot, detail_id, sum(changes) OVER (PARTITION BY day, stream_id ORDER BY slot) AS span FROM sample
), folded AS (
    SELECT day, stream_id, min(slot) AS from_slot, max(slot) AS to_slot, any_value(detail_id) AS detail_id
    FROM numbered GROUP BY day, stream_id, span
)
SELECT f.day, f.stream_id, f.from_slot, f.to_slot, d.title, d.tags
FROM folded f JOIN detail d ON d.day = f.day AND d.stream_id = f.stream_id AND d.detail_id = f.detail_id;

CREATE TABLE broadcaster_day AS
WITH summed AS (
    SELECT day, stream_id, detail_id, any_value(broadcaster_id) AS broadcaster_id, min(slot) AS first_slot, max(slot) AS last_slot,
        count(*) AS samples, sum(viewer_count) AS viewers_sum, max(viewer_count) AS peak
    FROM sample GROUP BY day, stream_id, detail_id
)
SELECT s.day, broadcaster_id, login, display_name, min(first_slot) AS first_slot, max(last_slot) AS last_slot,
    sum(samples) AS samples, sum(viewers_sum) AS viewers_sum, max(peak) AS peak
FROM summed s JOIN detail d ON d.day = s.day AND d.stream_id = s.stream_id AND d.detail_id = s.detail_id
GROUP BY s.day, broadcaster_id, login, display_name;

CREATE TABLE category_day AS
WITH summed AS (
    SELECT day, stream_id, detail_id, any_value(category_id) AS category_id, min(slot) AS first_slot, max(slot) AS last_slot,
        count(*) AS samples
    FROM sample GROUP BY day, stream_id, detail_id
)
SELECT s.day, category_id, category_name AS name, min(first_slot) AS first_slot, max(last_slot) AS last_slot, sum(samples) AS samples
FROM summed s JOIN detail d ON d.day = s.day AND d.stream_id = s.stream_id AND d.detail_id = s.detail_id
GROUP BY s.day, category_id, category_name;

COPY (SELECT * FROM track ORDER BY broadcaster_id, stream_id, first_slot)
TO '{{out}}/history/track' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day), WRITE_PARTITION_COLUMNS true);
COPY (SELECT * FROM text_span ORDER BY stream_id, from_slot)
TO '{{out}}/history/text_span' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day), WRITE_PARTITION_COLUMNS true);
COPY (SELECT * FROM broadcaster_day ORDER BY broadcaster_id)
TO '{{out}}/history/broadcaster_day' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day), WRITE_PARTITION_COLUMNS true);
COPY (SELECT * FROM category_day ORDER BY category_id)
TO '{{out}}/history/category_day' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day), WRITE_PARTITION_COLUMNS true);
DROP TABLE sample;
