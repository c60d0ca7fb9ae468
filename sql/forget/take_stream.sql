-- A table file without the rows of a person. In a scratch database. $file, $id.
CREATE OR REPLACE TEMP TABLE forget_row AS
SELECT * FROM read_parquet($file, hive_partitioning = false) WHERE broadcaster_id <> $id
