-- How many tables the file has, and whether meta is one of them.
SELECT count(*) AS tables, count(*) FILTER (table_name = 'meta') AS metas
FROM duckdb_tables() WHERE NOT internal AND NOT temporary;
