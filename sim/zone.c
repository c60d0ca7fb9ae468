#include "sim/replay.h"

#define HOUR_S 3600

/* Local midnight of the n-th Sunday of a month, in seconds as if local time were UTC. */
static int64_t nth_sunday(int year, int month, int n)
{
    struct ll_civil first = {.year = year, .month = month, .day = 1};
    int64_t day = ll_civil_to_epoch_s(first) / LL_DAY_S;
    int64_t weekday = ((day + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; 0 = Sunday */
    return (day + (7 - weekday) % 7 + 7 * (int64_t)(n - 1)) * LL_DAY_S;
}

enum ll_status sim_zone_to_utc(const char *zone, struct ll_civil local, int64_t *ret_s,
                               struct ll_error *err)
{
    static const struct {
        struct ll_str name;
        int hours_behind;
    } zones[] = {{{"America/Los_Angeles", 19}, 8},
                 {{"America/Denver", 14}, 7},
                 {{"America/Chicago", 15}, 6},
                 {{"America/New_York", 16}, 5}};
    int64_t local_s = ll_civil_to_epoch_s(local);
    if (ll_str_equal(ll_str_of(zone), LL_STR("UTC"))) {
        *ret_s = local_s;
        return LL_OK;
    }
    int64_t spring = nth_sunday(local.year, 3, 2) + (int64_t)2 * HOUR_S;
    int64_t autumn = nth_sunday(local.year, 11, 1) + (int64_t)2 * HOUR_S;
    for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
        if (!ll_str_equal(ll_str_of(zone), zones[i].name))
            continue;
        if (local_s >= spring && local_s < spring + HOUR_S)
            return ll_fail(err, LL_NOT_FOUND, 0, "a local time that clocks skipped");
        bool is_summer = local_s >= spring && local_s < autumn;
        *ret_s = local_s + (int64_t)zones[i].hours_behind * HOUR_S - (is_summer ? HOUR_S : 0);
        return LL_OK;
    }
    return ll_fail(err, LL_INVALID, 0, "unknown time zone \"%s\": a US one or UTC", zone);
}
