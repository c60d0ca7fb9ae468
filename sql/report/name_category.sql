-- Current names of $ids (text).
SELECT CAST(category_id AS TEXT) AS id, name, '' AS login FROM category
WHERE CAST(category_id AS TEXT) = ANY(CAST($ids AS TEXT[]))
