/* The randomness port: jitter, temporary names, test schedules. Not for secrets. */
#ifndef LL_BASE_RAND_H
#define LL_BASE_RAND_H

#include <stdint.h>

struct ll_rand {
    uint64_t state[4]; /* xoshiro256**, Blackman and Vigna 2018 */
};

void ll_rand_seed(struct ll_rand *rand, uint64_t seed); /* reproducible, by splitmix64 */
void ll_rand_seed_system(struct ll_rand *rand);         /* from getrandom(2) */
uint64_t ll_rand_next(struct ll_rand *rand);
uint64_t ll_rand_below(struct ll_rand *rand,
                       uint64_t bound);    /* unbiased, 0 <= x < bound; bound > 0 */
double ll_rand_unit(struct ll_rand *rand); /* 0 <= x < 1 */

#endif
