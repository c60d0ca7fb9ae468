#include "app/lake_json.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

struct ll_lake_disk ll_lake_disk_of(const struct ll_wire *wire, const struct ll_lake_status *s)
{
    struct ll_lake_disk disk = {.days_left = -1};
    struct stat info;
    struct statvfs fs;
    if (stat(wire->warehouse_path, &info) == 0)
        disk.warehouse_bytes = (int64_t)info.st_size;
    if (statvfs(wire->options.lake_dir, &fs) == 0)
        disk.free_bytes = (int64_t)(fs.f_bavail * fs.f_frsize);
    if (s->growth_bytes_per_day > 0)
        disk.days_left = (double)disk.free_bytes / (double)s->growth_bytes_per_day;
    return disk;
}

static void gaps_json(const struct ll_lake_status *s, struct ll_buf *out)
{
    ll_buf_add(out, LL_STR("\"gaps\":["));
    for (size_t i = 0; i < s->gap_count; i++) {
        ll_buf_printf(out, "%s{\"slot\":\"%s\",\"status\":\"%s\",\"why\":", i ? "," : "",
                      ll_stamp_format(s->gaps[i].slot_s).c, s->gaps[i].status);
        ll_buf_add_json_string(out, ll_str_of(s->gaps[i].why));
        ll_buf_add_char(out, '}');
    }
    ll_buf_add(out, LL_STR("],"));
}

void ll_lake_json(const struct ll_wire *wire, const struct ll_lake_status *s, struct ll_buf *out)
{
    struct ll_lake_disk disk = ll_lake_disk_of(wire, s);
    ll_buf_printf(out,
                  "\"observations\":%" PRId64 ",\"runs\":%" PRId64 ",\"complete_runs\":%" PRId64
                  ",\"since\":",
                  s->observations, s->runs, s->complete_runs);
    if (s->runs > 0)
        ll_buf_printf(out, "\"%s\",\"latest\":\"%s\"", ll_stamp_format(s->first_slot_s).c,
                      ll_stamp_format(s->last_slot_s).c);
    else
        ll_buf_add(out, LL_STR("null,\"latest\":null"));
    ll_buf_printf(out,
                  ",\"closed_days\":%" PRId64 ",\"open_days\":%" PRId64 ",\"dirty_days\":%" PRId64
                  ",\"raw_runs\":%" PRId64 ",\"processed_runs\":%" PRId64
                  ",\"unprocessed\":%" PRId64 ",\"uncurated\":%" PRId64 ",",
                  s->closed_days, s->open_days, s->dirty_days, s->raw_runs, s->processed_runs,
                  s->unprocessed, s->uncurated);
    gaps_json(s, out);
    ll_buf_add(out, LL_STR("\"layers\":{"));
    for (size_t i = 0; i < LL_LAYER_SIZES; i++)
        ll_buf_printf(out, "\"%s\":{\"objects\":%" PRId64 ",\"bytes\":%" PRId64 "},",
                      s->layers[i].name, s->layers[i].objects, s->layers[i].bytes);
    ll_buf_printf(out,
                  "\"warehouse\":{\"objects\":1,\"bytes\":%" PRId64
                  "}},\"growth_bytes_per_day\":%" PRId64 ",\"free_bytes\":%" PRId64
                  ",\"days_until_full\":",
                  disk.warehouse_bytes, s->growth_bytes_per_day, disk.free_bytes);
    if (disk.days_left >= 0)
        ll_buf_printf(out, "%.1f", disk.days_left);
    else
        ll_buf_add(out, LL_STR("null"));
}
