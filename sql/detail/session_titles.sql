-- The titles and tags of the stream $id, in order; days are joined where the title went on.
WITH texts AS (
    SELECT t.from_slot, t.to_slot, t.title, t.tags,
        CASE WHEN lag(title) OVER times = title AND lag(tags) OVER times = tags THEN 0 ELSE 1 END AS opens
    FROM text_span_all t WHERE stream_id = $id AND day >= LL_DAY($from_s) AND day <= LL_DAY($to_s)
    WINDOW times AS (ORDER BY from_slot)
)
SELECT min(s.from_slot) AS from_s, max(s.to_slot + r.cadence_s) AS to_s, s.title, s.tags
FROM (SELECT texts.*, sum(opens) OVER (ORDER BY from_slot) AS span FROM texts) AS s
JOIN run r ON r.slot = s.to_slot
GROUP BY s.span, s.title, s.tags ORDER BY from_s
