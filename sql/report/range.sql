-- Ends of the range as epoch seconds and their offsets from UTC. An end is $…_s, or else the local
-- midnight of $…_date: the first of two, or where the day has none, its first instant.
WITH ends AS (
    SELECT
        COALESCE(CAST($from_s AS BIGINT), LL_MIDNIGHT($tz, CAST(CAST($from_date AS DATE) AS TIMESTAMP))) AS from_s,
        COALESCE(CAST($to_s AS BIGINT), LL_MIDNIGHT($tz, CAST(CAST($to_date AS DATE) AS TIMESTAMP))) AS to_s,
        (SELECT max(slot) FROM run WHERE status IN ('complete', 'partial')) AS as_of_s
)
SELECT from_s, to_s, as_of_s,
    LL_OFFSET($tz, from_s) AS from_offset_s,
    LL_OFFSET($tz, to_s) AS to_offset_s,
    LL_OFFSET($tz, as_of_s) AS as_of_offset_s
FROM ends
