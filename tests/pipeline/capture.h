/* A small invented capture in the original's layout, made from a seed: three UTC days of sparse
 * slots, a few streams that start, stop, change category, title and name, reference dumps of two
 * dates. */
#ifndef LL_TESTS_PIPELINE_CAPTURE_H
#define LL_TESTS_PIPELINE_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

struct capture {
    char *folder; /* holds all files */
    char **files; /* absolute paths, in the order of making */
    size_t count;
};

void capture_make(struct capture *capture, uint64_t seed);
void capture_clear(struct capture *capture); /* removes the files */

#endif
