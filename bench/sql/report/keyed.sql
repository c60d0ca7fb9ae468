-- Measures by one column: {{key}}, of the rows where {{filter}}.
WITH by_slot AS (
    SELECT slot, {{key}} AS id, sum(viewer_count) AS viewers, count(*) AS channels
    FROM observation WHERE {{filter}} GROUP BY ALL
), uniques AS (
    SELECT {{key}} AS id, count(DISTINCT broadcaster_id) AS unique_channels FROM observation WHERE {{filter}} GROUP BY ALL
), good AS (
    SELECT count(*) AS slots FROM (SELECT DISTINCT slot FROM rollup WHERE dim = 'platform')
)
SELECT CAST(b.id AS VARCHAR) AS id, sum(viewers) / 4.0 AS hours_watched, sum(channels) / 4.0 AS airtime_hours,
    sum(viewers) / any_value(slots) AS average_viewers, sum(viewers) / sum(channels) AS average_viewers_while_live,
    sum(channels) / any_value(slots) AS average_channels, max(viewers) AS peak_viewers, max(channels) AS peak_channels,
    any_value(unique_channels) AS unique_channels, sum(channels) AS samples,
    sum(viewers) / sum(sum(viewers)) OVER () AS share
FROM by_slot b JOIN uniques u ON u.id IS NOT DISTINCT FROM b.id CROSS JOIN good
GROUP BY b.id ORDER BY hours_watched DESC, CAST(b.id AS VARCHAR) LIMIT 20;
