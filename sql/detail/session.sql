-- The stream $id as a whole.
WITH parts AS (
    SELECT broadcaster_id, first_slot, first_slot + (array_length(viewers, 1) - 1) * step_s AS last_slot, started_at
    FROM track WHERE stream_id = $id
    UNION ALL
    SELECT h.broadcaster_id, h.slot, h.slot, d.started_at
    FROM hot h JOIN run r ON r.slot = h.slot
    JOIN hot_detail d ON d.day = r.day AND d.stream_id = h.stream_id AND d.detail_id = h.detail_id
    WHERE h.stream_id = $id
)
SELECT CAST($id AS TEXT) AS id, CAST(max(broadcaster_id) AS TEXT) AS broadcaster_id, LL_EPOCH(min(started_at)) AS started_at_s,
    min(first_slot) AS first_seen_at_s, max(last_slot) AS last_seen_at_s,
    (SELECT end_slot FROM run_end WHERE slot = (SELECT max(last_slot) FROM parts)) AS ended_at_s
FROM parts HAVING count(*) > 0
