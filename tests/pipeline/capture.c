#include "capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/rand.h"
#include "base/time.h"
#include "support/temp_folder.h"

#define STREAMS 14
#define SLOTS_A_DAY 5
#define DAYS 3
/* 2026-03-07T08:00:00Z: local midnight of the day before a change of the clocks in the zone. */
#define FIRST_SLOT_S 1772870400LL
#define ZONE_OFFSET_S (-8 * 3600)

struct making {
    struct capture *capture;
    struct ll_rand rand;
    struct ll_arena arena;
};

static void save(struct making *m, const char *subfolder, const char *name,
                 const struct ll_buf *text)
{
    struct capture *c = m->capture;
    struct ll_str folder = ll_arena_printf(&m->arena, "%s/%s", c->folder, subfolder);
    if (mkdir(folder.ptr, 0700) != 0 && errno != EEXIST)
        abort();
    struct ll_str path = ll_arena_printf(&m->arena, "%s/%s", folder.ptr, name);
    FILE *file = fopen(path.ptr, "wb");
    if (file == NULL || fwrite(text->ptr, 1, text->len, file) != text->len || fclose(file) != 0)
        abort();
    c->files = ll_xrealloc(c->files, c->count + 1, sizeof(*c->files));
    c->files[c->count++] = ll_xstrdup(path.ptr);
}

/* One stream's row at slot index `at`; what it says depends on (stream, at) alone, so that copies
 * in several files agree. */
static void add_stream(struct ll_buf *out, int stream, int at, int64_t slot_s)
{
    int generation = (stream % 5 == 0 && at >= 7) ? 1 : 0; /* some restart under a new id */
    int category = 100 + (stream + at / 4) % 4;
    int64_t started_s = slot_s - 900 * (at % 7) - 60 * stream;
    ll_buf_printf(
        out,
        "{\"id\":\"%d\",\"user_id\":\"%d\",\"user_login\":\"login%d%s\",\"user_name\":\"Login%d\","
        "\"game_id\":\"%d\",\"game_name\":\"Game %d\",\"type\":\"live\",\"title\":\"title %d\","
        "\"viewer_count\":%d,\"started_at\":\"%s\",\"language\":\"%s\",\"thumbnail_url\":\"\","
        "\"tag_ids\":[],\"tags\":%s,\"is_mature\":false}",
        5000 + stream * 10 + generation, 70 + stream, stream, stream == 3 && at > 8 ? "new" : "",
        stream, category, category, (stream + at / 3) % 5, (stream * 37 + at * 11) % 400,
        ll_stamp_format(started_s).c, stream % 3 == 0 ? "de" : "en",
        stream % 4 == 0 ? "null" : "[\"One\",\"Two\"]");
}

static bool is_live(int stream, int at)
{
    return (stream * 7 + at * 5) % 9 < 6;
}

static void make_slot(struct making *m, int at, int64_t slot_s)
{
    struct ll_civil local = ll_civil_of(slot_s + ZONE_OFFSET_S);
    int files = 1 + (int)ll_rand_below(&m->rand, 3);
    char label[32], name[96];
    snprintf(label, sizeof(label), "%04d%02d%02d_%02d%02d", local.year, local.month, local.day,
             local.hour, local.minute);
    for (int f = 0; f < files; f++) {
        LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
        ll_buf_printf(&text, "{\"day_date_id\":\"%.8s\",\"time_of_day_id\":%d,\"data\":[", label,
                      local.hour * 100 + local.minute);
        bool any = false;
        for (int stream = 0; stream < STREAMS; stream++) {
            bool here = stream % files == f || (stream + at) % 6 == 0; /* some are in every file */
            if (!here || !is_live(stream, at))
                continue;
            ll_buf_add(&text, any ? LL_STR(",") : LL_STR(""));
            add_stream(&text, stream, at, slot_s);
            any = true;
        }
        if (at == 4 && f == 0)
            ll_buf_printf(&text, "%s{\"id\":\"not a number\",\"viewer_count\":1}", any ? "," : "");
        ll_buf_add(&text, LL_STR("]}"));
        snprintf(name, sizeof(name), "raw_streams_data_X%d%dX_%s.json", at, f, label);
        save(m, "raw_streams_data", name, &text);
    }
}

static void make_reference(struct making *m, const char *date, int version)
{
    LL_AUTO(ll_buf_clear) struct ll_buf categories = {0}, genres = {0}, modes = {0};
    char name[96];
    ll_buf_printf(&categories, "{\"day_date_id\":\"%s\",\"time_of_day_id\":1200,\"data\":[", date);
    ll_buf_printf(&genres, "{\"day_date_id\":\"%s\",\"time_of_day_id\":945,\"data\":[", date);
    ll_buf_printf(&modes, "{\"day_date_id\":\"%s\",\"time_of_day_id\":945,\"data\":[", date);
    for (int i = 0; i < 4; i++) {
        const char *comma = i ? "," : "";
        if (i == 3 && version == 0)
            ll_buf_printf(
                &categories,
                "%s{\"id\":\"103\",\"name\":\"Game 103\",\"box_art_url\":\"\",\"igdb_id\":\"\"}",
                comma);
        else
            ll_buf_printf(
                &categories,
                "%s{\"id\":\"%d\",\"name\":\"Game %d\",\"box_art_url\":\"\",\"igdb_id\":\"%d\"}",
                comma, 100 + i, 100 + i, 900 + i);
        ll_buf_printf(&genres, "%s{\"id\":%d,\"genres\":[%d,%d],\"name\":\"Game\"}", comma, 900 + i,
                      5, 12 + (i + version) % 3);
        ll_buf_printf(&modes, "%s{\"id\":%d,\"game_modes\":[%d],\"name\":\"Game\"}", comma, 900 + i,
                      1 + (i + version) % 3);
    }
    ll_buf_add(&categories, LL_STR("]}"));
    ll_buf_add(&genres, LL_STR("]}"));
    ll_buf_add(&modes, LL_STR("]}"));
    snprintf(name, sizeof(name), "raw_categories_data_%s_1200.json", date);
    save(m, "raw_categories_data", name, &categories);
    snprintf(name, sizeof(name), "raw_genre_bridge_data_%s_945.json", date);
    save(m, "raw_genre_bridge_data", name, &genres);
    snprintf(name, sizeof(name), "raw_game_mode_bridge_data_%s_945.json", date);
    save(m, "raw_game_mode_bridge_data", name, &modes);
}

void capture_make(struct capture *capture, uint64_t seed)
{
    *capture = (struct capture){.folder = temp_folder_new()};
    struct making m = {.capture = capture};
    ll_rand_seed(&m.rand, seed);
    for (int day = 0; day < DAYS; day++)
        for (int slot = 0; slot < SLOTS_A_DAY; slot++)
            make_slot(&m, day * SLOTS_A_DAY + slot,
                      FIRST_SLOT_S + (day - 1) * LL_DAY_S + (slot + slot / 3) * 900);
    make_reference(&m, "20260306", 0);
    make_reference(&m, "20260307", 1);
    ll_arena_clear(&m.arena);
}

void capture_clear(struct capture *capture)
{
    for (size_t i = 0; i < capture->count; i++)
        free(capture->files[i]);
    free(capture->files);
    temp_folder_free(capture->folder);
    *capture = (struct capture){0};
}
