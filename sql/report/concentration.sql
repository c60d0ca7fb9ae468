m4_include({{report.m4}})m4_dnl
-- How hours watched are spread over channels, under filters: share of the largest, Herfindahl's index (hhi, the sum of
-- squared shares), 1 / hhi as effective channels, and Gini's coefficient.
WITH LL_REPORT_SLOTS, LL_REPORT_TERMS, LL_REPORT_OBSERVATIONS, channels AS (
    SELECT broadcaster_id, sum(CAST(viewers AS BIGINT) * cadence_s) AS viewer_seconds FROM filtered GROUP BY broadcaster_id
), LL_CONCENTRATION
