m4_include({{report.m4}})m4_dnl
-- The same as report/concentration where nothing but broadcasters is filtered: their day rows are enough.
WITH LL_REPORT_SLOTS, LL_REPORT_BROADCASTERS, channels AS (
    SELECT broadcaster_id, sum(viewer_parts) AS viewer_seconds FROM sums GROUP BY broadcaster_id
), LL_CONCENTRATION
