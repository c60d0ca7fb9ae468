-- Replaces the assertions of one dump. $ref.
DELETE FROM ref_user WHERE ref = $ref;
DELETE FROM ref_category WHERE ref = $ref;
DELETE FROM ref_game WHERE ref = $ref;
DELETE FROM ref_term WHERE ref = $ref;
DELETE FROM ref_language WHERE ref = $ref;
DELETE FROM ref_category_link WHERE ref = $ref;

INSERT INTO ref_user (ref, asserted_at, broadcaster_id, login, display_name, type, broadcaster_type, description, profile_image_url,
    offline_image_url, created_at)
SELECT CAST($ref AS TEXT), asserted_at, broadcaster_id, login, display_name, type, broadcaster_type, description, profile_image_url,
    offline_image_url, created_at
FROM stage_user;
INSERT INTO ref_category (ref, asserted_at, category_id, name, igdb_id, box_art_url)
SELECT CAST($ref AS TEXT), asserted_at, category_id, name, igdb_id, box_art_url FROM stage_category;
INSERT INTO ref_game (ref, asserted_at, igdb_id, name, genres, game_modes, themes, player_perspectives)
SELECT CAST($ref AS TEXT), asserted_at, igdb_id, name, genres, game_modes, themes, player_perspectives FROM stage_game;
INSERT INTO ref_term (ref, asserted_at, kind, id, name, slug)
SELECT CAST($ref AS TEXT), asserted_at, kind, id, name, slug FROM stage_term;
INSERT INTO ref_language (ref, asserted_at, code, name)
SELECT CAST($ref AS TEXT), asserted_at, code, name FROM stage_language;
INSERT INTO ref_category_link (ref, asserted_at, category_id, igdb_id)
SELECT CAST($ref AS TEXT), asserted_at, category_id, igdb_id FROM stage_category_link;

DELETE FROM stage_user;
DELETE FROM stage_category;
DELETE FROM stage_game;
DELETE FROM stage_term;
DELETE FROM stage_language;
DELETE FROM stage_category_link;
