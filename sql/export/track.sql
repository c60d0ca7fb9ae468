-- Tracks with a sample's slot in [$from_s, $to_s).
SELECT * FROM track_all
WHERE day >= LL_DAY($from_s) AND day <= LL_DAY($to_s) AND first_slot < CAST($to_s AS BIGINT)
    AND first_slot + array_length(viewers, 1) * step_s > CAST($from_s AS BIGINT)
ORDER BY day, broadcaster_id, stream_id, first_slot
