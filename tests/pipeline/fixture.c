#include "fixture.h"

#include <stdlib.h>

#include "support/check.h"

int fixture_open(void **state)
{
    struct fixture *f = ll_xcalloc(1, sizeof(*f));
    world_open(&f->world, NULL);
    capture_make(&f->capture, 1);
    *state = f;
    return 0;
}

int fixture_close(void **state)
{
    struct fixture *f = *state;
    world_close(&f->world);
    capture_clear(&f->capture);
    free(f);
    return 0;
}

void fixture_import(struct fixture *f)
{
    struct ll_error err;
    assert_status(LL_OK, world_import(&f->world, f->capture.folder, &err), &err);
}
