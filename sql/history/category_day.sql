-- Into a table of its own first: the SELECT may use every thread, writing the file uses one.
CREATE OR REPLACE TEMP TABLE history_row AS
SELECT LL_CATEGORY_DAY_COLUMNS
FROM (LL_CATEGORY_DAYS((SELECT * FROM day_sample WHERE day = CAST($day AS DATE)))) AS days
ORDER BY category_id, first_slot, name
