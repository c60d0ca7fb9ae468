m4_include({{report.m4}})m4_dnl
-- How much of the range was collected. A slot is expected from its start on; days without runs are
-- taken to have the default cadence of 15 minutes. partial: a bucket has good slots, none complete.
WITH LL_REPORT_SLOTS, cadence AS (
    SELECT day, min(cadence_s) AS step_s FROM run
    WHERE day >= LL_DAY($from_s) AND day <= LL_DAY($to_s) GROUP BY day
), days AS (
    SELECT LL_SERIES(LL_IDIV(CAST($from_s AS BIGINT), 86400), LL_IDIV(LEAST(CAST($to_s AS BIGINT), CAST($now_s AS BIGINT)) - 1, 86400), 1) AS number
), spans AS (
    SELECT GREATEST(CAST($from_s AS BIGINT) - number * 86400, 0) AS first_s,
        LEAST(LEAST(CAST($to_s AS BIGINT), CAST($now_s AS BIGINT)) - number * 86400, 86400) AS last_s,
        COALESCE(step_s, 900) AS step_s
    FROM days LEFT JOIN cadence ON cadence.day = LL_DAY(number * 86400)
)
SELECT
    (SELECT CAST(count(*) AS BIGINT) FROM slots) AS runs,
    COALESCE((SELECT CAST(sum(LL_IDIV(last_s + step_s - 1, step_s) - LL_IDIV(first_s + step_s - 1, step_s)) AS BIGINT)
        FROM spans WHERE last_s > first_s), 0) AS expected,
    (SELECT avg(run.sweep_coverage) FROM run JOIN slots ON slots.slot = run.slot) AS sweep_coverage,
    COALESCE((SELECT bool_or(partial) FROM slots), FALSE) AS partial
