-- What the runs of the range say of themselves.
SELECT CAST(count(*) AS BIGINT) AS runs, CAST(COALESCE(sum(rows_in), 0) AS BIGINT) AS rows_in,
    CAST(COALESCE(sum(streams), 0) AS BIGINT) AS streams, CAST(COALESCE(sum(duplicates), 0) AS BIGINT) AS duplicates,
    CAST(COALESCE(sum(quarantined), 0) AS BIGINT) AS quarantined, CAST(COALESCE(sum(vanished), 0) AS BIGINT) AS vanished,
    CAST(COALESCE(sum(refound), 0) AS BIGINT) AS refound, CAST(COALESCE(sum(errors), 0) AS BIGINT) AS errors,
    avg(CASE WHEN status IN ('complete', 'partial') THEN CAST(LL_EPOCH(finished_at) - LL_EPOCH(started_at) AS DOUBLE PRECISION) END)
        AS sweep_seconds
FROM run WHERE slot >= $from_s AND slot < $to_s
