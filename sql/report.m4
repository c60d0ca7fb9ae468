m4_divert(-1)
-- What the report queries share. Parameters: $from_s, $to_s, $tz, $grain, $what, $by, $sort, $limit, $keys,
-- $genre_unit, $game_mode_unit; lists of what is wanted and, with not_, of what is not (NULL = any):
-- $category_ids, $broadcaster_ids, $languages, $genre_ids, $game_mode_ids, $session_ids; and the last
-- row of the page before: $paged, $after_value, $after_id, $after_by. $unfiltered: nothing is left out.
--
-- Fractional attribution in whole numbers: a category with k genres gives each genre
-- $genre_unit / k parts, and sums are divided by the unit at the end. The unit is 5354228880, which
-- every number up to 24 divides, and 60 for game modes, of which there are six. It is 1 where
-- viewers are not divided: full attribution, or no genre (mode) among the keys.
m4_define({{LL_PARTS}}, {{CASE WHEN CAST($1 AS BIGINT) = 1 THEN 1 ELSE LL_IDIV(CAST($1 AS BIGINT), $2) END}})
-- LL_WHOLE(parts): the number of wholes, exact where it is a whole number.
m4_define({{LL_WHOLE}}, {{(CAST(LL_IDIV($1, LL_UNIT) AS DOUBLE PRECISION) + CAST(($1) % LL_UNIT AS DOUBLE PRECISION) / LL_UNIT)}})
m4_define({{LL_UNIT}}, {{(CAST($genre_unit AS BIGINT) * CAST($game_mode_unit AS BIGINT))}})

-- LL_WANTED(value, name, type): the filter $name, a list, on a value.
m4_define({{LL_WANTED}}, {{(($$2 IS NULL OR $1 = ANY(CAST($$2 AS $3[]))) AND ($not_$2 IS NULL OR NOT $1 = ANY(CAST($not_$2 AS $3[]))))}})

-- LL_WALL_START, LL_BUCKET: of a slot whose local time is `wall`: where its bucket begins on the wall clock, and
-- the bucket's instant. Hours of the week are numbered from 0, Monday's first hour.
m4_define({{LL_WALL_START}}, {{CASE $grain WHEN 'day' THEN date_trunc('day', wall) WHEN 'week' THEN date_trunc('week', wall)
            WHEN 'month' THEN date_trunc('month', wall) ELSE date_trunc('hour', wall) END}})
m4_define({{LL_BUCKET}}, {{CASE WHEN $grain = 'none' THEN CAST($from_s AS BIGINT) WHEN $grain = 'slot' THEN slot
            WHEN $grain = 'hour_of_week'
                THEN CAST((EXTRACT(isodow FROM wall) - 1) * 24 + EXTRACT(hour FROM wall) AS BIGINT)
            WHEN $grain = 'hour' THEN slot - (LL_EPOCH(wall) - LL_EPOCH(wall_start))
            ELSE LL_MIDNIGHT($tz, wall_start) END}})

-- LL_REPORT_SLOTS: the good slots of the range with the local bucket each starts in. Averages and
-- peaks use the complete ones of a bucket, or all where none is complete. A day that has its
-- midnight twice begins at the first.
m4_define({{LL_REPORT_SLOTS}}, {{good AS (
    SELECT slot, day, cadence_s, status = 'complete' AS complete, LL_LOCAL($tz, LL_TIMESTAMP(slot)) AS wall
    FROM run
    WHERE slot >= $from_s AND slot < $to_s AND status IN ('complete', 'partial')
), bucketed AS (
    SELECT slot, day, cadence_s, complete, LL_BUCKET AS bucket FROM (SELECT good.*, LL_WALL_START AS wall_start FROM good) AS truncated
), slots AS (
    SELECT slot, day, cadence_s, bucket, complete, complete OR NOT bool_or(complete) OVER (PARTITION BY bucket) AS used,
        NOT bool_or(complete) OVER (PARTITION BY bucket) AS partial
    FROM bucketed
), covered AS (
    SELECT bucket, LL_OFFSET($tz, bucket) AS offset_s, covered_s, partial
    FROM (
        SELECT bucket, sum(CASE WHEN used THEN cadence_s ELSE 0 END) AS covered_s, bool_or(partial) AS partial
        FROM slots GROUP BY bucket
    ) AS buckets
)}})

