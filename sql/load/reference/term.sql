-- Replaces the assertions of one dump. $ref.
LL_REFERENCE({{term}}, {{asserted_at, kind, id, name, slug}})
