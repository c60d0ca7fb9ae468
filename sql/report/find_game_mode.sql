-- What $value names: by id, else by name or slug.
SELECT CAST(game_mode_id AS TEXT) AS id, name FROM game_mode
WHERE CAST(game_mode_id AS TEXT) = $value OR lower(name) = lower($value) OR slug = lower($value)
ORDER BY CAST(game_mode_id AS TEXT) = $value DESC, game_mode_id LIMIT 3
