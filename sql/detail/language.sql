-- The language of the code $id.
SELECT code AS id, name FROM language WHERE code = $id
