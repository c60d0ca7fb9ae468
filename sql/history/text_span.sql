-- Into a table of its own first: the SELECT may use every thread, writing the file uses one.
CREATE OR REPLACE TEMP TABLE history_row AS
SELECT LL_TEXT_SPAN_COLUMNS
FROM (LL_TEXT_SPANS((SELECT * FROM day_sample WHERE day = CAST($day AS DATE)))) AS spans
ORDER BY stream_id, from_slot
