/* Cursors: where the next page goes on. Base64 of the URL alphabet over
 * "<fingerprint> <from_s> <to_s> <value> <id length> <id><by>". */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/time.h"
#include "codec/base64.h"
#include "report/report_internal.h"

static void to_url(struct ll_buf *text)
{
    while (text->len > 0 && text->ptr[text->len - 1] == '=')
        text->ptr[--text->len] = '\0';
    for (size_t i = 0; i < text->len; i++)
        text->ptr[i] = text->ptr[i] == '+' ? '-' : text->ptr[i] == '/' ? '_' : text->ptr[i];
}

static struct ll_str from_url(struct ll_str cursor, struct ll_arena *arena)
{
    size_t padding = (4 - cursor.len % 4) % 4;
    char *text = ll_arena_bytes(arena, cursor.len + padding);
    for (size_t i = 0; i < cursor.len; i++)
        text[i] = cursor.ptr[i] == '-' ? '+' : cursor.ptr[i] == '_' ? '/' : cursor.ptr[i];
    memset(text + cursor.len, '=', padding);
    return (struct ll_str){text, cursor.len + padding};
}

/* Whoever makes up a cursor does not make up instants that the engine cannot count. */
static bool is_range(int64_t from_s, int64_t to_s)
{
    static const int64_t most = INT64_C(10000) * 366 * LL_DAY_S;
    return from_s > -most && from_s < to_s && to_s < most;
}

static bool read_fields(struct ll_str text, struct ll_report_plan *plan, uint64_t *ret_fingerprint)
{
    struct ll_str part, rest = text;
    struct ll_report_place *after = &plan->after;
    int64_t length = 0;
    if (!ll_str_split(&rest, ' ', &part) || !ll_str_to_u64(part, ret_fingerprint) ||
        !ll_str_split(&rest, ' ', &part) || !ll_str_to_i64(part, &plan->from_s) ||
        !ll_str_split(&rest, ' ', &part) || !ll_str_to_i64(part, &plan->to_s) ||
        !is_range(plan->from_s, plan->to_s) || !ll_str_split(&rest, ' ', &part))
        return false;
    after->value = (double)NAN;
    if (!ll_str_equal(part, LL_STR("null")) && !ll_str_to_f64(part, &after->value))
        return false;
    if (!ll_str_split(&rest, ' ', &part) || !ll_str_to_i64(part, &length) || length < 0 ||
        (size_t)length > rest.len || !ll_str_is_utf8(rest))
        return false;
    after->id = ll_str_sub(rest, 0, (size_t)length);
    after->by = ll_str_sub(rest, (size_t)length, rest.len);
    after->given = true;
    return ll_str_is_utf8(after->id);
}

enum ll_status ll_report_cursor_read(struct ll_str cursor, struct ll_report_plan *plan,
                                     struct ll_error *err)
{
    struct ll_str text;
    uint64_t fingerprint = 0;
    if (cursor.len >= LL_REPORT_CURSOR_MAX ||
        !ll_base64_decode(plan->arena, from_url(cursor, plan->arena), &text) ||
        !read_fields(text, plan, &fingerprint))
        return ll_fail(err, LL_INVALID, 0,
                       "cursor: not one of ours: take it from meta.next of the page before");
    if (fingerprint != plan->fingerprint)
        return ll_fail(err, LL_INVALID, 0,
                       "cursor: belongs to another request: change nothing else between pages");
    return LL_OK;
}

void ll_report_cursor_write(const struct ll_report_plan *plan, const struct ll_report_place *last,
                            char *ret_text)
{
    LL_AUTO(ll_buf_clear) struct ll_buf plain = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_buf_printf(&plain, "%" PRIu64 " %" PRId64 " %" PRId64 " ", plan->fingerprint, plan->from_s,
                  plan->to_s);
    ll_buf_add_f64(&plain, last->value); /* "null" when it is none */
    ll_buf_printf(&plain, " %zu ", last->id.len);
    ll_buf_add(&plain, last->id);
    ll_buf_add(&plain, last->by);
    ll_base64_add(&text, ll_buf_str(&plain));
    to_url(&text);
    ret_text[0] = '\0';
    if (text.len < LL_REPORT_CURSOR_MAX)
        memcpy(ret_text, text.ptr, text.len + 1);
}
