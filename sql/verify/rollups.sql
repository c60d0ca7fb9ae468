-- Roll-up rows that do not follow from the observations and the bridges, either way round.
WITH seen AS (
    SELECT slot, category_id, language, COUNT(*) AS channels, SUM(CAST(viewer_count AS BIGINT)) AS viewers
    FROM observation
    GROUP BY slot, category_id, language
),
category_seen AS (
    SELECT slot, category_id, SUM(channels) AS channels, SUM(viewers) AS viewers FROM seen GROUP BY slot, category_id
),
expected AS (
    SELECT slot, 'category_language' AS dim, category_id AS key, language, 1 AS k, viewers, channels FROM seen
    UNION ALL
    SELECT slot, 'category', category_id, '', 1, viewers, channels FROM category_seen
    UNION ALL
    SELECT slot, 'language', 0, language, 1, SUM(viewers), SUM(channels) FROM seen GROUP BY slot, language
    UNION ALL
    SELECT slot, 'platform', 0, '', 1, SUM(viewers), SUM(channels) FROM seen GROUP BY slot
    UNION ALL
    SELECT c.slot, kinds.kind, COALESCE(t.term_id, 0), '', COALESCE(t.k, 1), SUM(c.viewers), SUM(c.channels)
    FROM category_seen c
    CROSS JOIN (VALUES ('genre'), ('game_mode')) AS kinds (kind)
    LEFT JOIN category_term t ON t.kind = kinds.kind AND t.category_id = c.category_id
        AND t.valid_from <= LL_DAY(c.slot) AND LL_DAY(c.slot) < t.valid_to
    GROUP BY c.slot, kinds.kind, COALESCE(t.term_id, 0), COALESCE(t.k, 1)
),
whole AS (
    SELECT slot, dim, CAST(key AS BIGINT) AS key, language, k, CAST(viewers AS BIGINT) AS viewers,
        CAST(channels AS BIGINT) AS channels
    FROM expected
),
difference AS (
    (SELECT slot, dim, key, language, k, viewers, channels FROM whole
     EXCEPT ALL
     SELECT slot, dim, key, language, k, viewers, channels FROM rollup_slot)
    UNION ALL
    (SELECT slot, dim, key, language, k, viewers, channels FROM rollup_slot
     EXCEPT ALL
     SELECT slot, dim, key, language, k, viewers, channels FROM whole)
)
SELECT DISTINCT slot, dim, key, language
FROM difference
ORDER BY slot, dim, key, language
LIMIT 1000
