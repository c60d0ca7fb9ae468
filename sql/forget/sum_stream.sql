-- What a processed stream table adds up to, after forget/take_stream.
SELECT count(*) AS rows, CAST(COALESCE(sum(viewer_count), 0) AS BIGINT) AS viewers FROM forget_row
