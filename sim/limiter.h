/* The rate limits of the services: Helix's bucket of points for each client id, IGDB's four
 * requests a second. All by virtual time. */
#ifndef SIM_LIMITER_H
#define SIM_LIMITER_H

#include "base/str.h"

#define SIM_HELIX_POINTS 800 /* the bucket's size, and its refill per minute */
#define SIM_IGDB_PER_SECOND 4
#define SIM_IGDB_OPEN 8
#define SIM_BUCKETS 64 /* client ids remembered: the one not seen for longest makes room */
#define SIM_CLIENT_ID_MAX 64

struct sim_bucket {
    char client_id[SIM_CLIENT_ID_MAX + 1];
    double points;
    int64_t at_ms;   /* points are those of this time */
    int64_t used_no; /* order of the last use */
};

struct sim_limiter {
    double first_points; /* of a client id not seen before */
    struct sim_bucket buckets[SIM_BUCKETS];
    size_t count;
    int64_t uses;
    int64_t igdb_ms[SIM_IGDB_PER_SECOND]; /* when the last four were let in, a ring */
    int64_t igdb_count;                   /* let in, in all */
    int igdb_open;                        /* not yet answered; the server counts them */
};

struct sim_rate {
    int64_t limit, remaining,
        reset_s; /* as the headers tell it: reset_s is when it is full again */
};

void sim_limiter_init(struct sim_limiter *limiter, double first_points);
/* Takes one point of the client's bucket; false: there is none. */
bool sim_limiter_helix(struct sim_limiter *limiter, struct ll_str client_id, int64_t now_ms);
void sim_limiter_empty(struct sim_limiter *limiter, struct ll_str client_id, int64_t now_ms);
/* All buckets, and those to come, get this many points: 0 .. SIM_HELIX_POINTS. */
void sim_limiter_set(struct sim_limiter *limiter, double points, int64_t now_ms);
struct sim_rate sim_limiter_rate(struct sim_limiter *limiter, struct ll_str client_id,
                                 int64_t now_ms);
/* One request to IGDB; false: four were let in during the last second, or eight are open. */
bool sim_limiter_igdb(struct sim_limiter *limiter, int64_t now_ms);

#endif
