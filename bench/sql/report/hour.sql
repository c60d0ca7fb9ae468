-- The platform hour by hour.
WITH by_slot AS (
    SELECT slot, sum(viewer_count) AS viewers, count(*) AS channels FROM observation GROUP BY slot
), uniques AS (
    SELECT slot // 3600 AS hour, count(DISTINCT broadcaster_id) AS unique_channels FROM observation GROUP BY ALL
)
SELECT hour, sum(viewers) / 4.0 AS hours_watched, sum(channels) / 4.0 AS airtime_hours,
    avg(viewers) AS average_viewers, sum(viewers) / sum(channels) AS average_viewers_while_live,
    avg(channels) AS average_channels, max(viewers) AS peak_viewers, max(channels) AS peak_channels,
    any_value(unique_channels) AS unique_channels, sum(channels) AS samples
FROM by_slot JOIN uniques ON hour = slot // 3600
GROUP BY hour ORDER BY hour;
