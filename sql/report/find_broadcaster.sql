-- Broadcasters that $value names: by id, else by a login, else by a display name; whoever bore it last
-- comes first, since logins are given out again.
SELECT id, name FROM (
    SELECT CAST(broadcaster_id AS TEXT) AS id, max(login) AS name, max(last_seen) AS last_seen,
        min(CASE WHEN CAST(broadcaster_id AS TEXT) = $value THEN 0 WHEN lower(login) = lower($value) THEN 1 ELSE 2 END) AS place
    FROM (
        SELECT broadcaster_id, login, display_name, last_slot AS last_seen FROM broadcaster_day_all
        UNION ALL
        SELECT broadcaster_id, login, display_name, asserted_at FROM ref_user
    ) AS names
    WHERE CAST(broadcaster_id AS TEXT) = $value OR lower(login) = lower($value) OR lower(display_name) = lower($value)
    GROUP BY broadcaster_id
) AS found
ORDER BY place, last_seen DESC, id LIMIT 1
