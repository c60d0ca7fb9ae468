m4_divert(-1)
-- What the report queries share. Parameters: $from_s, $to_s, $tz, $grain, $category_id, $language,
-- $genre_id, $game_mode_id, $broadcaster_id (NULL = any), $what, $by, $sort, $limit, $keys,
-- $genre_unit, $game_mode_unit.
--
-- Fractional attribution in whole numbers: a category with k genres gives each genre
-- $genre_unit / k parts, and sums are divided by the unit at the end. The unit is 5354228880, which
-- every number up to 24 divides, and 60 for game modes, of which there are six. It is 1 where
-- viewers are not divided: full attribution, or no genre (mode) among the keys.
m4_define({{LL_PARTS}}, {{CASE WHEN CAST($1 AS BIGINT) = 1 THEN 1 ELSE LL_IDIV(CAST($1 AS BIGINT), $2) END}})
-- LL_WHOLE(parts): the number of wholes, exact where it is a whole number.
m4_define({{LL_WHOLE}}, {{(CAST(LL_IDIV($1, LL_UNIT) AS DOUBLE PRECISION) + CAST(($1) % LL_UNIT AS DOUBLE PRECISION) / LL_UNIT)}})
m4_define({{LL_UNIT}}, {{(CAST($genre_unit AS BIGINT) * CAST($game_mode_unit AS BIGINT))}})

-- LL_REPORT_SLOTS: the good slots of the range with the local bucket each starts in. Averages and
-- peaks use the complete ones of a bucket, or all where none is complete. A day that has its
-- midnight twice begins at the first.
m4_define({{LL_REPORT_SLOTS}}, {{good AS (
    SELECT slot, day, cadence_s, status = 'complete' AS complete, LL_LOCAL($tz, LL_TIMESTAMP(slot)) AS wall
    FROM run
    WHERE slot >= $from_s AND slot < $to_s AND status IN ('complete', 'partial')
), truncated AS (
    SELECT slot, day, cadence_s, complete, wall,
        CASE $grain WHEN 'day' THEN date_trunc('day', wall) WHEN 'week' THEN date_trunc('week', wall)
            WHEN 'month' THEN date_trunc('month', wall) ELSE date_trunc('hour', wall) END AS wall_start
    FROM good
), bucketed AS (
    SELECT slot, day, cadence_s, complete,
        CASE WHEN $grain = 'none' THEN CAST($from_s AS BIGINT) WHEN $grain = 'slot' THEN slot
            WHEN $grain = 'hour' THEN slot - (LL_EPOCH(wall) - LL_EPOCH(wall_start))
            ELSE LL_MIDNIGHT($tz, wall_start) END AS bucket
    FROM truncated
), slots AS (
    SELECT slot, day, cadence_s, bucket, complete OR NOT bool_or(complete) OVER (PARTITION BY bucket) AS used,
        NOT bool_or(complete) OVER (PARTITION BY bucket) AS partial
    FROM bucketed
), covered AS (
    SELECT bucket, sum(CASE WHEN used THEN cadence_s ELSE 0 END) AS covered_s, bool_or(partial) AS partial
    FROM slots GROUP BY bucket
)}})

-- LL_REPORT_TERMS: genres and modes of categories by day, for filters (…_hit) and keys (…_key).
m4_define({{LL_REPORT_TERMS}}, {{term_day AS (
    SELECT t.kind, t.category_id, d.day, t.term_id, t.k
    FROM category_term t JOIN (SELECT DISTINCT day FROM slots) d ON t.valid_from <= d.day AND d.day < t.valid_to
    WHERE t.kind IN ('genre', 'game_mode')
), genre_hit AS (
    SELECT category_id, day, bool_or(term_id = CAST($genre_id AS BIGINT)) AS hit FROM term_day
    WHERE kind = 'genre' AND $genre_id IS NOT NULL GROUP BY category_id, day
), game_mode_hit AS (
    SELECT category_id, day, bool_or(term_id = CAST($game_mode_id AS BIGINT)) AS hit FROM term_day
    WHERE kind = 'game_mode' AND $game_mode_id IS NOT NULL GROUP BY category_id, day
), genre_key AS (
    SELECT category_id, day, term_id, k FROM term_day WHERE kind = 'genre' AND ($what = 'genres' OR $by = 'genre')
), game_mode_key AS (
    SELECT category_id, day, term_id, k FROM term_day WHERE kind = 'game_mode' AND ($what = 'game-modes' OR $by = 'game_mode')
)}})

