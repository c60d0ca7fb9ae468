-- Query text that more than one file needs, the same for every engine.

-- As in history/run of a day without a reason: what lakes of schema 1 have.
m4_define({{LL_RUN_COLUMNS_1}}, {{slot, run_id, day, cadence_s, source, status, attempt, started_at, finished_at, pages, requests,
    rows_in, streams, duplicates, restarted, quarantined, vanished, refound, errors, sweep_coverage}})
m4_define({{LL_RUN_COLUMNS}}, {{LL_RUN_COLUMNS_1, why}})
m4_define({{LL_TRACK_COLUMNS}}, {{day, stream_id, broadcaster_id, category_id, language, started_at, step_s, first_slot,
    samples, peak, viewers}})
m4_define({{LL_TEXT_SPAN_COLUMNS}}, {{day, stream_id, from_slot, to_slot, title, tags}})
m4_define({{LL_BROADCASTER_DAY_COLUMNS}}, {{day, broadcaster_id, login, display_name, first_slot, last_slot, samples,
    viewers_sum, viewer_seconds, live_seconds, peak, complete_samples, complete_viewer_seconds, complete_live_seconds,
    complete_peak}})
m4_define({{LL_CATEGORY_DAY_COLUMNS}}, {{day, category_id, name, first_slot, last_slot, samples}})

-- LL_CATEGORY_LINKS: who said which IGDB game a category is: Twitch, or IGDB where Twitch never did.
m4_define({{LL_CATEGORY_LINKS}}, {{(
    SELECT category_id, igdb_id, asserted_at, ref FROM ref_category WHERE igdb_id IS NOT NULL
    UNION ALL
    SELECT category_id, igdb_id, asserted_at, ref FROM ref_category_link
    WHERE category_id NOT IN (SELECT category_id FROM ref_category WHERE igdb_id IS NOT NULL)
) AS links}})

-- LL_TRACKS(rows, steps): tracks of rows(day, slot, stream_id, broadcaster_id, category_id,
-- language, viewer_count, started_at) on the grid of steps(day, step_s). A stint ends where the
-- category, language or broadcaster changes, not at a missing slot: that is a NULL in the list.
m4_define({{LL_TRACKS}}, {{
WITH sample AS (
    SELECT s.*,
        lag(slot) OVER stream AS slot_before,
        CASE WHEN lag(broadcaster_id) OVER stream = broadcaster_id AND lag(category_id) OVER stream = category_id
            AND lag(language) OVER stream = language THEN 0 ELSE 1 END AS opens
    FROM $1 s
    WINDOW stream AS (PARTITION BY day, stream_id ORDER BY slot)
), stint_sample AS (
    SELECT sample.*, step_s,
        sum(opens) OVER (PARTITION BY sample.day, stream_id ORDER BY slot) AS stint
    FROM sample JOIN $2 steps ON steps.day = sample.day
), padded AS (
    SELECT day, stream_id, stint, step_s, slot, viewer_count, broadcaster_id, category_id, language, started_at
    FROM stint_sample
    UNION ALL
    SELECT day, stream_id, stint, step_s, LL_SERIES(slot_before + step_s, slot - step_s, step_s), NULL, NULL, NULL, NULL, NULL
    FROM stint_sample WHERE opens = 0 AND slot - slot_before > step_s
)
SELECT day, stream_id, max(broadcaster_id) AS broadcaster_id, max(category_id) AS category_id, max(language) AS language,
    min(started_at) AS started_at, step_s, min(slot) AS first_slot, CAST(count(viewer_count) AS INTEGER) AS samples,
    CAST(max(viewer_count) AS INTEGER) AS peak, LL_ORDERED_LIST(viewer_count, LL_IDIV(slot, step_s)) AS viewers
FROM padded
GROUP BY day, stream_id, stint, step_s}})

