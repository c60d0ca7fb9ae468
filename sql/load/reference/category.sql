-- Replaces the assertions of one dump. $ref.
LL_REFERENCE({{category}}, {{asserted_at, category_id, name, igdb_id, box_art_url}})
