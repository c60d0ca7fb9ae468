/* Who is to be forgotten: names, intents, and the terms that SQL looks for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "pipeline/forget_internal.h"

#define INTENT_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define ID_WORD_DIGITS 6 /* shorter numbers stand in titles for other things */

void ll_person_clear(struct ll_person *person)
{
    ll_arena_clear(&person->arena);
    *person = (struct ll_person){0};
}

static bool same_name(struct ll_str a, struct ll_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        char x = a.ptr[i], y = b.ptr[i];
        x = x >= 'A' && x <= 'Z' ? (char)(x - 'A' + 'a') : x;
        y = y >= 'A' && y <= 'Z' ? (char)(y - 'A' + 'a') : y;
        if (x != y)
            return false;
    }
    return true;
}

static bool has_name(const struct ll_person *person, struct ll_str name)
{
    for (size_t i = 0; i < person->name_count; i++)
        if (same_name(person->names[i], name))
            return true;
    return false;
}

bool ll_person_add_name(struct ll_person *person, struct ll_str name)
{
    name = ll_str_trim(name);
    if (name.len == 0 || has_name(person, name))
        return false;
    if (person->name_count == person->name_capacity) {
        size_t grown = person->name_capacity > 0 ? person->name_capacity * 2 : 8;
        struct ll_str *names = ll_arena_array(&person->arena, grown, sizeof(*names));
        if (person->name_count > 0)
            memcpy(names, person->names, person->name_count * sizeof(*names));
        person->names = names;
        person->name_capacity = grown;
    }
    person->names[person->name_count++] = ll_arena_copy(&person->arena, name);
    return true;
}

struct ll_str *ll_person_words(const struct ll_person *person, struct ll_arena *arena,
                               size_t *ret_count)
{
    struct ll_str *words = ll_arena_array(arena, person->name_count + 1, sizeof(*words));
    size_t count = 0;
    for (; count < person->name_count; count++)
        words[count] = ll_arena_copy(arena, person->names[count]);
    struct ll_str id = ll_arena_printf(arena, "%" PRId64, person->id);
    if (id.len >= ID_WORD_DIGITS && !has_name(person, id))
        words[count++] = id;
    *ret_count = count;
    return words;
}

/* --- terms for SQL: the rules of source/redact.h as regular expressions of RE2 */

static size_t characters(struct ll_str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return count;
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void add_pattern(struct ll_buf *out, struct ll_str word)
{
    bool is_short = characters(word) < LL_REDACT_SHORT;
    if (is_short)
        ll_buf_add_char(out, '@');
    else if (is_word(word.ptr[0]))
        ll_buf_add(out, LL_STR("\\b"));
    for (size_t i = 0; i < word.len; i++) {
        if ((unsigned char)word.ptr[i] < 0x80 && !is_word(word.ptr[i]))
            ll_buf_add_char(out, '\\');
        ll_buf_add_char(out, word.ptr[i]);
    }
    if (is_word(word.ptr[word.len - 1]))
        ll_buf_add(out, LL_STR("\\b"));
}

/* Longer words first, as where one begins with another. */
static void sort_words(struct ll_str *words, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t at = i; at > 0 && words[at].len > words[at - 1].len; at--) {
            struct ll_str swap = words[at];
            words[at] = words[at - 1];
            words[at - 1] = swap;
        }
}

void ll_forget_terms_init(struct ll_forget_terms *terms, const struct ll_person *person)
{
    *terms = (struct ll_forget_terms){0};
    LL_AUTO(ll_buf_clear) struct ll_buf any = {0};
    struct ll_str *words = ll_person_words(person, &terms->arena, &terms->count);
    sort_words(words, terms->count);
    terms->terms = ll_arena_array(&terms->arena, terms->count + 1, sizeof(*terms->terms));
    ll_buf_add(&any, LL_STR("(?i)(?:"));
    for (size_t i = 0; i < terms->count; i++) {
        LL_AUTO(ll_buf_clear) struct ll_buf one = {0}, stars = {0};
        add_pattern(&one, words[i]);
        ll_buf_add(&any, i > 0 ? LL_STR("|") : LL_STR(""));
        ll_buf_add(&any, ll_buf_str(&one));
        if (characters(words[i]) < LL_REDACT_SHORT)
            ll_buf_add_char(&stars, '@');
        for (size_t c = characters(words[i]); c > 0; c--)
            ll_buf_add_char(&stars, '*');
        terms->terms[i].pattern =
            ll_arena_printf(&terms->arena, "(?i)%.*s", LL_FMT(ll_buf_str(&one)));
        terms->terms[i].stars = ll_arena_copy(&terms->arena, ll_buf_str(&stars));
    }
    ll_buf_add(&any, terms->count > 0 ? LL_STR(")") : LL_STR("x\\by)") /* never */);
    terms->any = ll_arena_copy(&terms->arena, ll_buf_str(&any));
}

