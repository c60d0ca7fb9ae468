-- What the stream $id was set to, in order.
WITH samples AS (
    SELECT o.slot, o.weight_s, o.category_id, o.language,
        CASE WHEN lag(o.category_id) OVER times = o.category_id AND lag(o.language) OVER times = o.language THEN 0 ELSE 1 END AS opens
    FROM observations(CAST($from_s AS BIGINT), CAST($to_s AS BIGINT)) o WHERE o.stream_id = $id
    WINDOW times AS (ORDER BY o.slot)
)
SELECT min(s.slot) AS from_s, max(s.slot + s.weight_s) AS to_s, CAST(s.category_id AS TEXT) AS category_id, max(c.name) AS category_name,
    s.language
FROM (SELECT samples.*, sum(opens) OVER (ORDER BY slot) AS span FROM samples) AS s
LEFT JOIN category c ON c.category_id = s.category_id
GROUP BY s.span, s.category_id, s.language ORDER BY from_s
