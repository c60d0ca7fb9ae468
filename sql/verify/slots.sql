-- What the warehouse holds of each slot: rows, viewers, and a checksum over who they belong to (the
-- same as ll_verify computes from the processed rows).
SELECT slot, COUNT(*) AS streams, CAST(SUM(CAST(viewer_count AS BIGINT)) AS BIGINT) AS viewers,
    CAST(SUM((stream_id % 1000003) * ((viewer_count + 1) % 1009) + (broadcaster_id % 1000003)
        + (category_id % 1000003)) AS BIGINT) AS checksum
FROM observation
GROUP BY slot
ORDER BY slot
