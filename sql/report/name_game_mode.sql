-- Names of $ids (text).
SELECT CAST(game_mode_id AS TEXT) AS id, name, '' AS login FROM game_mode
WHERE CAST(game_mode_id AS TEXT) = ANY(CAST($ids AS TEXT[]))
