-- A day that is kept no more: all its rows go; that it was there, and what was loaded of it, stays known.
-- stage_ledger; $day, $generation, $manifest_sha256.
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

m4_include({{ledger/put.sql}})

DELETE FROM day_state WHERE day = CAST($day AS DATE);
INSERT INTO day_state (day, closed, dirty, sealed, generation, manifest_sha256)
VALUES (CAST($day AS DATE), TRUE, FALSE, TRUE, CAST($generation AS INTEGER), $manifest_sha256);
