m4_include({{report.m4}})m4_dnl
-- Reports on broadcasters, or on some of them, from the observations.
WITH LL_REPORT_SLOTS, LL_REPORT_TERMS,
LL_REPORT_OBSERVATIONS, keyed AS (
    SELECT f.slot, LL_REPORT_KEYS(f, ''), f.broadcaster_id, 1 AS samples,
        f.viewers * LL_REPORT_PARTS(1, '') AS viewers, LL_REPORT_PARTS(1, '') AS channels
    FROM filtered f
    LL_REPORT_KEY_JOINS(f, '')
    UNION ALL
    SELECT slot, '', '', NULL, 0, 0, 0 FROM slots WHERE $what = 'platform' AND $by = ''
), chosen AS (
    SELECT slot, id, by_id, broadcaster_id, samples, viewers, channels FROM keyed WHERE LL_REPORT_CHOSEN
), by_slot AS ( -- a broadcaster has one stream in a slot; of others, the peak is that of the sum over channels
    SELECT slot, id, by_id, samples, viewers, channels FROM chosen WHERE $what = 'broadcasters'
    UNION ALL
    SELECT slot, id, by_id, sum(samples), sum(viewers), sum(channels) FROM chosen WHERE $what <> 'broadcasters'
    GROUP BY slot, id, by_id
), measured AS (
    SELECT s.bucket, b.id, b.by_id, LL_REPORT_MEASURES(b, LL_WIDE)
    FROM by_slot b JOIN slots s ON s.slot = b.slot
    GROUP BY s.bucket, b.id, b.by_id
), uniques AS (
    SELECT s.bucket, b.id, b.by_id, count(DISTINCT b.broadcaster_id) AS unique_channels
    FROM chosen b JOIN slots s ON s.slot = b.slot
    WHERE $what <> 'broadcasters' AND $want_unique
    GROUP BY s.bucket, b.id, b.by_id
), total AS (
    SELECT s.bucket, sum(CAST(f.viewers AS BIGINT) * s.cadence_s) AS viewer_seconds
    FROM filtered f JOIN slots s ON s.slot = f.slot
    GROUP BY s.bucket
)
LL_REPORT_ROWS
