-- All rows of a day go, but for its state and reference data. $day.
DELETE FROM hot WHERE slot >= LL_EPOCH(CAST($day AS TIMESTAMP)) AND slot < LL_EPOCH(CAST($day AS TIMESTAMP)) + 86400;
DELETE FROM hot_detail WHERE day = CAST($day AS DATE);
DELETE FROM rollup_slot
WHERE slot >= LL_EPOCH(CAST($day AS TIMESTAMP)) AND slot < LL_EPOCH(CAST($day AS TIMESTAMP)) + 86400;
DELETE FROM load_ledger WHERE run_id IN (SELECT run_id FROM run WHERE day = CAST($day AS DATE));
DELETE FROM run WHERE day = CAST($day AS DATE);
DELETE FROM track WHERE day = CAST($day AS DATE);
DELETE FROM text_span WHERE day = CAST($day AS DATE);
DELETE FROM broadcaster_day WHERE day = CAST($day AS DATE);
DELETE FROM category_day WHERE day = CAST($day AS DATE);
