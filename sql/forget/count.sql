-- Rows of a broadcaster, and texts that hold any of the names. $id, $any.
SELECT CAST(sum(rows) AS BIGINT) AS rows FROM (
    SELECT count(*) AS rows FROM hot WHERE broadcaster_id = $id
    UNION ALL
    SELECT count(*) FROM track WHERE broadcaster_id = $id
    UNION ALL
    SELECT count(*) FROM broadcaster_day WHERE broadcaster_id = $id
    UNION ALL
    SELECT count(*) FROM ref_user WHERE broadcaster_id = $id OR LL_MATCHES(description, $any)
    UNION ALL
    SELECT count(*) FROM hot_detail WHERE LL_MATCHES(title, $any) OR LL_MATCHES(LL_JOINED(tags), $any)
    UNION ALL
    SELECT count(*) FROM text_span WHERE LL_MATCHES(title, $any) OR LL_MATCHES(LL_JOINED(tags), $any)
) AS counts