-- LL_REPORT_TERMS: genres and modes of categories by day, for filters (…_hit) and keys (…_key).
m4_define({{LL_REPORT_TERMS}}, {{term_day AS (
    SELECT t.kind, t.category_id, d.day, t.term_id, t.k
    FROM category_term t JOIN (SELECT DISTINCT day FROM slots) d ON t.valid_from <= d.day AND d.day < t.valid_to
    WHERE t.kind IN ('genre', 'game_mode')
), genre_hit AS (
    SELECT category_id, day, bool_or(term_id = ANY(CAST($genre_ids AS BIGINT[]))) AS hit,
        bool_or(term_id = ANY(CAST($not_genre_ids AS BIGINT[]))) AS not_hit
    FROM term_day
    WHERE kind = 'genre' AND ($genre_ids IS NOT NULL OR $not_genre_ids IS NOT NULL) GROUP BY category_id, day
), game_mode_hit AS (
    SELECT category_id, day, bool_or(term_id = ANY(CAST($game_mode_ids AS BIGINT[]))) AS hit,
        bool_or(term_id = ANY(CAST($not_game_mode_ids AS BIGINT[]))) AS not_hit
    FROM term_day
    WHERE kind = 'game_mode' AND ($game_mode_ids IS NOT NULL OR $not_game_mode_ids IS NOT NULL) GROUP BY category_id, day
), genre_key AS (
    SELECT category_id, day, term_id, k FROM term_day WHERE kind = 'genre' AND ($what = 'genres' OR $by = 'genre')
), game_mode_key AS (
    SELECT category_id, day, term_id, k FROM term_day WHERE kind = 'game_mode' AND ($what = 'game-modes' OR $by = 'game_mode')
)}})

-- LL_REPORT_FILTER(x): joins and conditions on x(day, category_id, language).
m4_define({{LL_REPORT_FILTER}}, {{LEFT JOIN genre_hit ON genre_hit.category_id = $1.category_id AND genre_hit.day = $1.day
    LEFT JOIN game_mode_hit ON game_mode_hit.category_id = $1.category_id AND game_mode_hit.day = $1.day
    WHERE LL_WANTED($1.category_id, category_ids, BIGINT) AND LL_WANTED($1.language, languages, TEXT)
        AND LL_WANTED_TERM(genre) AND LL_WANTED_TERM(game_mode)}})
-- LL_WANTED_TERM(kind): without terms a category is Unmapped, which is term 0.
m4_define({{LL_WANTED_TERM}}, {{($$1_ids IS NULL OR COALESCE($1_hit.hit, 0 = ANY(CAST($$1_ids AS BIGINT[]))))
        AND ($not_$1_ids IS NULL OR NOT COALESCE($1_hit.not_hit, 0 = ANY(CAST($not_$1_ids AS BIGINT[]))))}})

-- LL_REPORT_KEYS(x, dim): select list of the keys of x(day, broadcaster_id, category_id, language).
-- Where dim is a genre or game mode roll-up, category_id is that key already.
m4_define({{LL_REPORT_KEYS}}, {{CASE $what WHEN 'categories' THEN CAST($1.category_id AS TEXT) WHEN 'languages' THEN $1.language
            WHEN 'broadcasters' THEN CAST($1.broadcaster_id AS TEXT)
            WHEN 'genres' THEN CAST(CASE WHEN $2 = 'genre' THEN $1.category_id ELSE COALESCE(genre_key.term_id, 0) END AS TEXT)
            WHEN 'game-modes' THEN
                CAST(CASE WHEN $2 = 'game_mode' THEN $1.category_id ELSE COALESCE(game_mode_key.term_id, 0) END AS TEXT)
            ELSE '' END AS id,
        CASE $by WHEN 'category' THEN CAST($1.category_id AS TEXT) WHEN 'language' THEN $1.language
            WHEN 'genre' THEN CAST(COALESCE(genre_key.term_id, 0) AS TEXT)
            WHEN 'game_mode' THEN CAST(COALESCE(game_mode_key.term_id, 0) AS TEXT)
            ELSE '' END AS by_id}})
