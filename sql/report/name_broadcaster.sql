-- Current names of $ids (text), from the days of these alone: the view `broadcaster` would look at everybody's.
WITH wanted AS (
    SELECT CAST(unnest(CAST($ids AS TEXT[])) AS BIGINT) AS broadcaster_id
), names AS (
    SELECT broadcaster_id, login, display_name, last_slot AS asserted_at FROM broadcaster_day_all
    WHERE broadcaster_id IN (SELECT broadcaster_id FROM wanted)
    UNION ALL
    SELECT broadcaster_id, login, display_name, asserted_at FROM ref_user
    WHERE broadcaster_id IN (SELECT broadcaster_id FROM wanted)
)
SELECT CAST(broadcaster_id AS TEXT) AS id, display_name AS name, login
FROM (
    SELECT broadcaster_id, login, display_name,
        row_number() OVER (PARTITION BY broadcaster_id ORDER BY asserted_at DESC, login, display_name) AS place
    FROM names
) AS placed
WHERE place = 1
