m4_include({{report.m4}})m4_dnl
-- Broadcasters over the whole range, all categories and languages.
WITH LL_REPORT_SLOTS, LL_REPORT_BROADCASTERS, measured AS (
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
)
m4_define({{LL_REPORT_UNIQUES}}, {{CROSS JOIN (SELECT 1 AS unique_channels) u}})m4_dnl
LL_REPORT_ROWS