m4_define({{LL_REPORT_KEY_JOINS}}, {{LEFT JOIN genre_key ON genre_key.category_id = $1.category_id AND genre_key.day = $1.day
        AND $2 NOT IN ('genre', 'game_mode')
    LEFT JOIN game_mode_key ON game_mode_key.category_id = $1.category_id AND game_mode_key.day = $1.day
        AND $2 NOT IN ('genre', 'game_mode')}})
-- LL_REPORT_PARTS(k, dim): the parts of one viewer; k is that of a genre or mode roll-up row, else 1.
m4_define({{LL_REPORT_PARTS}}, {{LL_PARTS($genre_unit, CASE WHEN $2 = 'genre' THEN $1 ELSE COALESCE(genre_key.k, 1) END)
        * LL_PARTS($game_mode_unit, CASE WHEN $2 = 'game_mode' THEN $1 ELSE COALESCE(game_mode_key.k, 1) END)}})
-- LL_REPORT_CHOSEN: of id and by_id, in a series: the keys that the whole range ranked.
m4_define({{LL_REPORT_CHOSEN}}, {{($keys IS NULL OR (id || '/' || by_id) IN (SELECT unnest(CAST($keys AS TEXT[]))))}})

-- LL_REPORT_MEASURES: sums and maxima of parts over s(used, cadence_s) and x(viewers, channels, samples).
m4_define({{LL_REPORT_MEASURES}}, {{sum(CAST($1.viewers AS $2) * s.cadence_s) AS viewer_parts,
        sum(CAST($1.channels AS $2) * s.cadence_s) AS live_parts,
        sum(CASE WHEN s.used THEN CAST($1.viewers AS $2) * s.cadence_s ELSE 0 END) AS used_viewer_parts,
        sum(CASE WHEN s.used THEN CAST($1.channels AS $2) * s.cadence_s ELSE 0 END) AS used_live_parts,
        max(CASE WHEN s.used THEN $1.viewers END) AS peak_viewer_parts,
        max(CASE WHEN s.used THEN $1.channels END) AS peak_channel_parts,
        CAST(sum($1.samples) AS BIGINT) AS samples}})

-- LL_REPORT_ROWS: the answer from measured(bucket, id, by_id, …), covered, total(bucket, viewer_seconds)
-- and uniques(bucket, id, by_id, unique_channels); or what LL_REPORT_UNIQUES is defined anew as, where that is known.
m4_define({{LL_REPORT_UNIQUES}}, {{LEFT JOIN uniques u ON u.bucket = m.bucket AND u.id = m.id AND u.by_id = m.by_id}})
m4_define({{LL_REPORT_ORDER}}, {{ORDER BY bucket,
    CASE WHEN $keys IS NOT NULL THEN array_position(CAST($keys AS TEXT[]), id || '/' || by_id) END,
    sort_value DESC NULLS LAST, id, by_id}})
