-- The rows of forget/take_day, in the order that closing a day gives them.
SELECT * FROM forget_run ORDER BY slot
