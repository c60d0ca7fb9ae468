-- Roll-ups a slot from `observation`.
CREATE TABLE rollup AS
SELECT slot, 'category_language' AS dim, category_id AS key, "language", 1 AS k, sum(viewer_count) AS viewers, count(*) AS channels
FROM observation GROUP BY slot, category_id, "language";

INSERT INTO rollup
SELECT slot, CASE grouping(key, "language") WHEN 3 THEN 'platform' WHEN 1 THEN 'category' ELSE 'language' END,
    coalesce(key, 0), coalesce("language", ''), 1, sum(viewers), sum(channels)
FROM rollup GROUP BY GROUPING SETS ((slot), (slot, key), (slot, "language"));

INSERT INTO rollup
SELECT c.slot, d.kind, coalesce(t.term_id, 0), '', coalesce(t.k, 1), sum(c.viewers), sum(c.channels)
FROM rollup c CROSS JOIN (VALUES ('genre'), ('game_mode')) AS d(kind)
LEFT JOIN category_term t ON t.kind = d.kind AND t.category_id = c.key
WHERE c.dim = 'category'
GROUP BY c.slot, d.kind, coalesce(t.term_id, 0), coalesce(t.k, 1);
