-- Names of $ids (text).
SELECT CAST(genre_id AS TEXT) AS id, name, '' AS login FROM genre WHERE CAST(genre_id AS TEXT) = ANY(CAST($ids AS TEXT[]))
