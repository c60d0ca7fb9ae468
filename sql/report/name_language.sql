-- Names of $ids (codes).
SELECT code AS id, name, '' AS login FROM language WHERE code = ANY(CAST($ids AS TEXT[]))
