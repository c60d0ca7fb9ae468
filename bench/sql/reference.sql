-- Categories and their genres and game modes: {{capture}}.
CREATE TABLE category AS
SELECT DISTINCT ON (category_id) * FROM (
    SELECT unnest(data, recursive := true)
    FROM read_json('{{capture}}/raw_categories_data/*/*.json', maximum_object_size = 1000000000,
        columns = {data: 'STRUCT(id BIGINT, name VARCHAR, igdb_id VARCHAR)[]'})
) AS dump(category_id, name, igdb_id);

CREATE TABLE category_term AS
WITH list AS (
    SELECT 'genre' AS kind, unnest(data, recursive := true)
    FROM read_json('{{capture}}/raw_genre_bridge_data/*/*.json', maximum_object_size = 1000000000,
        columns = {data: 'STRUCT(id BIGINT, genres BIGINT[])[]'})
    UNION ALL
    SELECT 'game_mode', unnest(data, recursive := true)
    FROM read_json('{{capture}}/raw_game_mode_bridge_data/*/*.json', maximum_object_size = 1000000000,
        columns = {data: 'STRUCT(id BIGINT, game_modes BIGINT[])[]'})
)
SELECT kind, category_id, unnest(genres) AS term_id, CAST(len(genres) AS INTEGER) AS k
FROM list JOIN category c ON TRY_CAST(c.igdb_id AS BIGINT) = list.id;

CREATE TABLE term AS
SELECT 'genre' AS kind, unnest(data, recursive := true)
FROM read_json('{{capture}}/raw_genres_data/*.json', columns = {data: 'STRUCT(id BIGINT, name VARCHAR)[]'})
UNION ALL
SELECT 'game_mode', unnest(data, recursive := true)
FROM read_json('{{capture}}/raw_game_modes_data/*.json', columns = {data: 'STRUCT(id BIGINT, name VARCHAR)[]'});