void ll_forget_terms_clear(struct ll_forget_terms *terms)
{
    ll_arena_clear(&terms->arena);
    *terms = (struct ll_forget_terms){0};
}

/* --- who */

static enum ll_status ambiguous(struct ll_str login, const struct ll_batch *rows,
                                struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf list = {0};
    for (size_t i = 0; i < rows->row_count && i < 10; i++)
        ll_buf_printf(&list, "%s%.*s (%.10s to %.10s)", i > 0 ? ", " : "",
                      LL_FMT(ll_batch_get_text(rows, 0, i)),
                      ll_stamp_format(ll_batch_get_i64(rows, 1, i)).c,
                      ll_stamp_format(ll_batch_get_i64(rows, 2, i)).c);
    return ll_fail(err, LL_INVALID, 0,
                   "%zu people have borne the login \"%.*s\": %s; name one by id", rows->row_count,
                   LL_FMT(login), list.ptr);
}

static enum ll_status find_by_login(struct ll_pipeline *p, struct ll_str login, int64_t *ret_id,
                                    struct ll_error *err)
{
    LL_AUTO(ll_batch_clear) struct ll_batch rows = {0};
    const struct ll_param param = ll_param_text("login", login);
    if (ll_warehouse_query(p->warehouse, "forget/candidates", &param, 1, &rows, err) != LL_OK)
        return err->status;
    if (rows.row_count > 1)
        return ambiguous(login, &rows, err);
    if (rows.row_count == 1 && ll_str_to_i64(ll_batch_get_text(&rows, 0, 0), ret_id))
        return LL_OK;
    return ll_fail(err, LL_NOT_FOUND, 0,
                   "nobody in this lake has borne the login \"%.*s\": check the spelling; if there "
                   "are runs that were not loaded yet, run `livelake reconcile` first, or name the "
                   "person by numeric id",
                   LL_FMT(ll_str_sub(login, 0, 100)));
}

enum ll_status ll_forget_resolve(struct ll_pipeline *p, struct ll_str value, struct ll_person *ret,
                                 struct ll_error *err)
{
    LL_AUTO(ll_batch_clear) struct ll_batch rows = {0};
    if (value.len > 0 && value.ptr[0] == '@')
        value = ll_str_sub(value, 1, value.len);
    if (!ll_str_to_i64(value, &ret->id) && find_by_login(p, value, &ret->id, err) != LL_OK)
        return err->status;
    if (ret->id < 0)
        return ll_fail(err, LL_INVALID, 0, "%.*s is no id of a broadcaster", LL_FMT(value));
    const struct ll_param id = ll_param_i64("id", ret->id);
    if (ll_warehouse_query(p->warehouse, "forget/names", &id, 1, &rows, err) != LL_OK)
        return err->status;
    for (size_t i = 0; i < rows.row_count; i++)
        ll_person_add_name(ret, ll_batch_get_text(&rows, 0, i));
    return LL_OK;
}

/* --- the intent */

static void write_intent(const struct ll_person *person, struct ll_buf *out)
{
    ll_buf_printf(out, "{\"schema\":1,\"id\":%" PRId64 ",\"names\":[", person->id);
    for (size_t i = 0; i < person->name_count; i++) {
        ll_buf_add(out, i > 0 ? LL_STR(",") : LL_STR(""));
        ll_buf_add_json_string(out, person->names[i]);
    }
    ll_buf_add_char(out, ']');
    if (person->rewriting.generation > 0)
        ll_buf_printf(out,
                      ",\"rewriting\":{\"layer\":\"%s\",\"day\":\"%s\",\"id\":\"%s\","
                      "\"generation\":%d}",
                      ll_layer_name(person->rewriting_layer),
                      ll_date_format(person->rewriting.day).c, person->rewriting.id.c,
                      person->rewriting.generation);
    ll_buf_add(out, LL_STR("}\n"));
}

enum ll_status ll_forget_intent_put(struct ll_store *store, const struct ll_forgotten *forgotten,
                                    const struct ll_person *person, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    struct ll_key key = ll_key_forget(ll_forgotten_hmac(forgotten, person->id).c);
    write_intent(person, &text);
    if (ll_store_put(store, key.c, ll_buf_str(&text), LL_PUT_REPLACE, err) != LL_OK)
        return ll_context(err, "note what is to be forgotten");
    return ll_store_sync(store, err);
}

