m4_changequote({{,}})m4_changecom({{--}})m4_dnl
m4_divert(-1)
-- The DuckDB dialect: what sql/ says differently to DuckDB and to PostgreSQL, a dozen macros.
--
--   - A file of sql/ is expanded once for each dialect, in the folder sql/ or with -I sql:
--     m4 -P -I sql sql/dialect/<dialect>.m4 sql/<file>.sql
--     sql/duckdb/ and sql/postgres/ hold what only one of them gets.
--   - A macro has an upper-case name that begins with LL_, the same arguments in every dialect, and a
--     comment here saying what it yields. Arguments are SQL expressions; commas inside parentheses do
--     not split them.
--   - Quotes of m4 are {{ and }}, so that SQL may use ' and `. Comments are those of SQL: nothing after
--     two hyphens is expanded.
--   - What can be said in both engines' SQL is said so, without a macro.

-- LL_TIMESTAMP(s): TIMESTAMP of epoch seconds. LL_TIMESTAMP_US(us): of epoch microseconds.
m4_define({{LL_TIMESTAMP}}, {{make_timestamp(CAST($1 AS BIGINT) * 1000000)}})
m4_define({{LL_TIMESTAMP_US}}, {{make_timestamp($1)}})
-- LL_EPOCH(timestamp): epoch seconds, rounded down. LL_DAY(s): UTC day of epoch seconds.
m4_define({{LL_EPOCH}}, {{(epoch_us($1) // 1000000)}})
m4_define({{LL_DAY}}, {{CAST(make_timestamp(CAST($1 AS BIGINT) * 1000000) AS DATE)}})
-- LL_IDIV(a, b): whole division of whole numbers.
m4_define({{LL_IDIV}}, {{(($1) // ($2))}})
-- LL_WIDE: a type of whole numbers that holds sums of products of BIGINTs.
m4_define({{LL_WIDE}}, {{HUGEINT}})
-- LL_SERIES(first, last, step): in a select list, one row for each number; none when last < first.
m4_define({{LL_SERIES}}, {{unnest(generate_series($1, $2, $3))}})
-- LL_ORDERED_LIST(value, place): aggregate: INTEGER[] of values (0 and up, or NULL) by whole-number place.
-- Not list(… ORDER BY …), which holds many times the memory and cannot spill: sorted as one number.
m4_define({{LL_ORDERED_LIST}}, {{list_transform(list_sort(list(($2) * 4294967296 + COALESCE(CAST($1 AS BIGINT) + 1, 0))),
        lambda packed: CASE WHEN packed % 4294967296 > 0 THEN CAST(packed % 4294967296 - 1 AS INTEGER) END)}})
-- LL_LOCAL(zone, timestamp): wall clock of an IANA zone at a UTC timestamp; LL_INSTANT: the way back.
m4_define({{LL_LOCAL}}, {{timezone($1, timezone('UTC', $2))}})
m4_define({{LL_INSTANT}}, {{timezone('UTC', timezone($1, $2))}})
-- LL_ZONES: a table of zone names.
m4_define({{LL_ZONES}}, {{pg_timezone_names()}})
-- LL_FORMAT(timestamp, strftime format, to_char format): text.
m4_define({{LL_FORMAT}}, {{strftime($1, $2)}})
-- LL_MATCHES(text, pattern): whether a regular expression is found in it. LL_REPLACED(text, pattern,
-- by): each match replaced; LL_REPLACED_ALL: of every text of a list. LL_JOINED(list): as lines.
m4_define({{LL_MATCHES}}, {{regexp_matches($1, $2)}})
m4_define({{LL_REPLACED}}, {{regexp_replace($1, $2, $3, 'g')}})
m4_define({{LL_REPLACED_ALL}}, {{list_transform($1, lambda one: regexp_replace(one, $2, $3, 'g'))}})
m4_define({{LL_JOINED}}, {{array_to_string($1, chr(10))}})
-- LL_TABLE_FUNCTION(name, first, second, columns) select LL_TABLE_FUNCTION_END: a function of two
-- BIGINTs that gives rows; made anew each time.
m4_define({{LL_TABLE_FUNCTION}}, {{CREATE OR REPLACE MACRO $1($2, $3) AS TABLE}})
m4_define({{LL_TABLE_FUNCTION_END}}, {{;}})
-- LL_KEY: of a column whose values are unique. DuckDB is not told: it cannot take back a commit that
-- replaced rows of the same key. So rows of a key are deleted before others are put in their place.
m4_define({{LL_KEY}}, {{NOT NULL}})
m4_include({{shared.m4}})
m4_divert(0)m4_dnl
