/* Distributions measured from real streams (contract C.13), as tables of quantiles. */
#include "sim/world_internal.h"

#include <math.h>

#include "base/attr.h"

struct knot {
    double x, y;
};

/* Share of the streams with a level below y; log y is taken as linear in log(1 - x). The part above
 * 0.999 falls faster than the sample's tail index, for else the largest would have millions. */
static const struct knot levels[] = {
    {0.01, 1},     {0.40, 2},       {0.56, 3},         {0.74, 6},          {0.83, 11},
    {0.90, 24},    {0.95, 70},      {0.98, 312},       {0.99, 640},        {0.995, 1380},
    {0.999, 6400}, {0.9999, 37000}, {0.99999, 210000}, {0.999999, 400000},
};

double sim_chance_level(double unit)
{
    if (unit < levels[0].x)
        return unit / levels[0].x;
    for (size_t i = 1; i < LL_COUNT(levels); i++) {
        if (unit < levels[i].x) {
            const struct knot a = levels[i - 1], b = levels[i];
            double part = (log1p(-a.x) - log1p(-unit)) / (log1p(-a.x) - log1p(-b.x));
            return a.y * exp(part * log(b.y / a.y));
        }
    }
    return levels[LL_COUNT(levels) - 1].y;
}

/* Density of the age of a live stream, by hours. In equilibrium it is, but for a factor, the share
 * of streams that last longer than x. */
static const struct knot ages[] = {
    {0, 0.28},   {0.92, 0.26}, {2.1, 0.163}, {4.1, 0.088}, {6.9, 0.022},
    {9.1, 0.02}, {10, 0.004},  {24, 0.0011}, {47.9, 0},
};

static double age_area(size_t i)
{
    return (ages[i].y + ages[i - 1].y) / 2 * (ages[i].x - ages[i - 1].x);
}

double sim_chance_age_h(double unit)
{
    double total = 0;
    for (size_t i = 1; i < LL_COUNT(ages); i++)
        total += age_area(i);
    double rest = unit * total;
    size_t i = 1;
    while (i + 1 < LL_COUNT(ages) && rest >= age_area(i))
        rest -= age_area(i++);
    /* Where the area under the line from a to b reaches rest. */
    const struct knot a = ages[i - 1], b = ages[i];
    double width = b.x - a.x, area = rest / width;
    double root = sqrt(fmax(0, a.y * a.y + 2 * (b.y - a.y) * area));
    return fmin(a.x + width * 2 * area / (a.y + root), b.x);
}

static double longer_than(double hours)
{
    for (size_t i = 1; i < LL_COUNT(ages); i++) {
        const struct knot a = ages[i - 1], b = ages[i];
        if (hours < b.x)
            return a.y + (b.y - a.y) * (hours - a.x) / (b.x - a.x);
    }
    return 0;
}

double sim_chance_duration_h(double unit, double beyond_h)
{
    double y = (1 - unit) * longer_than(beyond_h);
    for (size_t i = 1; i < LL_COUNT(ages); i++) {
        const struct knot a = ages[i - 1], b = ages[i];
        if (y >= b.y)
            return fmax(beyond_h, a.x + (b.x - a.x) * (a.y - y) / (a.y - b.y));
    }
    return ages[LL_COUNT(ages) - 1].x;
}

/* Value noise: a random number at each multiple of the period, and a smooth line between. */
static double octave(uint64_t hash, int64_t now_ms, int64_t period_ms)
{
    /* Streams turn at different times. */
    int64_t t = now_ms + (int64_t)(hash % (uint64_t)period_ms);
    int64_t step = t / period_ms;
    double f = (double)(t % period_ms) / (double)period_ms;
    double a = sim_unit(sim_mix(hash, (uint64_t)step)) * 2 - 1;
    double b = sim_unit(sim_mix(hash, (uint64_t)step + 1)) * 2 - 1;
    return a + (b - a) * f * f * (3 - 2 * f);
}

double sim_chance_walk(uint64_t hash, int64_t now_ms)
{
    return 0.65 * octave(hash, now_ms, 5400000) + 0.27 * octave(hash ^ 1, now_ms, 720000) +
           0.08 * octave(hash ^ 2, now_ms, 120000);
}
