-- Days that begin in [$from_s, $to_s).
SELECT * FROM coverage
WHERE LL_EPOCH(CAST(day AS TIMESTAMP)) >= CAST($from_s AS BIGINT) AND LL_EPOCH(CAST(day AS TIMESTAMP)) < CAST($to_s AS BIGINT)
ORDER BY day
