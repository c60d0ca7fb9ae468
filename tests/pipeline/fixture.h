/* One world and one capture for each test of a group. */
#ifndef LL_TESTS_PIPELINE_FIXTURE_H
#define LL_TESTS_PIPELINE_FIXTURE_H

#include "capture.h"
#include "world.h"

struct fixture {
    struct world world;
    struct capture capture;
};

/* cmocka's set-up and tear-down; *state is a struct fixture. */
int fixture_open(void **state);
int fixture_close(void **state);
/* The whole capture, down to the warehouse. */
void fixture_import(struct fixture *f);

#endif
