/* What `livelake run` says of itself. */
#include <inttypes.h>

#include "app/daemon.h"

static const char *const pause_names[] = {"none", "disk", "store", "auth", "clock"};

const char *ll_daemon_pause_name(enum ll_daemon_pause pause)
{
    return pause_names[pause];
}

static void add_instant(struct ll_buf *out, const char *name, int64_t at_s)
{
    ll_buf_printf(out, ",\"%s\":", name);
    if (at_s == 0)
        ll_buf_add(out, LL_STR("null"));
    else
        ll_buf_printf(out, "\"%s\"", ll_stamp_format(at_s).c);
}

void ll_daemon_describe(const struct ll_daemon_state *s, struct ll_buf *out)
{
    ll_buf_printf(out, "\"cadence_s\":%d,\"sweeping\":%s,\"working\":%s", s->cadence_s,
                  s->sweeping ? "true" : "false", s->working ? "true" : "false");
    add_instant(out, "started", s->started_s);
    add_instant(out, "next_slot", s->next_slot_s);
    add_instant(out, "reconciled", s->reconciled_s);
    ll_buf_add(out, LL_STR(",\"pause\":"));
    if (s->pause == LL_PAUSE_NONE) {
        ll_buf_add(out, LL_STR("null"));
    } else {
        ll_buf_printf(out, "\"%s\",\"why\":", pause_names[s->pause]);
        ll_buf_add_json_string(out, ll_str_of(s->why));
    }
    ll_buf_add(out, LL_STR(",\"last_run\":"));
    if (s->last_run.c[0] == '\0')
        ll_buf_add(out, LL_STR("null"));
    else
        ll_buf_printf(out, "{\"id\":\"%s\",\"status\":\"%s\",\"streams\":%" PRId64 "}",
                      s->last_run.c, ll_run_status_name(s->last_status), s->last_streams);
    ll_buf_printf(out,
                  ",\"runs\":%" PRId64 ",\"missed\":%" PRId64 ",\"failures\":%" PRId64
                  ",\"reloads\":%" PRId64,
                  s->runs, s->missed, s->failures, s->reloads);
}

void ll_daemon_say(const struct ll_daemon_state *s, struct ll_buf *out)
{
    if (s->pause != LL_PAUSE_NONE)
        ll_buf_printf(out, "not collecting: %s", s->why);
    else if (s->sweeping)
        ll_buf_printf(out, "collecting slot %s", ll_stamp_format(s->next_slot_s).c);
    else
        ll_buf_printf(out, "next slot %s", ll_stamp_format(s->next_slot_s).c);
    if (s->last_run.c[0] != '\0')
        ll_buf_printf(out, "; last run %s: %s, %" PRId64 " streams", s->last_run.c,
                      ll_run_status_name(s->last_status), s->last_streams);
}
