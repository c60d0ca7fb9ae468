-- Into a table of its own first: the SELECT may use every thread, writing the file uses one.
CREATE OR REPLACE TEMP TABLE history_row AS
SELECT LL_TRACK_COLUMNS
FROM (LL_TRACKS((SELECT * FROM day_sample WHERE day = CAST($day AS DATE)), day_step)) AS tracks
ORDER BY broadcaster_id, stream_id, first_slot
