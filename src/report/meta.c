/* The answer's own facts: range, coverage, origin of the data. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "report/render_internal.h"
#include "report/report_internal.h"

struct ll_stamp_zone ll_report_stamp(int64_t epoch_s, int64_t offset_s)
{
    struct ll_stamp_zone stamp;
    struct ll_civil c = ll_civil_of(epoch_s + offset_s);
    int n = snprintf(stamp.c, sizeof(stamp.c), "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month,
                     c.day, c.hour, c.minute, c.second);
    if (n < 0 || (size_t)n >= sizeof(stamp.c)) {
        stamp.c[0] = '\0';
        return stamp;
    }
    int minutes = abs((int)(offset_s / 60));
    if (offset_s == 0)
        snprintf(stamp.c + n, sizeof(stamp.c) - (size_t)n, "Z");
    else
        snprintf(stamp.c + n, sizeof(stamp.c) - (size_t)n, "%c%02d:%02d", offset_s < 0 ? '-' : '+',
                 minutes / 60 % 100, minutes % 60);
    return stamp;
}

static void add_number_or_null(double value, struct ll_buf *out)
{
    if (isfinite(value))
        ll_render_f64(value, out);
    else
        ll_buf_add(out, LL_STR("null"));
}

void ll_report_meta_json(const struct ll_report_meta *meta, struct ll_buf *out)
{
    ll_buf_printf(out, "{\"from\":\"%s\",\"to\":\"%s\",\"tz\":\"%s\",\"attribution\":\"%s\"",
                  meta->from.c, meta->to.c, meta->tz, meta->attribution);
    ll_buf_printf(out,
                  ",\"runs\":%" PRId64 ",\"expected\":%" PRId64 ",\"slot_coverage\":", meta->runs,
                  meta->expected);
    add_number_or_null(meta->slot_coverage, out);
    ll_buf_add(out, LL_STR(",\"sweep_coverage\":"));
    add_number_or_null(meta->sweep_coverage, out);
    ll_buf_add(out, LL_STR(",\"as_of\":"));
    if (meta->as_of.c[0] == '\0')
        ll_buf_add(out, LL_STR("null"));
    else
        ll_buf_printf(out, "\"%s\"", meta->as_of.c);
    ll_buf_printf(out, ",\"partial\":%s", meta->partial ? "true" : "false");
    const struct ll_report_before *before = &meta->before;
    if (before->from.c[0] != '\0')
        ll_buf_printf(out,
                      ",\"compare\":{\"from\":\"%s\",\"to\":\"%s\",\"runs\":%" PRId64
                      ",\"expected\":%" PRId64 "}",
                      before->from.c, before->to.c, before->runs, before->expected);
    if (meta->next[0] != '\0')
        ll_buf_printf(out, ",\"next\":\"%s\"", meta->next);
    ll_buf_add(out, LL_STR(",\"source\":\"" LL_REPORT_SOURCE "\"}"));
}

static void add_percent(double value, struct ll_buf *out)
{
    if (isfinite(value))
        ll_buf_printf(out, "%.1f %%", value * 100);
    else
        ll_buf_add(out, LL_STR("unknown"));
}

static void add_footer(const struct ll_report_meta *meta, struct ll_buf *out)
{
    ll_buf_printf(out, "%s to %s (%s). Slots: %" PRId64 " of %" PRId64 ", ", meta->from.c,
                  meta->to.c, meta->tz, meta->runs, meta->expected);
    add_percent(meta->slot_coverage, out);
    ll_buf_add(out, LL_STR("; sweep coverage "));
    add_percent(meta->sweep_coverage, out);
    if (meta->as_of.c[0] != '\0')
        ll_buf_printf(out, "; as of %s", meta->as_of.c);
    if (meta->partial)
        ll_buf_add(out, LL_STR("; averages and peaks from partial runs"));
    ll_buf_add(out, LL_STR(".\n" LL_REPORT_SOURCE));
}

void ll_report_render(const struct ll_report_answer *answer, enum ll_format format,
                      struct ll_buf *out)
{
    struct ll_buf meta = {0}, footer = {0};
    ll_report_meta_json(&answer->meta, &meta);
    add_footer(&answer->meta, &footer);
    struct ll_render render = {
        .format = format, .meta = ll_buf_str(&meta), .footer = ll_buf_str(&footer)};
    ll_render_batch(&render, &answer->rows, out);
    ll_buf_clear(&meta);
    ll_buf_clear(&footer);
}
