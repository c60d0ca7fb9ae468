-- A local time as an instant. time_exists: false in the hour a clock jumps over; twice: true in the
-- hour it runs through again (the first is taken).
WITH wall AS (
    SELECT CAST($local AS TIMESTAMP) AS local_time
),
candidate AS (
    SELECT wall.local_time, LL_INSTANT($zone, wall.local_time) + shift.by_hours AS instant
    FROM wall
    CROSS JOIN (VALUES (INTERVAL '-1 hour'), (INTERVAL '0 hour'), (INTERVAL '1 hour')) AS shift (by_hours)
),
fitting AS (
    SELECT instant, LL_LOCAL($zone, instant) = local_time AS fits FROM candidate
)
SELECT LL_EPOCH(COALESCE(MIN(CASE WHEN fits THEN instant END), MIN(instant))) AS utc,
       COUNT(CASE WHEN fits THEN 1 END) > 0 AS time_exists,
       COUNT(CASE WHEN fits THEN 1 END) > 1 AS twice
FROM fitting
