DELETE FROM day_run;
DELETE FROM day_stream;
DROP TABLE IF EXISTS history_row;
