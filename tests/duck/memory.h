/* A database in memory for a group of tests. */
#ifndef LL_TESTS_DUCK_MEMORY_H
#define LL_TESTS_DUCK_MEMORY_H

#include "duck/duck.h"
#include "support/check.h"

static struct ll_duck *duck;

static int open_memory(void **state)
{
    (void)state;
    struct ll_error err;
    if (ll_duck_open(&(struct ll_duck_options){0}, &duck, &err) == LL_OK)
        return 0;
    print_error("%s\n", err.message);
    return -1;
}

static int close_memory(void **state)
{
    (void)state;
    ll_duck_close(duck);
    return 0;
}

static void exec(const char *sql)
{
    struct ll_error err;
    assert_status(LL_OK, ll_duck_exec(duck, ll_str_of(sql), NULL, 0, &err), &err);
}

#endif
