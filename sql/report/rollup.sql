m4_include({{report.m4}})m4_dnl
m4_define({{LL_IF_CATEGORY}}, {{CASE WHEN $use_category THEN $1 END}})m4_dnl
m4_define({{LL_IF_LANGUAGE}}, {{CASE WHEN $use_language THEN $1 END}})m4_dnl
m4_define({{LL_IS_KEY}}, {{($by = '' AND $dim = CASE $what WHEN 'platform' THEN 'platform' WHEN 'categories' THEN 'category'
        WHEN 'languages' THEN 'language' END)}})m4_dnl
-- Reports without broadcasters, from the roll-up rows of $dim, the coarsest that knows the keys
-- and filters. $use_category, $use_language: whether these need categories, languages; $want_unique:
-- whether unique channels are asked for, which take the most time.
WITH LL_REPORT_SLOTS, LL_REPORT_TERMS,
base AS (
    SELECT r.slot, s.day, NULL AS broadcaster_id, r.key AS category_id, r.language, r.k, r.viewers, r.channels
    FROM rollup_slot r JOIN slots s ON s.slot = r.slot
    WHERE r.dim = $dim AND r.slot >= $from_s AND r.slot < $to_s
), filtered AS (
    SELECT base.* FROM base
    LL_REPORT_FILTER(base)
), keyed AS (
    SELECT f.slot, LL_REPORT_KEYS(f, $dim), f.channels AS samples,
        f.viewers * LL_REPORT_PARTS(f.k, $dim) AS viewers, f.channels * LL_REPORT_PARTS(f.k, $dim) AS channels
    FROM filtered f
    LL_REPORT_KEY_JOINS(f, $dim)
    UNION ALL -- slots of the platform in which nobody streamed
    SELECT slot, '', '', 0, 0, 0 FROM slots WHERE $what = 'platform' AND $by = ''
), by_slot AS ( -- a category or language of its own roll-up has one row in a slot already; a genre, one for each k
    SELECT slot, id, by_id, viewers, channels, samples FROM keyed WHERE LL_IS_KEY AND LL_REPORT_CHOSEN
    UNION ALL
    SELECT slot, id, by_id, sum(viewers), sum(channels), sum(samples)
    FROM keyed WHERE LL_IS_KEY IS NOT TRUE AND LL_REPORT_CHOSEN
    GROUP BY slot, id, by_id
), measured AS (
    SELECT s.bucket, b.id, b.by_id, LL_REPORT_MEASURES(b, LL_WIDE)
    FROM by_slot b JOIN slots s ON s.slot = b.slot
    GROUP BY s.bucket, b.id, b.by_id
), total AS (
    SELECT s.bucket, sum(x.viewers * s.cadence_s) AS viewer_seconds
    FROM (
        SELECT slot, viewers FROM filtered WHERE $dim NOT IN ('genre', 'game_mode') AND NOT $unfiltered
        UNION ALL -- every observation has one category and one language, but any number of genres
        SELECT slot, viewers FROM rollup_slot
        WHERE dim = 'platform' AND ($dim IN ('genre', 'game_mode') OR $unfiltered) AND slot >= $from_s AND slot < $to_s
    ) AS x
    JOIN slots s ON s.slot = x.slot
    GROUP BY s.bucket
), spans AS ( -- a stored track that lies in one bucket need not be taken apart
    SELECT t.day, t.broadcaster_id, t.category_id, t.language, t.first_slot, t.step_s, t.viewers,
        CASE WHEN a.bucket = z.bucket THEN a.bucket END AS bucket
    FROM track t
    LEFT JOIN slots a ON a.slot = t.first_slot
    LEFT JOIN slots z ON z.slot = t.first_slot + (array_length(t.viewers, 1) - 1) * t.step_s
    WHERE $want_unique AND t.day >= LL_DAY($from_s) AND t.day <= LL_DAY($to_s) AND LL_REPORT_PRESELECT
), presence AS ( -- without what neither key nor filter asks for: distinct rows are then far fewer
    SELECT s.bucket, LL_IF_CATEGORY(s.day) AS day, h.broadcaster_id, LL_IF_CATEGORY(h.category_id) AS category_id,
        LL_IF_LANGUAGE(h.language) AS language
    FROM hot h JOIN slots s ON s.slot = h.slot
    WHERE $want_unique AND h.slot >= $from_s AND h.slot < $to_s AND LL_REPORT_PRESELECT
    UNION
    SELECT bucket, LL_IF_CATEGORY(day), broadcaster_id, LL_IF_CATEGORY(category_id), LL_IF_LANGUAGE(language)
    FROM spans WHERE bucket IS NOT NULL
    UNION
    SELECT s.bucket, LL_IF_CATEGORY(s.day), x.broadcaster_id, LL_IF_CATEGORY(x.category_id), LL_IF_LANGUAGE(x.language)
    FROM (
        SELECT broadcaster_id, category_id, language, first_slot, step_s, unnest(viewers) AS viewers,
            generate_subscripts(viewers, 1) AS place
        FROM spans WHERE bucket IS NULL
    ) AS x
    JOIN slots s ON s.slot = x.first_slot + (CAST(x.place AS BIGINT) - 1) * x.step_s
    WHERE x.viewers IS NOT NULL
), present AS (
    SELECT presence.* FROM presence
    LL_REPORT_FILTER(presence)
), uniques AS (
    SELECT bucket, id, by_id, count(DISTINCT broadcaster_id) AS unique_channels
    FROM (
        SELECT p.bucket, p.broadcaster_id, LL_REPORT_KEYS(p, '')
        FROM present p
        LL_REPORT_KEY_JOINS(p, '')
    ) AS q
    WHERE LL_REPORT_CHOSEN
    GROUP BY bucket, id, by_id
)
LL_REPORT_ROWS
