-- The genres ($kind = genre) or game modes (game_mode) that the category $id has now.
SELECT CAST(t.id AS TEXT) AS id, t.name
FROM category_term b JOIN term t ON t.kind = b.kind AND t.id = b.term_id
WHERE b.kind = $kind AND b.category_id = $id AND b.valid_to = DATE '9999-12-31'
ORDER BY t.name, t.id
