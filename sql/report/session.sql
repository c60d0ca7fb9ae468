m4_include({{report.m4}})m4_dnl
-- Streams seen in the range. Measures count what lies in the range and passes the filters; started_at,
-- first_slot and ended_at are those of the whole stream.
WITH LL_REPORT_SLOTS, LL_REPORT_TERMS,
LL_REPORT_OBSERVATIONS, measured AS (
    SELECT stream_id, max(broadcaster_id) AS broadcaster_id,
        CAST(sum(CAST(viewers AS BIGINT) * cadence_s) AS BIGINT) AS viewer_seconds,
        CAST(sum(cadence_s) AS BIGINT) AS live_seconds,
        CAST(sum(CASE WHEN used THEN CAST(viewers AS BIGINT) * cadence_s ELSE 0 END) AS BIGINT) AS used_viewer_seconds,
        CAST(sum(CASE WHEN used THEN cadence_s ELSE 0 END) AS BIGINT) AS used_live_seconds,
        max(CASE WHEN used THEN viewers END) AS peak, CAST(count(*) AS BIGINT) AS samples
    FROM filtered GROUP BY stream_id
), ranked AS (
    SELECT *, CAST(sum(viewer_seconds) OVER () AS BIGINT) AS all_viewer_seconds,
        CASE WHEN used_live_seconds > 0 THEN CAST(used_viewer_seconds AS DOUBLE PRECISION) / used_live_seconds END AS while_live
    FROM measured
), valued AS (
    SELECT ranked.*, CASE $sort WHEN 'airtime_hours' THEN CAST(live_seconds AS DOUBLE PRECISION)
            WHEN 'average_viewers_while_live' THEN while_live WHEN 'peak_viewers' THEN CAST(peak AS DOUBLE PRECISION)
            WHEN 'samples' THEN CAST(samples AS DOUBLE PRECISION)
            ELSE CAST(viewer_seconds AS DOUBLE PRECISION) END AS sort_value
    FROM ranked
), chosen AS (
    SELECT valued.*, row_number() OVER (ORDER BY sort_value DESC NULLS LAST, CAST(stream_id AS TEXT)) AS place
    FROM valued WHERE LL_REPORT_AFTER(CAST(stream_id AS TEXT), '')
    ORDER BY place LIMIT CAST($limit AS BIGINT)
), whole AS (
    SELECT stream_id, min(first_slot) AS first_slot, max(last_slot) AS last_slot
    FROM (
        SELECT stream_id, first_slot, first_slot + (array_length(viewers, 1) - 1) * step_s AS last_slot
        FROM track WHERE stream_id IN (SELECT stream_id FROM chosen)
        UNION ALL
        SELECT stream_id, slot, slot FROM hot WHERE stream_id IN (SELECT stream_id FROM chosen)
    ) AS parts
    GROUP BY stream_id
), starts AS (
    SELECT stream_id, min(started_at) AS started_at
    FROM (
        SELECT stream_id, started_at FROM track WHERE stream_id IN (SELECT stream_id FROM chosen)
        UNION ALL
        SELECT stream_id, started_at FROM hot_detail WHERE stream_id IN (SELECT stream_id FROM chosen)
    ) AS parts
    GROUP BY stream_id
)
SELECT CAST(c.stream_id AS TEXT) AS id, CAST(c.broadcaster_id AS TEXT) AS broadcaster_id, LL_EPOCH(start.started_at) AS started_s,
    w.first_slot, w.last_slot, e.end_slot AS ended_s,
    CAST(c.viewer_seconds AS DOUBLE PRECISION) / 3600 AS hours_watched,
    CAST(c.live_seconds AS DOUBLE PRECISION) / 3600 AS airtime_hours,
    c.while_live AS average_viewers_while_live, CAST(c.peak AS DOUBLE PRECISION) AS peak_viewers, c.samples,
    CASE WHEN c.all_viewer_seconds > 0
        THEN CAST(c.viewer_seconds AS DOUBLE PRECISION) / c.all_viewer_seconds END AS share, c.sort_value,
    LL_OFFSET($tz, LL_EPOCH(start.started_at)) AS started_offset_s, LL_OFFSET($tz, w.first_slot) AS first_offset_s,
    LL_OFFSET($tz, w.last_slot) AS last_offset_s, LL_OFFSET($tz, e.end_slot) AS ended_offset_s
FROM chosen c
JOIN whole w ON w.stream_id = c.stream_id
LEFT JOIN starts start ON start.stream_id = c.stream_id
LEFT JOIN run_end e ON e.slot = w.last_slot
ORDER BY c.place
