-- The broadcaster $id, from its own days: the view `broadcaster` would look at all of them.
WITH days AS (
    SELECT login, display_name, first_slot, last_slot FROM broadcaster_day_all WHERE broadcaster_id = $id
), dumps AS (
    SELECT login, display_name, asserted_at, broadcaster_type, description, created_at FROM ref_user WHERE broadcaster_id = $id
), named AS (
    SELECT login, display_name FROM (
        SELECT login, display_name, last_slot AS asserted_at FROM days UNION ALL SELECT login, display_name, asserted_at FROM dumps
    ) AS names ORDER BY asserted_at DESC, login, display_name LIMIT 1
), described AS (
    SELECT broadcaster_type, description, created_at FROM dumps ORDER BY asserted_at DESC LIMIT 1
)
SELECT CAST($id AS TEXT) AS id, n.display_name AS name, n.login, COALESCE(d.broadcaster_type, '') AS broadcaster_type,
    COALESCE(d.description, '') AS description, LL_EPOCH(d.created_at) AS created_at_s,
    (SELECT min(first_slot) FROM days) AS first_seen_at_s, (SELECT max(last_slot) FROM days) AS last_seen_at_s
FROM named n LEFT JOIN described d ON TRUE
