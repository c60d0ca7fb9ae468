-- The rows of forget/take_day, in the order that closing a day gives them.
SELECT * FROM forget_track ORDER BY broadcaster_id, stream_id, first_slot
