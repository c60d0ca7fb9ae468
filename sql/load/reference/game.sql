-- Replaces the assertions of one dump. $ref.
LL_REFERENCE({{game}}, {{asserted_at, igdb_id, name, genres, game_modes, themes, player_perspectives}})