enum ll_status ll_forget_intent_remove(struct ll_store *store, const struct ll_forgotten *forgotten,
                                       const struct ll_person *person, struct ll_error *err)
{
    struct ll_key key = ll_key_forget(ll_forgotten_hmac(forgotten, person->id).c);
    if (ll_store_remove(store, key.c, err) != LL_OK)
        return err->status;
    return ll_store_sync(store, err);
}

static bool read_rewriting(struct ll_json *r, struct ll_person *person)
{
    struct ll_str key, text;
    int64_t generation = 0;
    bool ok = ll_json_enter_object(r);
    while (ok && ll_json_next_key(r, &key)) {
        if (ll_str_equal(key, LL_STR("generation"))) {
            ok = ll_json_number(r, &text) && ll_str_to_i64(text, &generation) && generation > 0 &&
                 generation <= LL_GENERATION_MAX;
            continue;
        }
        ok = ll_json_string(r, &text);
        if (ok && ll_str_equal(key, LL_STR("layer")))
            person->rewriting_layer =
                ll_str_equal(text, LL_STR("history")) ? LL_LAYER_HISTORY : LL_LAYER_PROCESSED;
        else if (ok && ll_str_equal(key, LL_STR("day")))
            ok = ll_date_parse(text, &person->rewriting.day);
        else if (ok && ll_str_equal(key, LL_STR("id")))
            snprintf(person->rewriting.id.c, sizeof(person->rewriting.id.c), "%.*s", LL_FMT(text));
    }
    person->rewriting.generation = (int)generation;
    return ok && r->error == NULL;
}

static bool read_names(struct ll_json *r, struct ll_person *person)
{
    struct ll_str name;
    bool ok = ll_json_enter_array(r);
    while (ok && ll_json_next_item(r)) {
        ok = ll_json_string(r, &name);
        if (ok)
            ll_person_add_name(person, name);
    }
    return ok && r->error == NULL;
}

static enum ll_status parse_intent(struct ll_str text, struct ll_person *ret, struct ll_error *err)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_json r = ll_json_reader(text, &arena);
    struct ll_str key, number;
    bool has_id = false, ok = ll_json_enter_object(&r);
    while (ok && ll_json_next_key(&r, &key)) {
        if (ll_str_equal(key, LL_STR("id")))
            ok = has_id = ll_json_number(&r, &number) && ll_str_to_i64(number, &ret->id);
        else if (ll_str_equal(key, LL_STR("names")))
            ok = read_names(&r, ret);
        else if (ll_str_equal(key, LL_STR("rewriting")))
            ok = read_rewriting(&r, ret);
        else
            ok = ll_json_skip(&r);
    }
    if (ok && ll_json_done(&r) && has_id && ret->id >= 0)
        return LL_OK;
    return ll_fail(
        err, LL_CORRUPT, 0,
        "not a note of what is to be forgotten: remove it and run `livelake forget` again");
}

struct finding {
    struct ll_arena arena;
    const char **keys;
    size_t count;
};

static enum ll_status note_key(void *context, const struct ll_object_info *info,
                               struct ll_error *err)
{
    struct finding *finding = context;
    (void)err;
    finding->keys = ll_xrealloc(finding->keys, finding->count + 1, sizeof(*finding->keys));
    finding->keys[finding->count++] = ll_arena_cstr(&finding->arena, info->key);
    return LL_OK;
}

static bool is_named(const struct ll_person *person, struct ll_str value)
{
    int64_t id;
    return value.len == 0 ||
           (ll_str_to_i64(value, &id) ? id == person->id : has_name(person, value));
}

enum ll_status ll_forget_intent_find(struct ll_store *store, struct ll_str value,
                                     struct ll_person *ret, struct ll_error *err)
{
    struct finding finding = {0};
    bool found = false;
    if (value.len > 0 && value.ptr[0] == '@')
        value = ll_str_sub(value, 1, value.len);
    enum ll_status status = ll_store_list(store, LL_FORGET_PREFIX, note_key, &finding, err);
    for (size_t i = 0; i < finding.count && status == LL_OK && !found; i++) {
        LL_AUTO(ll_buf_clear) struct ll_buf text = {.max_bytes = INTENT_MAX_BYTES};
        struct ll_person person = {0};
        status = ll_store_get(store, finding.keys[i], &text, err);
        if (status == LL_OK && parse_intent(ll_buf_str(&text), &person, err) != LL_OK)
            status = ll_context(err, "%s", finding.keys[i]);
        found = status == LL_OK && is_named(&person, value);
        if (found)
            *ret = person;
        else
            ll_person_clear(&person);
    }
    free(finding.keys);
    ll_arena_clear(&finding.arena);
    if (status == LL_OK && !found)
        return ll_fail(err, LL_NOT_FOUND, 0, "nobody is being forgotten");
    return status;
}