-- The metrics, of a row with its covered_s, viewer_seconds (of all) and unique_channels.
m4_define({{LL_HOURS}}, {{LL_WHOLE(viewer_parts) / 3600}})
m4_define({{LL_AIRTIME}}, {{LL_WHOLE(live_parts) / 3600}})
m4_define({{LL_AVERAGE}}, {{LL_WHOLE(used_viewer_parts) / covered_s}})
m4_define({{LL_WHILE_LIVE}}, {{CASE WHEN used_live_parts > 0 THEN LL_WHOLE(used_viewer_parts) / LL_WHOLE(used_live_parts) END}})
m4_define({{LL_CHANNELS}}, {{LL_WHOLE(used_live_parts) / covered_s}})
m4_define({{LL_PEAK}}, {{CASE WHEN $what = 'broadcasters' OR peak_viewer_parts IS NOT NULL THEN LL_WHOLE(peak_viewer_parts) ELSE 0 END}})
m4_define({{LL_PEAK_CHANNELS}}, {{COALESCE(LL_WHOLE(peak_channel_parts), 0)}})
m4_define({{LL_UNIQUE}}, {{CAST(COALESCE(unique_channels, 0) AS BIGINT)}})
m4_define({{LL_SHARE}}, {{CASE WHEN viewer_seconds > 0 THEN LL_WHOLE(viewer_parts) / CAST(viewer_seconds AS DOUBLE PRECISION) END}})
m4_define({{LL_REPORT_ROWS}}, {{SELECT bucket, offset_s, id, by_id, partial, LL_HOURS AS hours_watched, LL_AIRTIME AS airtime_hours,
    LL_AVERAGE AS average_viewers, LL_WHILE_LIVE AS average_viewers_while_live, LL_CHANNELS AS average_channels, LL_PEAK AS peak_viewers,
    LL_PEAK_CHANNELS AS peak_channels, LL_UNIQUE AS unique_channels, samples, LL_SHARE AS share, sort_value
FROM ( -- of many keys few are wanted: only what sorts them is worked out for all
    SELECT * FROM (
        SELECT answer.*, CASE $sort WHEN 'airtime_hours' THEN LL_AIRTIME WHEN 'average_viewers' THEN LL_AVERAGE
            WHEN 'average_viewers_while_live' THEN LL_WHILE_LIVE WHEN 'average_channels' THEN LL_CHANNELS
            WHEN 'peak_viewers' THEN LL_PEAK WHEN 'peak_channels' THEN LL_PEAK_CHANNELS
            WHEN 'unique_channels' THEN CAST(LL_UNIQUE AS DOUBLE PRECISION) WHEN 'samples' THEN CAST(samples AS DOUBLE PRECISION)
            WHEN 'share' THEN LL_SHARE ELSE LL_HOURS END AS sort_value
        FROM (
            SELECT m.*, c.offset_s, c.partial, c.covered_s, t.viewer_seconds, u.unique_channels
            FROM measured m
            JOIN covered c ON c.bucket = m.bucket
            LEFT JOIN total t ON t.bucket = m.bucket
            LL_REPORT_UNIQUES
        ) AS answer
    ) AS valued
    WHERE LL_REPORT_AFTER(id, by_id) AND LL_REPORT_CHOSEN
    LL_REPORT_ORDER
    LIMIT CAST($limit AS BIGINT)
) AS chosen
LL_REPORT_ORDER}})
-- LL_REPORT_AFTER(id, by_id): whether a row with a sort_value comes after the last one of the page before.
m4_define({{LL_REPORT_AFTER}}, {{(NOT $paged
    OR (sort_value IS NULL AND CAST($after_value AS DOUBLE PRECISION) IS NOT NULL)
    OR sort_value < CAST($after_value AS DOUBLE PRECISION)
    OR ((sort_value = CAST($after_value AS DOUBLE PRECISION)
            OR (sort_value IS NULL AND CAST($after_value AS DOUBLE PRECISION) IS NULL))
        AND ($1 > CAST($after_id AS TEXT) OR ($1 = CAST($after_id AS TEXT) AND $2 > CAST($after_by AS TEXT)))))}})

