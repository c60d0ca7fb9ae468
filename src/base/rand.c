#include "base/rand.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void ll_rand_seed(struct ll_rand *rand, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        rand->state[i] = splitmix64(&seed);
}

void ll_rand_seed_system(struct ll_rand *rand)
{
    uint64_t seed;
    /* Up to 256 bytes come whole or not at all once the pool is up, so only refusal is left. */
    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        abort();
    ll_rand_seed(rand, seed);
}

static uint64_t rotate_left(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

uint64_t ll_rand_next(struct ll_rand *rand)
{
    uint64_t *s = rand->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* Lemire, "Fast random integer generation in an interval", 2019. */
uint64_t ll_rand_below(struct ll_rand *rand, uint64_t bound)
{
    assert(bound > 0);
    unsigned __int128 product = (unsigned __int128)ll_rand_next(rand) * bound;
    if ((uint64_t)product < bound) {
        uint64_t threshold = (0 - bound) % bound;
        while ((uint64_t)product < threshold)
            product = (unsigned __int128)ll_rand_next(rand) * bound;
    }
    return (uint64_t)(product >> 64);
}

double ll_rand_unit(struct ll_rand *rand)
{
    return (double)(ll_rand_next(rand) >> 11) * 0x1p-53;
}
