-- The rows of forget/take_user, in the order that processing gives them.
SELECT * FROM forget_row ORDER BY broadcaster_id
