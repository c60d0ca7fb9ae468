-- Where the details of stage_stream that hot_detail lacks are first seen.
SELECT first_seen.slot, first_seen.stream_id
FROM (
    SELECT run.day, s.stream_id, s.detail_id, min(s.slot) AS slot
    FROM stage_stream s
    JOIN stage_run run ON run.slot = s.slot AND run.status IN ('complete', 'partial')
    GROUP BY run.day, s.stream_id, s.detail_id
) AS first_seen
WHERE NOT EXISTS (
    SELECT 1 FROM hot_detail d
    WHERE d.day = first_seen.day AND d.stream_id = first_seen.stream_id AND d.detail_id = first_seen.detail_id
)
ORDER BY slot, stream_id
