m4_include({{report.m4}})m4_dnl
-- Observations, in order of time.
WITH LL_REPORT_SLOTS, LL_REPORT_TERMS, LL_REPORT_OBSERVATIONS
SELECT f.slot AS time_epoch, LL_OFFSET($tz, f.slot) AS time_ahead, CAST(f.stream_id AS TEXT) AS session_id,
    CAST(f.broadcaster_id AS TEXT) AS broadcaster_id, CAST(f.category_id AS TEXT) AS category_id, c.name AS category_name,
    f.language, CAST(f.viewers AS BIGINT) AS viewers, s.complete,
    CAST(f.slot AS DOUBLE PRECISION) AS sort_value, CAST(f.stream_id AS TEXT) AS sort_id
FROM filtered f
JOIN slots s ON s.slot = f.slot
LEFT JOIN category c ON c.category_id = f.category_id
WHERE NOT $paged OR f.slot > CAST($after_value AS DOUBLE PRECISION)
    OR (f.slot = CAST($after_value AS DOUBLE PRECISION) AND CAST(f.stream_id AS TEXT) > CAST($after_id AS TEXT))
ORDER BY f.slot, CAST(f.stream_id AS TEXT)
LIMIT CAST($limit AS BIGINT)
