SELECT * FROM genre ORDER BY genre_id
