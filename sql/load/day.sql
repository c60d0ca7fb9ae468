-- Publishes a closed day from the stages: all its rows are replaced. $day, $generation, $manifest_sha256.
m4_include({{load/clear_day.sql}})

INSERT INTO run (LL_RUN_COLUMNS)
SELECT LL_RUN_COLUMNS FROM stage_run WHERE day = CAST($day AS DATE);
INSERT INTO track (LL_TRACK_COLUMNS)
SELECT LL_TRACK_COLUMNS FROM stage_track WHERE day = CAST($day AS DATE);
INSERT INTO text_span (LL_TEXT_SPAN_COLUMNS)
SELECT LL_TEXT_SPAN_COLUMNS FROM stage_text_span WHERE day = CAST($day AS DATE);
INSERT INTO broadcaster_day (LL_BROADCASTER_DAY_COLUMNS)
SELECT LL_BROADCASTER_DAY_COLUMNS FROM stage_broadcaster_day WHERE day = CAST($day AS DATE);
INSERT INTO category_day (LL_CATEGORY_DAY_COLUMNS)
SELECT LL_CATEGORY_DAY_COLUMNS FROM stage_category_day WHERE day = CAST($day AS DATE);

DELETE FROM stage_slot;
INSERT INTO stage_slot (slot) SELECT slot FROM run WHERE day = CAST($day AS DATE);
LL_ROLLUP_BASE((
    SELECT first_slot + (CAST(place AS BIGINT) - 1) * step_s AS slot, category_id, language, viewer_count
    FROM (
        SELECT first_slot, step_s, category_id, language, unnest(viewers) AS viewer_count,
            generate_subscripts(viewers, 1) AS place
        FROM stage_track WHERE day = CAST($day AS DATE)
    ) AS listed
    WHERE viewer_count IS NOT NULL
))
LL_ROLLUP_TERMS

m4_include({{ledger/put.sql}})

DELETE FROM day_state WHERE day = CAST($day AS DATE);
INSERT INTO day_state (day, closed, dirty, sealed, generation, manifest_sha256)
VALUES (CAST($day AS DATE), TRUE, FALSE, FALSE, CAST($generation AS INTEGER), $manifest_sha256);

m4_include({{load/clear_stages.sql}})
