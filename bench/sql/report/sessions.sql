-- The streams that were watched most.
WITH runs AS (
    SELECT slot, lead(slot) OVER (ORDER BY slot) AS next_slot FROM rollup WHERE dim = 'platform'
), session AS (
    SELECT stream_id, any_value(broadcaster_id) AS broadcaster_id, min(slot) AS first_slot, max(slot) AS last_slot,
        sum(viewer_count) AS viewers, count(*) AS samples, max(viewer_count) AS peak
    FROM observation GROUP BY stream_id
), top AS (
    SELECT *, viewers / sum(viewers) OVER () AS share FROM session ORDER BY viewers DESC, CAST(stream_id AS VARCHAR) LIMIT 20
), start AS (
    SELECT stream_id, min(started_at) AS started_at FROM detail WHERE stream_id IN (SELECT stream_id FROM top) GROUP BY stream_id
)
SELECT CAST(t.stream_id AS VARCHAR) AS id, t.viewers / 4.0 AS hours_watched, t.broadcaster_id, s.started_at, t.first_slot,
    t.last_slot, r.next_slot AS ended, t.samples / 4.0 AS airtime_hours, t.viewers / t.samples AS average_viewers_while_live,
    t.peak, t.samples, t.share
FROM top t JOIN start s ON s.stream_id = t.stream_id JOIN runs r ON r.slot = t.last_slot
ORDER BY t.viewers DESC, CAST(t.stream_id AS VARCHAR);
