#include "lake/forgotten.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "codec/json.h"
#include "codec/random.h"

#define LIST_SCHEMA 1
#define LIST_MAX_BYTES ((size_t)256 * 1024 * 1024)

void ll_forgotten_clear(struct ll_forgotten *forgotten)
{
    ll_secret_clear(&forgotten->secret);
    free(forgotten->people);
    *forgotten = (struct ll_forgotten){0};
}

/* --- the secret */

static enum ll_status bad_secret(const char *path, struct ll_error *err)
{
    return ll_fail(err, LL_CORRUPT, 0,
                   "%s is not the lake's secret (%d bytes): restore it from a backup", path,
                   LL_LAKE_SECRET_BYTES);
}

/* LL_NOT_FOUND when there is none. */
static enum ll_status read_secret(const char *path, struct ll_secret *ret, struct ll_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return ll_fail(err, LL_NOT_FOUND, ENOENT, "there is no %s", path);
    if (fd < 0)
        return ll_fail_errno(err, errno, "open %s", path);
    char bytes[LL_LAKE_SECRET_BYTES + 1];
    size_t have = 0;
    ssize_t n = 1;
    while (n > 0 && have < sizeof(bytes)) {
        n = read(fd, bytes + have, sizeof(bytes) - have);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            have += (size_t)n;
    }
    int saved_errno = errno;
    close(fd);
    if (n < 0)
        return ll_fail_errno(err, saved_errno, "read %s", path);
    if (have == LL_LAKE_SECRET_BYTES)
        ll_secret_set(ret, (struct ll_str){bytes, have});
    explicit_bzero(bytes, sizeof(bytes));
    return have == LL_LAKE_SECRET_BYTES ? LL_OK : bad_secret(path, err);
}

