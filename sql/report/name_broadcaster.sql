-- Current names of $ids (text).
SELECT CAST(broadcaster_id AS TEXT) AS id, display_name AS name, login FROM broadcaster
WHERE CAST(broadcaster_id AS TEXT) = ANY(CAST($ids AS TEXT[]))
