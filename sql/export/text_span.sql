-- Titles and tags seen in [$from_s, $to_s).
SELECT * FROM text_span_all
WHERE day >= LL_DAY($from_s) AND day <= LL_DAY($to_s)
    AND from_slot < CAST($to_s AS BIGINT) AND to_slot >= CAST($from_s AS BIGINT)
ORDER BY day, stream_id, from_slot
