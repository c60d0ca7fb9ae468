m4_include({{report.m4}})m4_dnl
-- The runs of the range, the newest first.
SELECT slot AS slot_epoch, LL_OFFSET($tz, slot) AS slot_ahead, run_id, status, CAST(cadence_s AS BIGINT) AS cadence_s,
    CAST(attempt AS BIGINT) AS attempt, LL_EPOCH(started_at) AS started_at_epoch, LL_OFFSET($tz, LL_EPOCH(started_at)) AS started_at_ahead,
    LL_EPOCH(finished_at) AS finished_at_epoch, LL_OFFSET($tz, LL_EPOCH(finished_at)) AS finished_at_ahead, source, pages, requests,
    rows_in, streams, duplicates, restarted, quarantined, vanished, refound, errors, sweep_coverage, COALESCE(why, '') AS why,
    CAST(slot AS DOUBLE PRECISION) AS sort_value, run_id AS sort_id
FROM run
WHERE slot >= $from_s AND slot < $to_s AND (NOT $paged OR slot < CAST($after_value AS DOUBLE PRECISION))
ORDER BY slot DESC
LIMIT CAST($limit AS BIGINT)
