/* What a lake holds, as JSON: for `status --json` and the API. */
#ifndef LL_APP_LAKE_JSON_H
#define LL_APP_LAKE_JSON_H

#include "app/wire.h"
#include "pipeline/status.h"

/* The warehouse's file and the disk, which the layers do not know. */
struct ll_lake_disk {
    int64_t warehouse_bytes;
    int64_t free_bytes;
    double days_left; /* negative: unknown, nothing grows */
};
struct ll_lake_disk ll_lake_disk_of(const struct ll_wire *wire, const struct ll_lake_status *s);

/* Members of an object, without braces. */
void ll_lake_json(const struct ll_wire *wire, const struct ll_lake_status *s, struct ll_buf *out);

#endif
