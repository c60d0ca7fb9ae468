/* What the generator invents: names, titles, tags, languages, categories and viewer counts, each as
 * JSON text or a number and each a pure function of its seed. The shapes are those of real sweeps.
 */
#ifndef LL_BENCH_SHAPES_H
#define LL_BENCH_SHAPES_H

#include "base/buf.h"
#include "base/rand.h"

#define BENCH_CATEGORIES 4600

struct bench_category {
    int64_t id;
    int64_t igdb_id; /* 0 = none */
    char name[64];
};

struct bench_shapes {
    struct bench_category categories[BENCH_CATEGORIES];
    double category_weight[BENCH_CATEGORIES]; /* summed up, the last is 1 */
    double language_weight[32];
};

struct bench_shapes *bench_shapes_new(uint64_t seed);

size_t bench_pick_category(const struct bench_shapes *shapes, struct ll_rand *rand);
const char *bench_pick_language(const struct bench_shapes *shapes, struct ll_rand *rand);
/* Typical viewers of a broadcaster: half have at most two, one in a thousand over 6,000. */
double bench_pick_viewers(struct ll_rand *rand);

void bench_add_login(struct ll_buf *out, uint64_t broadcaster);
/* The content of a JSON string: escaped as in the original's files, ASCII only. */
void bench_add_title(struct ll_buf *out, struct ll_rand *rand);
/* "tag","tag",… with `separator` after each comma. */
void bench_add_tags(struct ll_buf *out, struct ll_rand *rand, const char *separator);

#endif
