m4_include({{report.m4}})m4_dnl
-- Broadcasters over the whole range, all categories and languages: whole closed days from their day
-- rows, the ends of the range and open days from observations. $broadcaster_id may be NULL.
m4_define({{LL_FULL_FROM}}, {{LEAST(LL_IDIV(CAST($from_s AS BIGINT) + 86399, 86400) * 86400, CAST($to_s AS BIGINT))}})
m4_define({{LL_FULL_TO}}, {{GREATEST(LL_IDIV(CAST($to_s AS BIGINT), 86400) * 86400, LL_FULL_FROM)}})
WITH LL_REPORT_SLOTS, samples AS (
    SELECT slot, broadcaster_id, viewer_count FROM observations(CAST($from_s AS BIGINT), LL_FULL_FROM)
    UNION ALL
    SELECT slot, broadcaster_id, viewer_count FROM observations(LL_FULL_TO, CAST($to_s AS BIGINT))
    UNION ALL
    SELECT slot, broadcaster_id, viewer_count FROM hot WHERE slot >= LL_FULL_FROM AND slot < LL_FULL_TO
), sums AS (
    SELECT o.broadcaster_id, sum(CAST(o.viewer_count AS BIGINT) * s.cadence_s) AS viewer_parts, sum(s.cadence_s) AS live_parts,
        sum(CASE WHEN s.used THEN CAST(o.viewer_count AS BIGINT) * s.cadence_s ELSE 0 END) AS used_viewer_parts,
        sum(CASE WHEN s.used THEN s.cadence_s ELSE 0 END) AS used_live_parts,
        max(CASE WHEN s.used THEN o.viewer_count END) AS peak, count(*) AS samples
    FROM samples o JOIN slots s ON s.slot = o.slot
    WHERE $broadcaster_id IS NULL OR o.broadcaster_id = CAST($broadcaster_id AS BIGINT)
    GROUP BY o.broadcaster_id
    UNION ALL
    SELECT d.broadcaster_id, sum(d.viewer_seconds), sum(d.live_seconds),
        sum(CASE WHEN c.partial THEN d.viewer_seconds ELSE d.complete_viewer_seconds END),
        sum(CASE WHEN c.partial THEN d.live_seconds ELSE d.complete_live_seconds END),
        max(CASE WHEN c.partial THEN d.peak ELSE d.complete_peak END), sum(d.samples)
    FROM broadcaster_day d CROSS JOIN covered c -- one bucket
    WHERE d.day >= LL_DAY(LL_FULL_FROM) AND d.day < LL_DAY(LL_FULL_TO)
        AND ($broadcaster_id IS NULL OR d.broadcaster_id = CAST($broadcaster_id AS BIGINT))
    GROUP BY d.broadcaster_id
), measured AS (
    SELECT c.bucket, CAST(b.broadcaster_id AS TEXT) AS id, '' AS by_id, b.viewer_parts, b.live_parts, b.used_viewer_parts,
        b.used_live_parts, b.peak AS peak_viewer_parts, 1 AS peak_channel_parts, b.samples
    FROM (
        SELECT broadcaster_id, CAST(sum(viewer_parts) AS LL_WIDE) AS viewer_parts, CAST(sum(live_parts) AS LL_WIDE) AS live_parts,
            CAST(sum(used_viewer_parts) AS LL_WIDE) AS used_viewer_parts,
            CAST(sum(used_live_parts) AS LL_WIDE) AS used_live_parts, max(peak) AS peak, CAST(sum(samples) AS BIGINT) AS samples
        FROM sums GROUP BY broadcaster_id
    ) AS b CROSS JOIN covered c
), total AS (
    SELECT bucket, sum(viewer_parts) AS viewer_seconds FROM measured GROUP BY bucket
), uniques AS (
    SELECT bucket, id, by_id, 1 AS unique_channels FROM measured
)
LL_REPORT_ROWS
