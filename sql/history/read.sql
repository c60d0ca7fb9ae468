-- One history object, row by row. Not hive-partitioned: `day` is a column of its own.
SELECT * FROM read_parquet($file, hive_partitioning = false);
