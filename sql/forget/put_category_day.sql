-- The rows of forget/take_day, in the order that closing a day gives them.
SELECT * FROM forget_category_day ORDER BY category_id, first_slot, name
