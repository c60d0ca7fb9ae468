/* Queries of IGDB: parsing ends, with an error that says why or a tree that can be evaluated, and
 * takes memory in proportion to the text. */
#include "fuzz.h"

#include <assert.h>

#include "sim/apicalypse.h"

#define TEXT_MAX 32768 /* as the simulator takes it */

static size_t values_of(void *context, int column, struct sim_scalar *ret, size_t capacity)
{
    const int *wanted = context;
    assert(capacity >= 1);
    ret[0] = column == *wanted
                 ? (struct sim_scalar){.kind = SIM_TEXT, .text = LL_STR("Quiet Orchard")}
                 : (struct sim_scalar){.kind = SIM_NUMBER, .number = 7};
    return column % 3 == 0 ? 0 : 1;
}

static void check_query(struct ll_arena *arena, struct ll_str text)
{
    struct sim_query query;
    struct sim_query_error error = {0};
    if (!sim_query_parse(arena, text, &query, &error)) {
        assert(error.status == 400 || error.status == 403);
        assert(error.title && error.cause.len > 0);
        return;
    }
    assert(query.limit >= 1 && query.limit <= SIM_QUERY_LIMIT_MAX && query.offset >= 0);
    int column = 0;
    for (struct sim_node *node = query.conditions; node; node = node->next)
        node->column = column++;
    column /= 2;
    bool holds = sim_query_matches(query.where, values_of, &column);
    assert(holds == sim_query_matches(query.where, values_of, &column));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > TEXT_MAX)
        return 0;
    struct ll_str text = {(const char *)data, size};
    struct ll_arena arena = {0};
    struct sim_subquery parts[SIM_MULTIQUERY_MAX];
    struct sim_query_error error = {0};
    size_t count;
    check_query(&arena, text);
    assert(arena.used_bytes <= 400 * size + 4096);
    if (sim_multiquery_parse(&arena, text, parts, &count, &error))
        for (size_t i = 0; i < count; i++)
            check_query(&arena, parts[i].clauses);
    else
        assert(error.status == 400 && error.title);
    ll_arena_clear(&arena);
    return 0;
}
