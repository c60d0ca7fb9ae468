SELECT * FROM game_mode ORDER BY game_mode_id
