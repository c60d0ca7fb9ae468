m4_include({{report.m4}})m4_dnl
-- What was collected in each bucket of the range up to now, also of those with nothing. Days without runs are taken
-- to have the default cadence of 15 minutes.
WITH cadence AS (
    SELECT day, min(cadence_s) AS step_s FROM run
    WHERE day >= LL_DAY($from_s) AND day <= LL_DAY($to_s) GROUP BY day
), days AS (
    SELECT LL_SERIES(LL_IDIV(CAST($from_s AS BIGINT), 86400), LL_IDIV(LEAST(CAST($to_s AS BIGINT), CAST($now_s AS BIGINT)) - 1, 86400), 1) AS number
), steps AS (
    SELECT number, CAST(COALESCE(step_s, 900) AS BIGINT) AS step_s FROM days LEFT JOIN cadence ON cadence.day = LL_DAY(number * 86400)
), expected AS (
    SELECT slot, LL_LOCAL($tz, LL_TIMESTAMP(slot)) AS wall
    FROM (SELECT LL_SERIES(number * 86400, number * 86400 + 86399, step_s) AS slot FROM steps) AS grid
    WHERE slot >= $from_s AND slot < LEAST(CAST($to_s AS BIGINT), CAST($now_s AS BIGINT))
), bucketed AS (
    SELECT slot, LL_BUCKET AS bucket FROM (SELECT expected.*, LL_WALL_START AS wall_start FROM expected) AS truncated
), counted AS (
    SELECT b.bucket, CAST(count(*) AS BIGINT) AS expected,
        CAST(count(CASE WHEN r.status = 'complete' THEN 1 END) AS BIGINT) AS complete,
        CAST(count(CASE WHEN r.status = 'partial' THEN 1 END) AS BIGINT) AS partial,
        CAST(count(CASE WHEN r.status = 'failed' THEN 1 END) AS BIGINT) AS failed,
        CAST(count(CASE WHEN r.status = 'missed' OR r.status IS NULL THEN 1 END) AS BIGINT) AS missed,
        avg(CASE WHEN r.status IN ('complete', 'partial') THEN r.sweep_coverage END) AS sweep_coverage
    FROM bucketed b LEFT JOIN run r ON r.slot = b.slot
    GROUP BY b.bucket
)
SELECT bucket AS time_epoch, LL_OFFSET($tz, bucket) AS time_ahead, expected, complete + partial AS good, complete, partial, failed,
    missed, CAST(complete + partial AS DOUBLE PRECISION) / expected AS slot_coverage, sweep_coverage,
    CAST(bucket AS DOUBLE PRECISION) AS sort_value, '' AS sort_id
FROM counted WHERE NOT $paged OR bucket > CAST($after_value AS DOUBLE PRECISION)
ORDER BY bucket
LIMIT CAST($limit AS BIGINT)
