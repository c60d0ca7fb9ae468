-- Replaces the assertions of one dump. $ref.
LL_REFERENCE({{category_link}}, {{asserted_at, category_id, igdb_id}})
