-- Texts of open days that no row has any more: their rows were loaded anew with others.
DELETE FROM hot_detail
WHERE NOT EXISTS (
    SELECT 1 FROM hot h JOIN run r ON r.slot = h.slot
    WHERE r.day = hot_detail.day AND h.stream_id = hot_detail.stream_id AND h.detail_id = hot_detail.detail_id
)
