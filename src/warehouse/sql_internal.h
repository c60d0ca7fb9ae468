/* The tables of embedded SQL, generated at build (cmake/sql.cmake). */
#ifndef LL_WAREHOUSE_SQL_INTERNAL_H
#define LL_WAREHOUSE_SQL_INTERNAL_H

#include <stddef.h>

#include "base/str.h"

struct ll_sql_text {
    const char *dialect;
    const char *name;
    struct ll_str text;
};

struct ll_sql_table {
    const struct ll_sql_text *texts;
    size_t count;
};

extern const struct ll_sql_table ll_sql_embedded;
/* tests/sql; only in test programs that link it. */
extern const struct ll_sql_table ll_sql_of_tests __attribute__((weak));

#endif
