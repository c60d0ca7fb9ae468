-- A day with a run that says why it is not complete.
CREATE OR REPLACE TEMP TABLE history_row AS
SELECT LL_RUN_COLUMNS
FROM day_run WHERE day = CAST($day AS DATE)
ORDER BY slot