static bool write_all(int fd, const unsigned char *bytes, size_t count)
{
    size_t done = 0;
    while (done < count) {
        ssize_t n = write(fd, bytes + done, count - done);
        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static enum ll_status sync_folder(const char *dir, struct ll_error *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        ll_fail_errno(err, errno, "sync %s", dir);
        if (fd >= 0)
            close(fd);
        return err->status;
    }
    close(fd);
    return LL_OK;
}

/* Appears whole or not at all, and never replaces another: hashes made under that would be lost. */
static enum ll_status make_secret(const char *dir, const char *path, struct ll_error *err)
{
    unsigned char bytes[LL_LAKE_SECRET_BYTES];
    LL_AUTO(ll_buf_clear) struct ll_buf temporary = {0};
    ll_buf_printf(&temporary, "%s.tmp", path);
    if (ll_random_bytes(bytes, sizeof(bytes), err) != LL_OK)
        return err->status;
    (void)unlink(temporary.ptr); /* of a process that was killed: the lake is ours */
    int fd = open(temporary.ptr, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write_all(fd, bytes, sizeof(bytes)) && fsync(fd) == 0;
    if (good && link(temporary.ptr, path) != 0 && errno != EEXIST)
        good = false;
    int saved_errno = errno;
    explicit_bzero(bytes, sizeof(bytes));
    if (fd >= 0) {
        close(fd);
        (void)unlink(temporary.ptr);
    }
    return good ? sync_folder(dir, err) : ll_fail_errno(err, saved_errno, "make %s", path);
}

enum ll_status ll_forgotten_need_secret(const char *dir, struct ll_forgotten *forgotten,
                                        struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf path = {0};
    if (ll_secret_is_set(&forgotten->secret))
        return LL_OK;
    assert(forgotten->count == 0);
    ll_buf_printf(&path, "%s/" LL_LAKE_SECRET_NAME, dir);
    enum ll_status status = read_secret(path.ptr, &forgotten->secret, err);
    if (status != LL_NOT_FOUND)
        return status;
    status = make_secret(dir, path.ptr, err);
    return status == LL_OK ? read_secret(path.ptr, &forgotten->secret, err) : status;
}

/* --- the list */

static int compare_people(const void *a, const void *b)
{
    const struct ll_forgotten_person *x = a, *y = b;
    return strcmp(x->hmac.c, y->hmac.c);
}

static bool read_hmac(struct ll_json *r, struct ll_sha256_text *ret)
{
    struct ll_str value;
    if (!ll_json_string(r, &value) || value.len != sizeof(ret->c) - 1)
        return false;
    memcpy(ret->c, value.ptr, value.len);
    ret->c[value.len] = '\0';
    return strspn(ret->c, "0123456789abcdef") == value.len;
}

static bool read_person(struct ll_json *r, struct ll_forgotten_person *ret)
{
    struct ll_str key, value;
    bool ok = ll_json_enter_object(r);
    while (ok && ll_json_next_key(r, &key)) {
        if (ll_str_equal(key, LL_STR("hmac")))
            ok = read_hmac(r, &ret->hmac);
        else if (ll_str_equal(key, LL_STR("date")))
            ok = ll_json_string(r, &value) && ll_date_parse(value, &ret->day);
        else
            ok = ll_json_skip(r);
    }
    return ok && r->error == NULL && ret->hmac.c[0] != '\0';
}

static bool read_people(struct ll_json *r, struct ll_forgotten *list)
{
    size_t capacity = 0;
    bool ok = ll_json_enter_array(r);
    while (ok && ll_json_next_item(r)) {
        if (list->count == capacity) {
            capacity = capacity > 0 ? capacity * 2 : 16;
            list->people = ll_xrealloc(list->people, capacity, sizeof(*list->people));
        }
        list->people[list->count] = (struct ll_forgotten_person){0};
        ok = read_person(r, &list->people[list->count]);
        list->count += ok;
    }
    return ok && r->error == NULL;
}

static enum ll_status parse(struct ll_str text, struct ll_forgotten *list, struct ll_error *err)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_json r = ll_json_reader(text, &arena);
    struct ll_str key, number;
    int64_t schema = 0;
    bool ok = ll_json_enter_object(&r);
    while (ok && ll_json_next_key(&r, &key)) {
        if (ll_str_equal(key, LL_STR("schema")))
            ok = ll_json_number(&r, &number) && ll_str_to_i64(number, &schema);
        else if (ll_str_equal(key, LL_STR("people")) && list->people == NULL)
            ok = read_people(&r, list);
        else
            ok = ll_json_skip(&r);
    }
    if (!ok || !ll_json_done(&r) || schema < 1)
        return ll_fail(err, LL_CORRUPT, 0,
                       LL_FORGOTTEN_KEY " cannot be read: restore it from a backup");
    if (schema > LIST_SCHEMA)
        return ll_fail(err, LL_UNSUPPORTED, 0,
                       LL_FORGOTTEN_KEY " was made by a newer livelake: upgrade livelake");
    if (list->count > 0)
        qsort(list->people, list->count, sizeof(*list->people), compare_people);
    return LL_OK;
}

static enum ll_status load(const char *dir, struct ll_store *store, struct ll_forgotten *list,
                           struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {.max_bytes = LIST_MAX_BYTES}, path = {0};
    enum ll_status status = ll_store_get(store, LL_FORGOTTEN_KEY, &text, err);
    if (status == LL_NOT_FOUND)
        return LL_OK;
    if (status == LL_OK)
        status = parse(ll_buf_str(&text), list, err);
    if (status != LL_OK || list->count == 0)
        return status;
    ll_buf_printf(&path, "%s/" LL_LAKE_SECRET_NAME, dir);
    status = read_secret(path.ptr, &list->secret, err);
    if (status == LL_NOT_FOUND)
        return ll_fail(err, LL_CORRUPT, 0,
                       "%s is gone: without it nobody can tell who is forgotten (" LL_FORGOTTEN_KEY
                       "); restore it from a backup",
                       path.ptr);
    return status;
}

enum ll_status ll_forgotten_load(const char *dir, struct ll_store *store, struct ll_forgotten *ret,
                                 struct ll_error *err)
{
    struct ll_forgotten list = {0};
    enum ll_status status = load(dir, store, &list, err);
    if (status != LL_OK) {
        ll_forgotten_clear(&list);
        return status;
    }
    ll_forgotten_clear(ret);
    *ret = list;
    return LL_OK;
}

static enum ll_status save(struct ll_store *store, const struct ll_forgotten *list,
                           struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_buf_printf(&text, "{\"schema\":%d,\"people\":[", LIST_SCHEMA);
    for (size_t i = 0; i < list->count; i++)
        ll_buf_printf(&text, "%s\n{\"date\":\"%s\",\"hmac\":\"%s\"}", i > 0 ? "," : "",
                      ll_date_format(list->people[i].day).c, list->people[i].hmac.c);
    ll_buf_add(&text, LL_STR("]}\n"));
    if (ll_store_put(store, LL_FORGOTTEN_KEY, ll_buf_str(&text), LL_PUT_REPLACE, err) != LL_OK ||
        ll_store_sync(store, err) != LL_OK)
        return ll_context(err, "write " LL_FORGOTTEN_KEY);
    return LL_OK;
}

struct ll_sha256_text ll_forgotten_hmac(const struct ll_forgotten *forgotten, int64_t id)
{
    char text[32] = "user:", digits[24];
    size_t len = 5, count = 0;
    assert(ll_secret_is_set(&forgotten->secret) && id >= 0);
    do
        digits[count++] = (char)('0' + id % 10);
    while ((id /= 10) > 0);
    while (count > 0)
        text[len++] = digits[--count];
    return ll_sha256_hex(
        ll_hmac_sha256(ll_secret_reveal(&forgotten->secret), (struct ll_str){text, len}));
}

bool ll_forgotten_has(const struct ll_forgotten *forgotten, int64_t id)
{
    if (!ll_forgotten_any(forgotten) || id < 0)
        return false;
    const struct ll_forgotten_person wanted = {.hmac = ll_forgotten_hmac(forgotten, id)};
    return bsearch(&wanted, forgotten->people, forgotten->count, sizeof(wanted), compare_people) !=
           NULL;
}

static bool is_gone(void *context, int64_t id)
{
    return ll_forgotten_has(context, id);
}

struct ll_redaction ll_forgotten_redaction(const struct ll_forgotten *forgotten)
{
    union {
        const struct ll_forgotten *list;
        void *context;
    } const_cast = {.list = forgotten}; /* is_gone only reads */
    return (struct ll_redaction){.is_gone = is_gone, .context = const_cast.context};
}

enum ll_status ll_forgotten_add(struct ll_store *store, struct ll_forgotten *forgotten, int64_t id,
                                int32_t day, struct ll_error *err)
{
    if (ll_forgotten_has(forgotten, id))
        return LL_OK;
    forgotten->people =
        ll_xrealloc(forgotten->people, forgotten->count + 1, sizeof(*forgotten->people));
    forgotten->people[forgotten->count++] =
        (struct ll_forgotten_person){.hmac = ll_forgotten_hmac(forgotten, id), .day = day};
    qsort(forgotten->people, forgotten->count, sizeof(*forgotten->people), compare_people);
    return save(store, forgotten, err);
}
