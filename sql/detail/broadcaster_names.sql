-- The names that the broadcaster $id has borne, in order.
WITH days AS (
    SELECT login, display_name, first_slot, last_slot,
        CASE WHEN lag(login) OVER names = login AND lag(display_name) OVER names = display_name THEN 0 ELSE 1 END AS opens
    FROM broadcaster_day_all WHERE broadcaster_id = $id
    WINDOW names AS (ORDER BY first_slot, login, display_name)
)
SELECT login, display_name AS name, min(first_slot) AS from_s, max(last_slot) AS to_s
FROM (SELECT days.*, sum(opens) OVER (ORDER BY first_slot, login, display_name) AS span FROM days) AS spans
GROUP BY span, login, display_name ORDER BY from_s
