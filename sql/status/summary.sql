-- The warehouse at a glance.
SELECT CAST(COUNT(*) AS BIGINT) AS runs,
    CAST(COALESCE(SUM(CASE WHEN status = 'complete' THEN 1 ELSE 0 END), 0) AS BIGINT) AS complete_runs,
    CAST(COALESCE(SUM(CASE WHEN status IN ('complete', 'partial') THEN streams ELSE 0 END), 0) AS BIGINT) AS observations,
    MIN(slot) AS first_slot, MAX(slot) AS last_slot,
    CAST((SELECT COUNT(*) FROM day_state WHERE closed) AS BIGINT) AS closed_days,
    CAST((SELECT COUNT(*) FROM day_state WHERE NOT closed) AS BIGINT) AS open_days,
    CAST((SELECT COUNT(*) FROM day_state WHERE dirty) AS BIGINT) AS dirty_days
FROM run