-- LL_TEXT_SPANS(rows): how long each title and tag list stood, of rows(day, slot, stream_id,
-- detail_id, title, tags). Equal detail ids are folded first, so that the wide columns are read
-- only where something changed.
m4_define({{LL_TEXT_SPANS}}, {{
WITH sample AS (
    SELECT day, stream_id, slot, CASE WHEN lag(detail_id) OVER stream = detail_id THEN 0 ELSE 1 END AS opens
    FROM $1 source
    WINDOW stream AS (PARTITION BY day, stream_id ORDER BY slot)
), numbered AS (
    SELECT day, stream_id, slot, sum(opens) OVER (PARTITION BY day, stream_id ORDER BY slot) AS span FROM sample
), folded AS (
    SELECT day, stream_id, min(slot) AS from_slot, max(slot) AS to_slot FROM numbered GROUP BY day, stream_id, span
), texts AS (
    SELECT f.day, f.stream_id, f.from_slot, f.to_slot, s.title, s.tags
    FROM folded f JOIN $1 s ON s.day = f.day AND s.stream_id = f.stream_id AND s.slot = f.from_slot
), changes AS (
    SELECT texts.*, CASE WHEN lag(title) OVER stream = title AND lag(tags) OVER stream = tags THEN 0 ELSE 1 END AS opens
    FROM texts
    WINDOW stream AS (PARTITION BY day, stream_id ORDER BY from_slot)
), spans AS (
    SELECT changes.*, sum(opens) OVER (PARTITION BY day, stream_id ORDER BY from_slot) AS span FROM changes
)
SELECT day, stream_id, min(from_slot) AS from_slot, max(to_slot) AS to_slot, title, tags
FROM spans
GROUP BY day, stream_id, span, title, tags}})

-- LL_BROADCASTER_DAYS(rows): of rows(day, slot, broadcaster_id, login, display_name, viewer_count,
-- cadence_s, status).
m4_define({{LL_BROADCASTER_DAYS}}, {{
SELECT day, broadcaster_id, login, display_name, min(slot) AS first_slot, max(slot) AS last_slot,
    CAST(count(*) AS BIGINT) AS samples,
    CAST(sum(viewer_count) AS BIGINT) AS viewers_sum,
    CAST(sum(CAST(viewer_count AS BIGINT) * cadence_s) AS BIGINT) AS viewer_seconds,
    CAST(sum(cadence_s) AS BIGINT) AS live_seconds,
    CAST(max(viewer_count) AS INTEGER) AS peak,
    CAST(sum(CASE WHEN status = 'complete' THEN 1 ELSE 0 END) AS BIGINT) AS complete_samples,
    CAST(sum(CASE WHEN status = 'complete' THEN CAST(viewer_count AS BIGINT) * cadence_s ELSE 0 END) AS BIGINT)
        AS complete_viewer_seconds,
    CAST(sum(CASE WHEN status = 'complete' THEN cadence_s ELSE 0 END) AS BIGINT) AS complete_live_seconds,
    CAST(max(CASE WHEN status = 'complete' THEN viewer_count END) AS INTEGER) AS complete_peak
FROM $1 source
GROUP BY day, broadcaster_id, login, display_name}})

-- LL_CATEGORY_DAYS(rows): of rows(day, slot, category_id, category_name).
m4_define({{LL_CATEGORY_DAYS}}, {{
SELECT day, category_id, category_name AS name, min(slot) AS first_slot, max(slot) AS last_slot,
    CAST(count(*) AS BIGINT) AS samples
FROM $1 source
GROUP BY day, category_id, category_name}})