-- LL_REPORT_BROADCASTERS: sums(broadcaster_id, …), some rows for each, over the whole range, all categories and languages:
-- whole closed days from their day rows, the ends of the range and open days from observations.
m4_define({{LL_FULL_FROM}}, {{LEAST(LL_IDIV(CAST($from_s AS BIGINT) + 86399, 86400) * 86400, CAST($to_s AS BIGINT))}})
m4_define({{LL_FULL_TO}}, {{GREATEST(LL_IDIV(CAST($to_s AS BIGINT), 86400) * 86400, LL_FULL_FROM)}})
m4_define({{LL_REPORT_BROADCASTERS}}, {{samples AS (
    SELECT slot, broadcaster_id, viewer_count FROM observations(CAST($from_s AS BIGINT), LL_FULL_FROM)
    UNION ALL
    SELECT slot, broadcaster_id, viewer_count FROM observations(LL_FULL_TO, CAST($to_s AS BIGINT))
    UNION ALL
    SELECT slot, broadcaster_id, viewer_count FROM hot WHERE slot >= LL_FULL_FROM AND slot < LL_FULL_TO
), sums AS (
    SELECT o.broadcaster_id, sum(CAST(o.viewer_count AS BIGINT) * s.cadence_s) AS viewer_parts, sum(s.cadence_s) AS live_parts,
        sum(CASE WHEN s.used THEN CAST(o.viewer_count AS BIGINT) * s.cadence_s ELSE 0 END) AS used_viewer_parts,
        sum(CASE WHEN s.used THEN s.cadence_s ELSE 0 END) AS used_live_parts,
        max(CASE WHEN s.used THEN o.viewer_count END) AS peak, count(*) AS samples
    FROM samples o JOIN slots s ON s.slot = o.slot
    WHERE LL_WANTED(o.broadcaster_id, broadcaster_ids, BIGINT)
    GROUP BY o.broadcaster_id
    UNION ALL
    SELECT d.broadcaster_id, d.viewer_seconds, d.live_seconds,
        CASE WHEN c.partial THEN d.viewer_seconds ELSE d.complete_viewer_seconds END,
        CASE WHEN c.partial THEN d.live_seconds ELSE d.complete_live_seconds END,
        CASE WHEN c.partial THEN d.peak ELSE d.complete_peak END, d.samples
    FROM broadcaster_day d CROSS JOIN covered c -- one bucket
    WHERE d.day >= LL_DAY(LL_FULL_FROM) AND d.day < LL_DAY(LL_FULL_TO)
        AND LL_WANTED(d.broadcaster_id, broadcaster_ids, BIGINT)
)}})
-- LL_REPORT_PRESELECT: conditions on stored rows that leave out most of what the filters do not want, before lists are
-- taken apart; LL_REPORT_FILTER is exact.
m4_define({{LL_REPORT_PRESELECT}}, {{LL_WANTED(broadcaster_id, broadcaster_ids, BIGINT) AND LL_WANTED(category_id, category_ids, BIGINT)
        AND LL_WANTED(language, languages, TEXT) AND LL_PRESELECT_TERM(genre) AND LL_PRESELECT_TERM(game_mode)}})
m4_define({{LL_PRESELECT_TERM}}, {{($$1_ids IS NULL OR 0 = ANY(CAST($$1_ids AS BIGINT[]))
        OR category_id IN (SELECT category_id FROM $1_hit WHERE hit))}})

-- LL_REPORT_OBSERVATIONS: filtered(slot, day, stream_id, broadcaster_id, category_id, language, viewers), all filters applied.
m4_define({{LL_REPORT_OBSERVATIONS}}, {{base AS (
    SELECT o.slot, s.day, o.stream_id, o.broadcaster_id, o.category_id, o.language, o.viewer_count AS viewers, s.cadence_s, s.used
    FROM (LL_OBSERVATIONS(slot >= $from_s AND slot < $to_s AND LL_WANTED(stream_id, session_ids, BIGINT) AND LL_REPORT_PRESELECT,
        day >= LL_DAY($from_s) AND day <= LL_DAY($to_s) AND LL_WANTED(stream_id, session_ids, BIGINT) AND LL_REPORT_PRESELECT,
        o.slot >= $from_s AND o.slot < $to_s)) o
    JOIN slots s ON s.slot = o.slot
), filtered AS (
    SELECT base.* FROM base
    LL_REPORT_FILTER(base)
)}})

-- LL_CONCENTRATION: the answer from channels(broadcaster_id, viewer_seconds), one row for each.
m4_define({{LL_CONCENTRATION}}, {{placed AS (
    SELECT CAST(viewer_seconds AS DOUBLE PRECISION) AS v, row_number() OVER (ORDER BY viewer_seconds DESC, broadcaster_id) AS place,
        CAST(sum(viewer_seconds) OVER () AS DOUBLE PRECISION) AS total, count(*) OVER () AS n
    FROM channels
), summed AS (
    SELECT CAST(count(*) AS BIGINT) AS channels, max(total) AS total, sum((v / total) * (v / total)) AS hhi,
        sum((n + 1 - 2 * place) * v) / max(n * total) AS gini, sum(CASE WHEN place <= 1 THEN v ELSE 0 END) / max(total) AS top_1,
        sum(CASE WHEN place <= 10 THEN v ELSE 0 END) / max(total) AS top_10,
        sum(CASE WHEN place <= 100 THEN v ELSE 0 END) / max(total) AS top_100
    FROM placed WHERE total > 0
)
SELECT channels, total / 3600 AS hours_watched, CASE WHEN hhi > 0 THEN 1 / hhi END AS effective_channels, hhi, gini,
    top_1, top_10, top_100
FROM summed WHERE $limit > 0}})
m4_divert(0)m4_dnl
