-- What $value names: by id, else by name or slug.
SELECT CAST(genre_id AS TEXT) AS id, name FROM genre
WHERE CAST(genre_id AS TEXT) = $value OR lower(name) = lower($value) OR slug = lower($value)
ORDER BY CAST(genre_id AS TEXT) = $value DESC, genre_id LIMIT 3
