-- A quarantine file without the records that name a person by id. In a scratch database. $file, $id.
CREATE OR REPLACE TEMP TABLE forget_row AS
SELECT * FROM read_parquet($file, hive_partitioning = false)
WHERE NOT LL_MATCHES(record, '\b' || CAST($id AS TEXT) || '\b')
