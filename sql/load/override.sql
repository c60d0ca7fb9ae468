-- Replaces the override table; load/bridges comes after.
DELETE FROM category_override;
INSERT INTO category_override (category_id, igdb_id, non_game, name)
SELECT category_id, igdb_id, non_game, name FROM stage_override;
DELETE FROM stage_override;
