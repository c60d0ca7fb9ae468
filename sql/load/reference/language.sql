-- Replaces the assertions of one dump. $ref.
LL_REFERENCE({{language}}, {{asserted_at, code, name}})
