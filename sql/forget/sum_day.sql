-- What the tracks of a day add up to, after forget/take_day.
SELECT CAST(COALESCE(sum(samples), 0) AS BIGINT) AS rows, CAST(COALESCE(sum(list_sum(viewers)), 0) AS BIGINT) AS viewers
FROM forget_track
