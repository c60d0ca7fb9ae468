-- From the capture's JSON to processed Parquet, one file a run: {{capture}}, {{out}}. Everything at
-- once: DuckDB's parallelism is over files. Times become slots file by file, before the rows are
-- taken apart; the narrow dedupe leaves the wide columns alone.
SET preserve_insertion_order = false;

CREATE TEMP TABLE raw_row AS
SELECT slot, unnest(data, recursive := true)
FROM (
    SELECT CAST(epoch(timezone('America/Los_Angeles', strptime(day_date_id || time_of_day_id, '%Y%m%d%H%M'))) AS BIGINT) AS slot, data
    FROM read_json('{{capture}}/raw_streams_data/*/*.json', maximum_object_size = 1000000000,
        columns = {day_date_id: 'VARCHAR', time_of_day_id: 'VARCHAR', data: 'STRUCT(id BIGINT, user_id BIGINT, user_login VARCHAR,
            user_name VARCHAR, game_id BIGINT, game_name VARCHAR, "type" VARCHAR, title VARCHAR, viewer_count INTEGER,
            started_at TIMESTAMP, "language" VARCHAR, tags VARCHAR[], is_mature BOOLEAN)[]'})
);

-- One stream a broadcaster and slot: of several rows the one that started last.
CREATE TEMP TABLE kept AS
SELECT arg_max(rowid, started_at) AS kept FROM raw_row GROUP BY slot, user_id;

COPY (
    SELECT slot, id AS stream_id, user_id AS broadcaster_id, user_login AS login, user_name AS display_name,
        game_id AS category_id, game_name AS category_name, "type", title, tags, viewer_count, started_at, "language", is_mature,
        hash(user_login, user_name, game_name, "type", title, tags, started_at) AS detail_id
    FROM raw_row WHERE rowid IN (SELECT kept FROM kept)
) TO '{{out}}/processed' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (slot), WRITE_PARTITION_COLUMNS true);

CREATE TABLE observation AS
SELECT slot, id AS stream_id, user_id AS broadcaster_id, game_id AS category_id, "language", viewer_count,
    hash(user_login, user_name, game_name, "type", title, tags, started_at) AS detail_id
FROM raw_row WHERE rowid IN (SELECT kept FROM kept)
ORDER BY slot, stream_id;

CREATE TABLE detail AS
WITH keyed AS (
    SELECT rowid AS place, id, slot // 86400 AS day,
        hash(user_login, user_name, game_name, "type", title, tags, started_at) AS detail_id
    FROM raw_row WHERE rowid IN (SELECT kept FROM kept)
), chosen AS (
    SELECT min(place) AS place, any_value(detail_id) AS detail_id FROM keyed GROUP BY day, id, detail_id
)
SELECT r.slot // 86400 AS day, r.id AS stream_id, c.detail_id, r.started_at, r.user_login AS login,
    r.user_name AS display_name, r.game_name AS category_name, r."type", r.title, r.tags
FROM chosen c JOIN raw_row r ON r.rowid = c.place;

DROP TABLE raw_row;
DROP TABLE kept;
