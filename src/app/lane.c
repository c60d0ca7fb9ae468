#include "app/lane.h"

#include <assert.h>
#include <string.h>

void ll_lane_init(struct ll_lane *lane)
{
    *lane = (struct ll_lane){0};
    pthread_mutex_init(&lane->mutex, NULL);
    pthread_cond_init(&lane->changed, NULL);
}

void ll_lane_clear(struct ll_lane *lane)
{
    pthread_cond_destroy(&lane->changed);
    pthread_mutex_destroy(&lane->mutex);
}

void ll_lane_give(struct ll_lane *lane, const struct ll_task *tasks, size_t count)
{
    assert(count <= LL_LANE_TASKS);
    pthread_mutex_lock(&lane->mutex);
    while (lane->count + count > LL_LANE_TASKS && !lane->broken)
        pthread_cond_wait(&lane->changed, &lane->mutex);
    if (!lane->broken) {
        memcpy(lane->tasks + lane->count, tasks, count * sizeof(*tasks));
        lane->count += count;
    }
    pthread_cond_broadcast(&lane->changed);
    pthread_mutex_unlock(&lane->mutex);
}

size_t ll_lane_take(struct ll_lane *lane, struct ll_task *ret)
{
    pthread_mutex_lock(&lane->mutex);
    while (lane->count == 0 && !lane->ended && !lane->broken)
        pthread_cond_wait(&lane->changed, &lane->mutex);
    size_t count = lane->count;
    memcpy(ret, lane->tasks, count * sizeof(*ret));
    lane->count = 0;
    pthread_cond_broadcast(&lane->changed);
    pthread_mutex_unlock(&lane->mutex);
    return count;
}

static void set(struct ll_lane *lane, bool *flag)
{
    pthread_mutex_lock(&lane->mutex);
    *flag = true;
    if (lane->broken)
        lane->count = 0;
    pthread_cond_broadcast(&lane->changed);
    pthread_mutex_unlock(&lane->mutex);
}

void ll_lane_end(struct ll_lane *lane)
{
    set(lane, &lane->ended);
}

void ll_lane_break(struct ll_lane *lane)
{
    set(lane, &lane->broken);
}
