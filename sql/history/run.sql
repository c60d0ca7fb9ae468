-- Into a table of its own first: the SELECT may use every thread, writing the file uses one.
CREATE OR REPLACE TEMP TABLE history_row AS
SELECT LL_RUN_COLUMNS
FROM day_run WHERE day = CAST($day AS DATE)
ORDER BY slot
