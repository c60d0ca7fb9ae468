-- What is wrong with a user's SQL, judged before it is bound. A read-only transaction without external
-- access still leaves functions that change the engine itself (one of them, given a folder, makes every
-- later statement of the process fail), that run SQL hidden in a string, or that take raw pointers. So
-- table functions are named here or are ours, and those few scalar functions are refused. $sql.
WITH parsed AS (
    SELECT json_serialize_sql(CAST($sql AS TEXT)) AS tree
), called AS (
    SELECT lower(node.atom ->> '$') AS name, node.path LIKE '%.function' AS gives_rows
    FROM parsed, json_tree(parsed.tree) AS node
    WHERE node.key = 'function_name'
), refused AS (
    SELECT 'the function ' || name AS what FROM called
    WHERE gives_rows
        AND name NOT IN (
            'range', 'generate_series', 'unnest', 'repeat', 'repeat_row', 'json_each', 'json_tree', 'histogram',
            'histogram_values', 'duckdb_columns', 'duckdb_constraints', 'duckdb_databases', 'duckdb_functions',
            'duckdb_indexes', 'duckdb_keywords', 'duckdb_memory', 'duckdb_schemas', 'duckdb_settings', 'duckdb_tables',
            'duckdb_types', 'duckdb_views', 'pg_timezone_names', 'pragma_database_size', 'pragma_show',
            'pragma_storage_info', 'pragma_table_info', 'pragma_version'
        )
        AND name NOT IN (SELECT lower(function_name) FROM duckdb_functions() WHERE NOT internal)
    UNION ALL -- a file's path in a table's place: those in the spill folder are not external to the engine
    SELECT 'the file ' || (node.atom ->> '$') FROM parsed, json_tree(parsed.tree) AS node
    WHERE node.key = 'table_name' AND contains(node.atom ->> '$', '/')
    UNION ALL
    SELECT 'the function ' || name FROM called
    WHERE NOT gives_rows AND name IN ('write_log', 'setseed', 'sleep_ms', 'json_serialize_plan')
)
SELECT tree ->> 'error_type' AS error_type, tree ->> 'error_message' AS error_message,
    json_array_length(tree -> 'statements') AS statements, (SELECT min(what) FROM refused) AS refused
FROM parsed;
