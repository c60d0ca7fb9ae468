-- The history of a day without a person. In a scratch database. $id, and the tables' files: $run, $track,
-- $text_span, $broadcaster_day, $category_day. What cannot be told from tracks, which of its names a
-- category bore at the time, is taken from the names' own spans: the one with most samples.
CREATE OR REPLACE TEMP TABLE forget_run AS SELECT * FROM read_parquet($run, hive_partitioning = false);
CREATE OR REPLACE TEMP TABLE forget_all AS SELECT * FROM read_parquet($track, hive_partitioning = false);
CREATE OR REPLACE TEMP TABLE forget_track AS SELECT * FROM forget_all WHERE broadcaster_id <> $id;
CREATE OR REPLACE TEMP TABLE forget_seen AS
SELECT first_slot + (CAST(place AS BIGINT) - 1) * step_s AS slot, broadcaster_id, category_id
FROM (
    SELECT first_slot, step_s, broadcaster_id, category_id, unnest(viewers) AS viewers,
        generate_subscripts(viewers, 1) AS place
    FROM forget_all
    WHERE category_id IN (SELECT category_id FROM forget_all WHERE broadcaster_id = $id)
) AS listed
WHERE viewers IS NOT NULL;
CREATE OR REPLACE TEMP TABLE forget_text_span AS
SELECT * FROM read_parquet($text_span, hive_partitioning = false)
WHERE stream_id NOT IN (SELECT stream_id FROM forget_all WHERE broadcaster_id = $id);
CREATE OR REPLACE TEMP TABLE forget_broadcaster_day AS
SELECT * FROM read_parquet($broadcaster_day, hive_partitioning = false) WHERE broadcaster_id <> $id;
CREATE OR REPLACE TEMP TABLE forget_category_day AS
SELECT * FROM read_parquet($category_day, hive_partitioning = false);
UPDATE forget_run SET streams = streams - gone.rows, rows_in = rows_in - gone.rows
FROM (SELECT slot, count(*) AS rows FROM forget_seen WHERE broadcaster_id = $id GROUP BY slot) AS gone
WHERE gone.slot = forget_run.slot;
UPDATE forget_category_day SET samples = samples - gone.rows
FROM (
    SELECT category_id, name, count(*) AS rows
    FROM (
        SELECT s.category_id, c.name,
            row_number() OVER (PARTITION BY s.slot, s.category_id ORDER BY c.samples DESC, c.name) AS place
        FROM (SELECT DISTINCT slot, category_id FROM forget_seen WHERE broadcaster_id = $id) AS s
        JOIN forget_category_day c
            ON c.category_id = s.category_id AND c.first_slot <= s.slot AND c.last_slot >= s.slot
    ) AS named
    WHERE place = 1
    GROUP BY category_id, name
) AS gone
WHERE gone.category_id = forget_category_day.category_id AND gone.name = forget_category_day.name;
UPDATE forget_category_day SET first_slot = left_over.first_slot, last_slot = left_over.last_slot, samples = left_over.samples
FROM (
    SELECT category_id, min(slot) AS first_slot, max(slot) AS last_slot, count(*) AS samples
    FROM forget_seen WHERE broadcaster_id <> $id GROUP BY category_id
) AS left_over
WHERE left_over.category_id = forget_category_day.category_id
    AND left_over.category_id IN (SELECT category_id FROM forget_category_day GROUP BY category_id HAVING count(*) = 1);
DELETE FROM forget_category_day WHERE samples <= 0
