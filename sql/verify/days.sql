-- Closed days whose tables disagree with each other: what tracks and broadcaster_day sum up to.
WITH tracked AS (
    SELECT day, SUM(samples) AS samples, COUNT(DISTINCT stream_id) AS streams FROM track GROUP BY day
),
named AS (
    SELECT day, SUM(samples) AS samples FROM broadcaster_day GROUP BY day
),
categorised AS (
    SELECT day, SUM(samples) AS samples FROM category_day GROUP BY day
),
texts AS (
    SELECT day, COUNT(DISTINCT stream_id) AS streams FROM text_span GROUP BY day
)
SELECT CAST(d.day AS TEXT) AS day
FROM day_state d
LEFT JOIN tracked t ON t.day = d.day
LEFT JOIN named n ON n.day = d.day
LEFT JOIN categorised c ON c.day = d.day
LEFT JOIN texts x ON x.day = d.day
WHERE d.closed AND (COALESCE(t.samples, 0) <> COALESCE(n.samples, 0) OR COALESCE(t.samples, 0) <> COALESCE(c.samples, 0)
    OR COALESCE(t.streams, 0) <> COALESCE(x.streams, 0))
ORDER BY d.day