-- LL_ROLLUP_BASE(rows): the roll-up rows that need no reference data, of rows(slot, category_id,
-- language, viewer_count), for the slots in stage_slot.
m4_define({{LL_ROLLUP_BASE}}, {{
INSERT INTO rollup_slot (slot, dim, key, language, k, viewers, channels)
SELECT slot, 'category_language', category_id, language, 1, CAST(sum(viewer_count) AS BIGINT), CAST(count(*) AS BIGINT)
FROM $1 source
GROUP BY slot, category_id, language;

INSERT INTO rollup_slot (slot, dim, key, language, k, viewers, channels)
SELECT slot, 'platform', 0, '', 1, CAST(sum(viewers) AS BIGINT), CAST(sum(channels) AS BIGINT)
FROM rollup_slot
WHERE dim = 'category_language' AND slot IN (SELECT slot FROM stage_slot)
GROUP BY slot
UNION ALL
SELECT slot, 'category', key, '', 1, CAST(sum(viewers) AS BIGINT), CAST(sum(channels) AS BIGINT)
FROM rollup_slot
WHERE dim = 'category_language' AND slot IN (SELECT slot FROM stage_slot)
GROUP BY slot, key
UNION ALL
SELECT slot, 'language', 0, language, 1, CAST(sum(viewers) AS BIGINT), CAST(sum(channels) AS BIGINT)
FROM rollup_slot
WHERE dim = 'category_language' AND slot IN (SELECT slot FROM stage_slot)
GROUP BY slot, language;
}})

-- LL_ROLLUP_TERMS: genre and game mode rows from the category rows, for the slots in stage_slot.
m4_define({{LL_ROLLUP_TERMS}}, {{
INSERT INTO rollup_slot (slot, dim, key, language, k, viewers, channels)
SELECT c.slot, d.kind, COALESCE(t.term_id, 0), '', COALESCE(t.k, 1), CAST(sum(c.viewers) AS BIGINT),
    CAST(sum(c.channels) AS BIGINT)
FROM rollup_slot c
CROSS JOIN (VALUES ('genre'), ('game_mode')) AS d(kind)
LEFT JOIN category_term t ON t.kind = d.kind AND t.category_id = c.key
    AND t.valid_from <= LL_DAY(c.slot) AND LL_DAY(c.slot) < t.valid_to
WHERE c.dim = 'category' AND c.slot IN (SELECT slot FROM stage_slot)
GROUP BY c.slot, d.kind, COALESCE(t.term_id, 0), COALESCE(t.k, 1);
}})

-- LL_REFERENCE(table, columns): the assertions of the dump $ref are those in the table's stage.
m4_define({{LL_REFERENCE}}, {{
DELETE FROM ref_$1 WHERE ref = $ref;
INSERT INTO ref_$1 (ref, $2)
SELECT CAST($ref AS TEXT), $2 FROM stage_$1;
DELETE FROM stage_$1;
}})

-- LL_OBSERVATIONS(condition on hot, condition on track, condition on slot).
m4_define({{LL_OBSERVATIONS}}, {{
SELECT run.run_id, o.slot, LL_TIMESTAMP(o.slot) AS observed_at, run.day, o.stream_id, o.broadcaster_id, o.category_id, o.language,
    o.viewer_count, run.cadence_s AS weight_s, run.status = 'complete' AS complete
FROM (
    SELECT slot, stream_id, broadcaster_id, category_id, language, viewer_count FROM hot WHERE $1
    UNION ALL
    SELECT first_slot + (CAST(place AS BIGINT) - 1) * step_s, stream_id, broadcaster_id, category_id, language, viewers
    FROM (
        SELECT first_slot, step_s, stream_id, broadcaster_id, category_id, language,
            unnest(viewers) AS viewers, generate_subscripts(viewers, 1) AS place
        FROM track WHERE $2
    ) AS listed
    WHERE viewers IS NOT NULL
) AS o
JOIN run ON run.slot = o.slot
WHERE $3}})

-- LL_OFFSET(zone, s): seconds that the zone is ahead of UTC at epoch seconds s.
m4_define({{LL_OFFSET}}, {{(LL_EPOCH(LL_LOCAL($1, LL_TIMESTAMP($2))) - ($2))}})
-- LL_MIDNIGHT(zone, day): epoch seconds at which a local day, a TIMESTAMP at 00:00, begins. A day that
-- has its midnight twice begins at the first.
m4_define({{LL_MIDNIGHT}}, {{CASE WHEN LL_LOCAL($1, LL_INSTANT($1, $2) - INTERVAL '1 hour') = $2
        THEN LL_EPOCH(LL_INSTANT($1, $2)) - 3600 ELSE LL_EPOCH(LL_INSTANT($1, $2)) END}})
