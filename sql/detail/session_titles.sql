-- The titles and tags of the stream $id, in order.
SELECT from_slot AS from_s, to_slot AS to_s, title, tags FROM text_span_all
WHERE stream_id = $id AND day >= LL_DAY($from_s) AND day <= LL_DAY($to_s)
ORDER BY from_slot
