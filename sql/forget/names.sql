-- All names that a broadcaster has borne. $id.
SELECT DISTINCT name FROM (
    SELECT login AS name FROM broadcaster_day_all WHERE broadcaster_id = $id
    UNION ALL
    SELECT display_name FROM broadcaster_day_all WHERE broadcaster_id = $id
    UNION ALL
    SELECT login FROM ref_user WHERE broadcaster_id = $id
    UNION ALL
    SELECT display_name FROM ref_user WHERE broadcaster_id = $id
) AS names
WHERE name <> ''
ORDER BY name
