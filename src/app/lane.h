/* Tasks on their way from one thread to the next; whoever gives too many waits. */
#ifndef LL_APP_LANE_H
#define LL_APP_LANE_H

#include <pthread.h>

#include "pipeline/pipeline.h"

#define LL_LANE_TASKS 256

struct ll_lane {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct ll_task tasks[LL_LANE_TASKS];
    size_t count;
    bool ended, broken;
};

void ll_lane_init(struct ll_lane *lane);
void ll_lane_clear(struct ll_lane *lane);
/* Waits for room for these, at most LL_LANE_TASKS. Those that a broken lane is given are lost. */
void ll_lane_give(struct ll_lane *lane, const struct ll_task *tasks, size_t count);
/* Takes all there are, at most LL_LANE_TASKS, once there are some; 0: there are none any more. */
size_t ll_lane_take(struct ll_lane *lane, struct ll_task *ret);
void ll_lane_end(struct ll_lane *lane);   /* no more come */
void ll_lane_break(struct ll_lane *lane); /* nobody takes any more */

#endif
