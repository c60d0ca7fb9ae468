-- A day without a reason: as it was before runs had one, so that such days are the same bytes.
-- Into a table of its own first: the SELECT may use every thread, writing the file uses one.
CREATE OR REPLACE TEMP TABLE history_row AS
SELECT LL_RUN_COLUMNS_1
FROM day_run WHERE day = CAST($day AS DATE)
ORDER BY slot
