-- The language that $value names: by code, else by name.
SELECT code AS id, name FROM language WHERE code = lower($value) OR lower(name) = lower($value)
ORDER BY code = lower($value) DESC, code LIMIT 3
