-- A day that is kept no more: all its rows go; that it was there, and what was loaded of it, stays known.
-- stage_ledger; $day, $generation, $manifest_sha256.
m4_include({{load/clear_day.sql}})

m4_include({{ledger/put.sql}})

DELETE FROM day_state WHERE day = CAST($day AS DATE);
INSERT INTO day_state (day, closed, dirty, sealed, generation, manifest_sha256)
VALUES (CAST($day AS DATE), TRUE, FALSE, TRUE, CAST($generation AS INTEGER), $manifest_sha256);
