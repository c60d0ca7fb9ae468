DROP TABLE IF EXISTS forget_row;
DROP TABLE IF EXISTS forget_all;
DROP TABLE IF EXISTS forget_seen;
DROP TABLE IF EXISTS forget_run;
DROP TABLE IF EXISTS forget_track;
DROP TABLE IF EXISTS forget_text_span;
DROP TABLE IF EXISTS forget_broadcaster_day;
DROP TABLE IF EXISTS forget_category_day