-- LL_REPORT_FILTER(x): joins and conditions on x(day, category_id, language).
m4_define({{LL_REPORT_FILTER}}, {{LEFT JOIN genre_hit ON genre_hit.category_id = $1.category_id AND genre_hit.day = $1.day
    LEFT JOIN game_mode_hit ON game_mode_hit.category_id = $1.category_id AND game_mode_hit.day = $1.day
    WHERE ($category_id IS NULL OR $1.category_id = CAST($category_id AS BIGINT))
        AND ($language IS NULL OR $1.language = CAST($language AS TEXT))
        AND ($genre_id IS NULL OR COALESCE(genre_hit.hit, CAST($genre_id AS BIGINT) = 0))
        AND ($game_mode_id IS NULL OR COALESCE(game_mode_hit.hit, CAST($game_mode_id AS BIGINT) = 0))}})

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
m4_define({{LL_REPORT_CHOSEN}}, {{($keys IS NULL OR (id || '/' || by_id) = ANY(CAST($keys AS TEXT[])))}})

-- LL_REPORT_MEASURES: sums and maxima of parts over s(used, cadence_s) and x(viewers, channels, samples).
m4_define({{LL_REPORT_MEASURES}}, {{sum(CAST($1.viewers AS $2) * s.cadence_s) AS viewer_parts,
        sum(CAST($1.channels AS $2) * s.cadence_s) AS live_parts,
        sum(CASE WHEN s.used THEN CAST($1.viewers AS $2) * s.cadence_s ELSE 0 END) AS used_viewer_parts,
        sum(CASE WHEN s.used THEN CAST($1.channels AS $2) * s.cadence_s ELSE 0 END) AS used_live_parts,
        max(CASE WHEN s.used THEN $1.viewers END) AS peak_viewer_parts,
        max(CASE WHEN s.used THEN $1.channels END) AS peak_channel_parts,
        CAST(sum($1.samples) AS BIGINT) AS samples}})

-- LL_REPORT_ROWS: the answer from measured(bucket, id, by_id, …), covered, total(bucket, viewer_seconds)
-- and uniques(bucket, id, by_id, unique_channels).
m4_define({{LL_REPORT_ROWS}}, {{SELECT bucket, offset_s, id, by_id, partial, hours_watched, airtime_hours, average_viewers, average_viewers_while_live,
    average_channels, peak_viewers, peak_channels, unique_channels, samples, share
FROM (
    SELECT m.bucket, LL_OFFSET($tz, m.bucket) AS offset_s, m.id, m.by_id, c.partial,
        LL_WHOLE(m.viewer_parts) / 3600 AS hours_watched, LL_WHOLE(m.live_parts) / 3600 AS airtime_hours,
        LL_WHOLE(m.used_viewer_parts) / c.covered_s AS average_viewers,
        CASE WHEN m.used_live_parts > 0 THEN LL_WHOLE(m.used_viewer_parts) / LL_WHOLE(m.used_live_parts) END
            AS average_viewers_while_live,
        LL_WHOLE(m.used_live_parts) / c.covered_s AS average_channels,
        CASE WHEN $what = 'broadcasters' OR m.peak_viewer_parts IS NOT NULL THEN LL_WHOLE(m.peak_viewer_parts) ELSE 0 END
            AS peak_viewers,
        COALESCE(LL_WHOLE(m.peak_channel_parts), 0) AS peak_channels,
        CAST(COALESCE(u.unique_channels, 0) AS BIGINT) AS unique_channels, m.samples,
        CASE WHEN t.viewer_seconds > 0 THEN LL_WHOLE(m.viewer_parts) / CAST(t.viewer_seconds AS DOUBLE PRECISION) END AS share
    FROM measured m
    JOIN covered c ON c.bucket = m.bucket
    LEFT JOIN total t ON t.bucket = m.bucket
    LEFT JOIN uniques u ON u.bucket = m.bucket AND u.id = m.id AND u.by_id = m.by_id
) AS answer
ORDER BY bucket,
    CASE WHEN $keys IS NOT NULL THEN array_position(CAST($keys AS TEXT[]), id || '/' || by_id) END,
    CASE $sort WHEN 'airtime_hours' THEN airtime_hours WHEN 'average_viewers' THEN average_viewers
        WHEN 'average_viewers_while_live' THEN average_viewers_while_live WHEN 'average_channels' THEN average_channels
        WHEN 'peak_viewers' THEN peak_viewers WHEN 'peak_channels' THEN peak_channels
        WHEN 'unique_channels' THEN CAST(unique_channels AS DOUBLE PRECISION)
        WHEN 'samples' THEN CAST(samples AS DOUBLE PRECISION) WHEN 'share' THEN share
        ELSE hours_watched END DESC NULLS LAST, id, by_id
LIMIT CAST($limit AS BIGINT)}})
m4_divert(0)m4_dnl
