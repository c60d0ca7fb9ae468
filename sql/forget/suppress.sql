-- All rows of a broadcaster go. What is summed up (roll-ups, days of categories) is made anew with the
-- layers below. $id.
DELETE FROM hot_detail
WHERE EXISTS (
    SELECT 1 FROM hot h JOIN run r ON r.slot = h.slot
    WHERE h.broadcaster_id = $id AND r.day = hot_detail.day AND h.stream_id = hot_detail.stream_id
        AND h.detail_id = hot_detail.detail_id
);
DELETE FROM hot WHERE broadcaster_id = $id;
DELETE FROM text_span
WHERE EXISTS (
    SELECT 1 FROM track t WHERE t.broadcaster_id = $id AND t.day = text_span.day AND t.stream_id = text_span.stream_id
);
DELETE FROM track WHERE broadcaster_id = $id;
DELETE FROM broadcaster_day WHERE broadcaster_id = $id;
DELETE FROM ref_user WHERE broadcaster_id = $id
