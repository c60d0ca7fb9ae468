SELECT * FROM category_game_mode ORDER BY category_id, game_mode_id, valid_from
