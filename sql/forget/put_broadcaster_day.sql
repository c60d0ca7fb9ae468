-- The rows of forget/take_day, in the order that closing a day gives them.
SELECT * FROM forget_broadcaster_day ORDER BY broadcaster_id, first_slot, login, display_name
