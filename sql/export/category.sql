SELECT * FROM category ORDER BY category_id
