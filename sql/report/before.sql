-- The range to compare [$from_s, $to_s) with: the one that ends where it begins ($step = previous), or the same a week
-- or year earlier. Whole local days stay whole days, of whatever length: they are moved on the wall clock of $tz. Any
-- other range keeps its length.
WITH walls AS (
    SELECT LL_LOCAL($tz, LL_TIMESTAMP($from_s)) AS from_wall, LL_LOCAL($tz, LL_TIMESTAMP($to_s)) AS to_wall
), asked AS (
    SELECT *, CAST($to_s AS BIGINT) - CAST($from_s AS BIGINT) AS length_s,
        from_wall = date_trunc('day', from_wall) AND to_wall = date_trunc('day', to_wall) AS days
    FROM walls
), moved AS (
    SELECT days, length_s,
        LL_EPOCH(LL_INSTANT($tz, CASE $step WHEN 'previous' THEN from_wall - (to_wall - from_wall)
            WHEN 'week' THEN from_wall - INTERVAL '7 days' ELSE from_wall - INTERVAL '1 year' END)) AS from_s,
        LL_EPOCH(LL_INSTANT($tz, CASE $step WHEN 'week' THEN to_wall - INTERVAL '7 days'
            ELSE to_wall - INTERVAL '1 year' END)) AS to_s
    FROM asked
), ends AS (
    SELECT CASE WHEN $step = 'previous' AND NOT days THEN CAST($from_s AS BIGINT) - length_s ELSE from_s END AS from_s,
        CASE WHEN $step = 'previous' THEN CAST($from_s AS BIGINT) WHEN days THEN to_s ELSE from_s + length_s END AS to_s
    FROM moved
)
SELECT from_s, to_s, LL_OFFSET($tz, from_s) AS from_offset_s, LL_OFFSET($tz, to_s) AS to_offset_s FROM ends
