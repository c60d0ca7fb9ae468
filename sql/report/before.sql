-- The range to compare [$from_s, $to_s) with: the one that ends where it begins ($step = previous), or the same a week
-- or year earlier on the wall clock of $tz.
WITH walls AS (
    SELECT LL_LOCAL($tz, LL_TIMESTAMP($from_s)) AS from_wall, LL_LOCAL($tz, LL_TIMESTAMP($to_s)) AS to_wall
), moved AS (
    SELECT
        CASE $step WHEN 'previous' THEN from_wall - (to_wall - from_wall) WHEN 'week' THEN from_wall - INTERVAL '7 days'
            ELSE from_wall - INTERVAL '1 year' END AS from_wall,
        CASE $step WHEN 'previous' THEN from_wall WHEN 'week' THEN to_wall - INTERVAL '7 days'
            ELSE to_wall - INTERVAL '1 year' END AS to_wall
    FROM walls
), ends AS (
    SELECT LL_EPOCH(LL_INSTANT($tz, from_wall)) AS from_s,
        CASE $step WHEN 'previous' THEN CAST($from_s AS BIGINT) ELSE LL_EPOCH(LL_INSTANT($tz, to_wall)) END AS to_s
    FROM moved
)
SELECT from_s, to_s, LL_OFFSET($tz, from_s) AS from_offset_s, LL_OFFSET($tz, to_s) AS to_offset_s FROM ends
