-- The rows of forget/take_quarantine, in the order that processing gives them.
SELECT * FROM forget_row ORDER BY object, position
