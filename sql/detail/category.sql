-- The category $id.
SELECT CAST(c.category_id AS TEXT) AS id, c.name, CAST(c.igdb_id AS TEXT) AS igdb_id, s.first_slot AS first_seen_at_s, s.last_slot AS last_seen_at_s
FROM category c
LEFT JOIN (
    SELECT category_id, min(first_slot) AS first_slot, max(last_slot) AS last_slot FROM category_day_all
    WHERE category_id = $id GROUP BY category_id
) AS s ON s.category_id = c.category_id
WHERE c.category_id = $id
