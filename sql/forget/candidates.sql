-- Who has borne a login, with the first and last time of it. $login.
SELECT CAST(broadcaster_id AS TEXT) AS id, min(first_at) AS first_at, max(last_at) AS last_at
FROM (
    SELECT broadcaster_id, login, first_slot AS first_at, last_slot AS last_at FROM broadcaster_day_all
    UNION ALL
    SELECT broadcaster_id, login, asserted_at, asserted_at FROM ref_user
) AS names
WHERE lower(login) = lower($login)
GROUP BY broadcaster_id
ORDER BY last_at DESC, id
