-- Measures by genre or game mode, {{kind}}; a category of k of them counts for each by 1/k.
WITH link AS (
    SELECT category_id, term_id, k FROM category_term WHERE kind = '{{kind}}'
), by_category AS (
    SELECT slot, category_id, sum(viewer_count) AS viewers, count(*) AS channels FROM observation GROUP BY ALL
), by_slot AS (
    SELECT slot, coalesce(term_id, 0) AS id, sum(viewers / coalesce(k, 1)) AS viewers, sum(channels / coalesce(k, 1)) AS channels,
        sum(channels) AS samples
    FROM by_category LEFT JOIN link USING (category_id) GROUP BY ALL
), presence AS (
    SELECT DISTINCT broadcaster_id, category_id FROM observation
), uniques AS (
    SELECT coalesce(term_id, 0) AS id, count(DISTINCT broadcaster_id) AS unique_channels
    FROM presence LEFT JOIN link USING (category_id) GROUP BY ALL
), good AS (
    SELECT count(DISTINCT slot) AS slots, sum(viewers) AS viewers FROM by_category
)
SELECT CAST(b.id AS VARCHAR) AS id, sum(b.viewers) / 4.0 AS hours_watched, sum(channels) / 4.0 AS airtime_hours,
    sum(b.viewers) / any_value(slots) AS average_viewers, sum(b.viewers) / sum(channels) AS average_viewers_while_live,
    sum(channels) / any_value(slots) AS average_channels, max(b.viewers) AS peak_viewers, max(channels) AS peak_channels,
    any_value(unique_channels) AS unique_channels, sum(samples) AS samples, sum(b.viewers) / any_value(good.viewers) AS share
FROM by_slot b JOIN uniques u ON u.id = b.id CROSS JOIN good
GROUP BY b.id ORDER BY hours_watched DESC, CAST(b.id AS VARCHAR) LIMIT 20;
