/* One row of Get Streams, with the faults that hit rows (contract C.1, F). */
#include "sim/helix_internal.h"

#include <string.h>

#include "base/time.h"

#define ADD(out, literal) ll_buf_add(out, LL_STR(literal))

struct context {
    struct ll_buf *out;
    const struct sim_world *world;
    const struct sim_hits *hits;
    const struct sim_stream *stream;
    const struct sim_row *row;
};

static bool hit(const struct context *c, int n)
{
    return sim_hit(c->hits, n, c->stream->id);
}

static unsigned form(const struct context *c, int n, unsigned forms)
{
    return sim_hit_form(c->hits, n, c->stream->id, forms);
}

static void add_ids(const struct context *c)
{
    int64_t id = c->stream->id + c->row->restarted;
    unsigned odd = hit(c, 33) ? 1 + form(c, 33, 3) : 0;
    ADD(c->out, "{\"id\":\"");
    if (odd == 2)
        ll_buf_printf(c->out, "5f0c1d2e-77aa-4b3c-9d10-%012llx", (unsigned long long)id);
    else
        sim_put_int(c->out, odd == 1 ? id + INT64_C(9007199254740993) : id);
    ADD(c->out, "\",\"user_id\":\"");
    if (odd == 3)
        ADD(c->out, "user-");
    sim_put_int(c->out, sim_people_user_id(c->world, c->stream->broadcaster));
}

static void add_names(const struct context *c, struct sim_login login)
{
    ADD(c->out, "\",\"user_login\":\"");
    ll_buf_add(c->out, (struct ll_str){login.c, login.len});
    ADD(c->out, "\",\"user_name\":\"");
    if (!hit(c, 24))
        sim_names_display(c->out, sim_people_hash(c->world, c->stream->broadcaster), login);
}

static void add_category(const struct context *c)
{
    const struct sim_catalog *catalog = c->world->options.catalog;
    uint32_t at = sim_stream_category(c->stream, c->world->now_ms);
    ADD(c->out, "\",\"game_id\":\"");
    if (at == catalog->category_count || hit(c, 25)) {
        ADD(c->out, "\",\"game_name\":\"\"");
    } else if (hit(c, 26)) {
        /* No catalog has ids so large. */
        ll_buf_printf(c->out, "%lld\",\"game_name\":\"\"",
                      (long long)(INT64_C(2147000000) + c->stream->id % 1000));
    } else {
        sim_put_int(c->out, catalog->categories[at].id);
        ADD(c->out, "\",\"game_name\":");
        ll_buf_add(c->out, c->world->category_json[at]);
        if (hit(c, 42)) {
            c->out->len--; /* the closing quote */
            ADD(c->out, " Renamed\"");
        }
    }
}

static void add_type(const struct context *c)
{
    static const char *const types[] = {"", "vodcast", "premiere_watch"};
    ADD(c->out, ",\"type\":\"");
    ll_buf_add(c->out, ll_str_of(hit(c, 35) ? types[form(c, 35, LL_COUNT(types))] : "live"));
}

static void add_title(const struct context *c)
{
    static const char *const hostile[] = {
        "late shift\\n", "𝓼𝓸𝓯𝓽 𝓮𝓿𝓮𝓷𝓲𝓷𝓰", "👩‍👩‍👧‍👦 night 🏴‍☠️",
        "ערב שקט مساء هادئ 12:30", "\u202eesrever\u202c and \u2067aside\u2069"};
    /* NUL, C0 and C1 as escapes, lone surrogates of either kind, and bytes that are no UTF-8. */
    static const char *const broken[] = {
        "nul\\u0000inside",    "bell\\u0007 unit\\u001f next\\u0085",
        "half \\ud83e",        "other \\udd16 half",
        "raw \xff\xc3( bytes", "cut \xf0\x9f\x8e"};
    ADD(c->out, "\",\"title\":\"");
    if (hit(c, 27)) {
        ll_buf_add(c->out, ll_str_of(form(c, 27, 2) ? " " : ""));
    } else if (hit(c, 28)) {
        ll_buf_add(c->out, ll_str_of(hostile[form(c, 28, LL_COUNT(hostile))]));
    } else if (hit(c, 29)) {
        ll_buf_add(c->out, ll_str_of(broken[form(c, 29, LL_COUNT(broken))]));
    } else {
        uint64_t hash = sim_stream_title_hash(c->stream, c->world->now_ms);
        size_t count;
        bool too_long = hit(c, 30);
        sim_names_title(c->out, hash, &sim_languages(&count)[c->stream->language]);
        for (int i = 0; too_long && i < 20; i++)
            ADD(c->out, " and on and on …");
    }
}

