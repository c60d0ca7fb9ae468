SELECT * FROM category_genre ORDER BY category_id, genre_id, valid_from
