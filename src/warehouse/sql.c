#include <string.h>

#include "warehouse/sql_internal.h"
#include "warehouse/warehouse.h"

static struct ll_str find(const struct ll_sql_table *table, const char *dialect, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->texts[i].dialect, dialect) == 0 &&
            strcmp(table->texts[i].name, name) == 0)
            return table->texts[i].text;
    return (struct ll_str){0};
}

struct ll_str ll_sql_find(const char *dialect, const char *name)
{
    struct ll_str text = find(&ll_sql_embedded, dialect, name);
    if (text.ptr == NULL && &ll_sql_of_tests != NULL)
        return find(&ll_sql_of_tests, dialect, name);
    return text;
}
