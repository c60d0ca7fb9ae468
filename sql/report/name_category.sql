-- Current names of $ids (text) that were observed, from the days of these alone, as in the view `category`.
WITH wanted AS (
    SELECT CAST(unnest(CAST($ids AS TEXT[])) AS BIGINT) AS category_id
), names AS (
    SELECT category_id, name, last_slot AS asserted_at, samples FROM category_day_all
    WHERE name <> '' AND category_id IN (SELECT category_id FROM wanted)
    UNION ALL
    SELECT category_id, name, asserted_at, 0 FROM ref_category
    WHERE name <> '' AND category_id IN (SELECT category_id FROM wanted)
)
SELECT CAST(w.category_id AS TEXT) AS id,
    CASE WHEN w.category_id = 0 THEN 'No category' ELSE COALESCE(n.name, o.name, '') END AS name, '' AS login
FROM (SELECT DISTINCT category_id FROM wanted) AS w
LEFT JOIN (
    SELECT category_id, name, row_number() OVER (PARTITION BY category_id ORDER BY asserted_at DESC, samples DESC, name) AS place
    FROM names
) AS n ON n.category_id = w.category_id AND n.place = 1
LEFT JOIN category_override o ON o.category_id = w.category_id