static void add_viewers(const struct context *c)
{
    static const char *const odd[] = {"0", "5000000", "-3", "12.5", "\"17\""};
    ADD(c->out, "\",\"viewer_count\":");
    if (hit(c, 32))
        ll_buf_add(c->out, ll_str_of(odd[form(c, 32, LL_COUNT(odd))]));
    else
        sim_put_int(c->out, c->row->viewers);
}

static void add_started(const struct context *c)
{
    int64_t started_s = c->stream->started_ms / 1000, now_s = c->world->now_ms / 1000;
    if (c->row->restarted)
        started_s = now_s - (now_s - started_s) / 10;
    ADD(c->out, ",\"started_at\":\"");
    unsigned odd = hit(c, 34) ? 1 + form(c, 34, 5) : 0;
    if (odd == 4)
        started_s = now_s + 7200;
    if (odd == 5)
        started_s = now_s - INT64_C(60) * 3600;
    struct ll_stamp_text text = ll_stamp_format(odd == 3 ? started_s + 5400 : started_s);
    struct ll_str stamp = ll_str_of(text.c);
    if (odd == 2 || odd == 3)
        stamp.len--; /* the Z */
    if (odd != 1)
        ll_buf_add(c->out, stamp);
    if (odd == 2)
        ADD(c->out, ".123456789Z");
    if (odd == 3)
        ADD(c->out, "+01:30");
}

static void add_language(const struct context *c)
{
    static const char *const odd[] = {"other", "zh-hk", "asl", "notavailable", "EN", ""};
    size_t count;
    ADD(c->out, "\",\"language\":\"");
    if (hit(c, 36))
        ll_buf_add(c->out, ll_str_of(odd[form(c, 36, LL_COUNT(odd))]));
    else
        ll_buf_add(c->out, ll_str_of(sim_languages(&count)[c->stream->language].code));
}

static void add_tags(const struct context *c)
{
    if (hit(c, 23)) {
        ADD(c->out, "\",\"tag_ids\":null,\"tags\":null");
        return;
    }
    size_t count;
    ADD(c->out, "\",\"tag_ids\":[],\"tags\":[");
    /* Seldom changed. */
    sim_names_tags(c->out, sim_mix(c->stream->hash, 77),
                   &sim_languages(&count)[c->stream->language]);
    if (hit(c, 30))
        ADD(c->out, ",\"averyveryverylongtagthatnobodycouldtype\"");
    if (hit(c, 31)) {
        for (int i = 0; i < 6; i++)
            ll_buf_printf(c->out, ",\"Extra%d\",\"eXTRA%d\"", i, i);
    }
    ADD(c->out, "]");
}

static void add_unknown_keys(const struct context *c)
{
    ADD(c->out, ",\"is_new\":null,\"extra\":{\"deep\":[[[[{\"n\":[]}]]],{}],\"id\":\"0\","
                "\"big\":123456789012345678901234567890,\"ratio\":-1.5e300},\"list\":[true,false]");
}

void sim_helix_row(struct ll_buf *out, const struct sim_world *world, const struct sim_hits *hits,
                   const struct sim_row *row)
{
    const struct context c = {out, world, hits, row->stream, row};
    struct sim_login login = sim_people_login(world, row->stream->broadcaster, world->now_ms);
    add_ids(&c);
    if (hit(&c, 39)) /* the later ones count */
        ADD(out, "\",\"viewer_count\":7,\"title\":\"superseded\",\"type\":\"");
    add_names(&c, login);
    add_category(&c);
    add_type(&c);
    add_title(&c);
    add_viewers(&c);
    add_started(&c);
    add_language(&c);
    ADD(out, "\",\"thumbnail_url\":\"https://static-cdn.jtvnw.net/previews-ttv/live_user_");
    ll_buf_add(out, (struct ll_str){login.c, login.len});
    ADD(out, "-{width}x{height}.jpg");
    add_tags(&c);
    if (hit(&c, 37))
        ADD(out, ",\"is_mature\":true");
    else
        ADD(out, ",\"is_mature\":false");
    if (hit(&c, 38))
        add_unknown_keys(&c);
    ADD(out, "}");
}
