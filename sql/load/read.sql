-- All of a processed file. In a scratch database. $file.
SELECT * FROM read_parquet($file, hive_partitioning = false)
