-- Categories that $value names: by id, else by current name. At most three.
SELECT CAST(category_id AS TEXT) AS id, name FROM category
WHERE CAST(category_id AS TEXT) = $value OR lower(name) = lower($value)
ORDER BY CAST(category_id AS TEXT) = $value DESC, category_id LIMIT 3
