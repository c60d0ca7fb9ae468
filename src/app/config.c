#include "app/config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/parse.h"
#include "base/arena.h"
#include "base/time.h"

#define FILE_MAX_BYTES (1 << 20)
#define FILE_SUFFIX LL_STR("_file")

static enum ll_status bad_value(const struct ll_assignment *a, const char *what,
                                struct ll_error *err)
{
    return ll_fail(err, LL_INVALID, 0, "%s: %.*s: \"%.*s\" is not %s", a->where, LL_FMT(a->name),
                   LL_FMT(ll_str_sub(a->value, 0, 200)), what);
}

static enum ll_status check_range(const struct ll_config_key *key, const struct ll_assignment *a,
                                  int64_t number, struct ll_error *err)
{
    if (number >= key->min && number <= key->max)
        return LL_OK;
    return ll_fail(err, LL_INVALID, 0, "%s: %s: %.*s is out of range: %lld to %lld%s", a->where,
                   key->name, LL_FMT(ll_str_sub(a->value, 0, 200)), (long long)key->min,
                   (long long)key->max,
                   key->kind == LL_CONFIG_SIZE       ? " bytes"
                   : key->kind == LL_CONFIG_DURATION ? " seconds"
                                                     : "");
}

/* Checks the value against its key; the number it stands for, if it is one. */
static enum ll_status check_value(const struct ll_config_key *key, const struct ll_assignment *a,
                                  int64_t *ret_number, struct ll_error *err)
{
    int64_t number = 0;
    switch (key->kind) {
    case LL_CONFIG_TEXT:
    case LL_CONFIG_SECRET:
        if (memchr(a->value.ptr == NULL ? "" : a->value.ptr, '\0', a->value.len) != NULL)
            return ll_fail(err, LL_INVALID, 0, "%s: %s: holds a NUL byte", a->where, key->name);
        return LL_OK;
    case LL_CONFIG_CHOICE:
        if (ll_parse_choice(a->value, key->choices))
            return LL_OK;
        return ll_fail(err, LL_INVALID, 0, "%s: %s: \"%.*s\" is not one of %s", a->where, key->name,
                       LL_FMT(ll_str_sub(a->value, 0, 200)), key->choices);
    case LL_CONFIG_INT:
        if (!ll_str_to_i64(a->value, &number))
            return bad_value(a, "a whole number", err);
        break;
    case LL_CONFIG_SIZE:
        if (!ll_parse_size(a->value, &number))
            return bad_value(a, "a size such as 512MB or 2GiB", err);
        break;
    case LL_CONFIG_DURATION:
        if (!ll_duration_parse(a->value, &number))
            return bad_value(a, "a duration such as 90s, 15m, 36h, 7d or 2w", err);
        break;
    }
    enum ll_status status = check_range(key, a, number, err);
    if (status == LL_OK)
        *ret_number = number;
    return status;
}

static char *duplicate(struct ll_str s)
{
    char *copy = ll_xcalloc(s.len + 1, 1);
    if (s.len != 0)
        memcpy(copy, s.ptr, s.len);
    return copy;
}

/* Takes the checked value over, unless a stronger source has spoken. */
static void store_value(struct ll_config_value *value, const struct ll_config_key *key,
                        const struct ll_assignment *a, int64_t number)
{
    if (value->where != NULL && value->source > a->source)
        return;
    free(value->text);
    free(value->where);
    value->text = NULL;
    if (key->kind == LL_CONFIG_SECRET)
        ll_secret_set(&value->secret, a->value);
    else
        value->text = duplicate(a->value);
    value->number = number;
    value->source = a->source;
    value->where = ll_xstrdup(a->where);
}

static enum ll_status set_value(struct ll_config *config, enum ll_config_id id,
                                const struct ll_assignment *a, struct ll_error *err)
{
    int64_t number = 0;
    enum ll_status status = check_value(ll_config_key(id), a, &number, err);
    if (status != LL_OK)
        return status;
    if (ll_config_key(id)->kind == LL_CONFIG_SECRET && a->value.len > LL_SECRET_MAX_BYTES)
        return ll_fail(err, LL_INVALID, 0, "%s: %s: longer than %d bytes", a->where,
                       ll_config_key(id)->name, LL_SECRET_MAX_BYTES);
    store_value(&config->values[id], ll_config_key(id), a, number);
    return LL_OK;
}

static enum ll_status set_from_file(struct ll_config *config, enum ll_config_id id,
                                    const struct ll_assignment *a, struct ll_error *err)
{
    LL_AUTO(ll_secret_clear) struct ll_secret secret = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf path = {0};
    if (a->value.len == 0)
        return bad_value(a, "the path of a file", err);
    if (a->folder != NULL && a->value.ptr[0] != '/')
        ll_buf_printf(&path, "%s/", a->folder);
    ll_buf_add(&path, a->value);
    enum ll_status status = ll_secret_read(&secret, path.ptr, err);
    if (status != LL_OK)
        return ll_context(err, "%s: %.*s", a->where, LL_FMT(a->name));
    struct ll_assignment revealed = *a;
    revealed.value = ll_secret_reveal(&secret);
    return set_value(config, id, &revealed, err);
}

static enum ll_status unknown_key(const struct ll_assignment *a, struct ll_error *err)
{
    struct ll_nearest nearest = {.typed = a->name};
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++)
        ll_nearest_offer(&nearest, ll_config_key((enum ll_config_id)i)->name);
    if (nearest.best != NULL)
        return ll_fail(err, LL_INVALID, 0, "%s: unknown key \"%.*s\": did you mean \"%s\"?",
                       a->where, LL_FMT(ll_str_sub(a->name, 0, 100)), nearest.best);
    return ll_fail(err, LL_INVALID, 0, "%s: unknown key \"%.*s\"", a->where,
                   LL_FMT(ll_str_sub(a->name, 0, 100)));
}

/* The key that a name in a source stands for; *ret_by_file for "<key>_file". */
static bool find_key(struct ll_str name, enum ll_config_id *ret_id, bool *ret_by_file)
{
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        struct ll_str own = ll_str_of(ll_config_key((enum ll_config_id)i)->name);
        bool by_file = ll_config_key((enum ll_config_id)i)->by_file &&
                       ll_str_starts_with(name, own) &&
                       ll_str_equal(ll_str_sub(name, own.len, name.len), FILE_SUFFIX);
        if (!by_file && !ll_str_equal(name, own))
            continue;
        *ret_id = (enum ll_config_id)i;
        *ret_by_file = by_file;
        return true;
    }
    return false;
}

enum ll_status ll_config_set(struct ll_config *config, const struct ll_assignment *assignment,
                             struct ll_error *err)
{
    enum ll_config_id id;
    bool by_file;
    if (!find_key(assignment->name, &id, &by_file))
        return unknown_key(assignment, err);
    if (by_file)
        return set_from_file(config, id, assignment, err);
    if (ll_config_key(id)->kind == LL_CONFIG_SECRET && assignment->source == LL_SOURCE_FLAG)
        return ll_fail(
            err, LL_INVALID, 0,
            "%s: %s: a secret on the command line is seen by every user of the machine: use "
            "%s_file, or %s in the environment",
            assignment->where, ll_config_key(id)->name, ll_config_key(id)->name,
            ll_config_key(id)->env);
    return set_value(config, id, assignment, err);
}

void ll_config_init(struct ll_config *config)
{
    *config = (struct ll_config){0};
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        struct ll_error err;
        struct ll_assignment a = {.name = ll_str_of(ll_config_key((enum ll_config_id)i)->name),
                                  .value = ll_str_of(ll_config_key((enum ll_config_id)i)->initial),
                                  .source = LL_SOURCE_DEFAULT,
                                  .where = "default"};
        if (ll_config_key((enum ll_config_id)i)->kind == LL_CONFIG_SECRET) {
            config->values[i].where = ll_xstrdup("default");
            continue;
        }
        enum ll_status status = set_value(config, (enum ll_config_id)i, &a, &err);
        assert(status == LL_OK); /* the table's own defaults */
        (void)status;
    }
}

void ll_config_clear(struct ll_config *config)
{
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        free(config->values[i].text);
        free(config->values[i].where);
        ll_secret_clear(&config->values[i].secret);
    }
    free(config->file);
    *config = (struct ll_config){0};
}

static enum ll_status load_one_env(struct ll_config *config, enum ll_config_id id,
                                   const char *suffix, ll_env_lookup *lookup, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf variable = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf name = {0};
    ll_buf_printf(&variable, "%s%s", ll_config_key(id)->env, suffix[0] == '\0' ? "" : "_FILE");
    ll_buf_printf(&name, "%s%s", ll_config_key(id)->name, suffix);
    const char *value = lookup(variable.ptr);
    if (value == NULL || value[0] == '\0') /* set to nothing counts as unset */
        return LL_OK;
    struct ll_assignment a = {.name = ll_buf_str(&name),
                              .value = ll_str_of(value),
                              .source = LL_SOURCE_ENVIRONMENT,
                              .where = variable.ptr};
    return ll_config_set(config, &a, err);
}

enum ll_status ll_config_load_env(struct ll_config *config, ll_env_lookup *lookup,
                                  struct ll_error *err)
{
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++) {
        enum ll_status status = load_one_env(config, (enum ll_config_id)i, "", lookup, err);
        if (status == LL_OK && ll_config_key((enum ll_config_id)i)->by_file)
            status = load_one_env(config, (enum ll_config_id)i, "_file", lookup, err);
        if (status != LL_OK)
            return status;
    }
    return LL_OK;
}

static enum ll_status read_file(const char *path, struct ll_buf *out, struct ll_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return ll_fail(err, LL_NOT_FOUND, errno, "%s: no such file", path);
    if (fd < 0)
        return ll_fail_errno(err, errno, "open %s", path);
    enum ll_status status = LL_OK;
    char chunk[4096];
    while (status == LL_OK) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = ll_fail_errno(err, errno, "read %s", path);
        else
            status = ll_buf_append(out, (struct ll_str){chunk, (size_t)n}, err);
    }
    explicit_bzero(chunk, sizeof(chunk));
    close(fd);
    return status == LL_LIMIT ? ll_context(err, "%s", path) : status;
}

/* State of one file while its lines are read. */
struct reading {
    struct ll_config *config;
    const char *path;
    const char *folder;
    bool in_lake;
    int line;
    int seen_line[2 * LL_CONFIG_COUNT]; /* by key, then by key's _file form; 0 = not yet */
};

static enum ll_status read_line(struct reading *r, struct ll_str line, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf where = {0};
    ll_buf_printf(&where, "%s:%d", r->path, r->line);
    line = ll_str_trim(line);
    if (line.len == 0 || line.ptr[0] == '#')
        return LL_OK;
    if (!ll_str_is_utf8(line))
        return ll_fail(err, LL_INVALID, 0, "%s: not UTF-8", where.ptr);
    size_t equals = ll_str_find(line, '=', 0);
    if (equals == line.len)
        return ll_fail(err, LL_INVALID, 0, "%s: not a line of the form `section.key = value`",
                       where.ptr);
    struct ll_assignment a = {.name = ll_str_trim(ll_str_sub(line, 0, equals)),
                              .value = ll_str_trim(ll_str_sub(line, equals + 1, line.len)),
                              .source = LL_SOURCE_FILE,
                              .where = where.ptr,
                              .folder = r->folder};
    enum ll_config_id id;
    bool by_file;
    if (find_key(a.name, &id, &by_file)) {
        int *seen = &r->seen_line[by_file ? LL_CONFIG_COUNT + id : id];
        if (*seen != 0)
            return ll_fail(err, LL_INVALID, 0, "%s: %.*s was already set on line %d", where.ptr,
                           LL_FMT(a.name), *seen);
        *seen = r->line;
        if (ll_config_key(id)->not_in_lake && r->in_lake)
            return ll_fail(err, LL_INVALID, 0,
                           "%s: %s cannot stand in the lake's own file: use --lake, --config or %s",
                           where.ptr, ll_config_key(id)->name, ll_config_key(id)->env);
    }
    return ll_config_set(r->config, &a, err);
}

enum ll_status ll_config_load_file(struct ll_config *config, const char *path, bool in_lake,
                                   struct ll_error *err)
{
    LL_AUTO(ll_secret_text_clear) struct ll_buf content = ll_secret_text(FILE_MAX_BYTES);
    content.max_bytes = FILE_MAX_BYTES;
    LL_AUTO(ll_buf_clear) struct ll_buf folder = {0};
    enum ll_status status = read_file(path, &content, err);
    if (status != LL_OK)
        return status;
    const char *slash = strrchr(path, '/');
    ll_buf_add(&folder, slash == NULL ? LL_STR(".")
                                      : ll_str_sub(ll_str_of(path), 0, (size_t)(slash - path)));
    struct reading reading = {
        .config = config, .path = path, .folder = folder.ptr, .in_lake = in_lake};
    struct ll_str rest = ll_buf_str(&content), line;
    while (ll_str_split(&rest, '\n', &line)) {
        reading.line++;
        status = read_line(&reading, line, err);
        if (status != LL_OK)
            return status;
    }
    free(config->file);
    config->file = ll_xstrdup(path);
    return LL_OK;
}

const char *ll_config_text(const struct ll_config *config, enum ll_config_id id)
{
    assert(ll_config_key(id)->kind == LL_CONFIG_TEXT ||
           ll_config_key(id)->kind == LL_CONFIG_CHOICE);
    return config->values[id].text;
}

int64_t ll_config_number(const struct ll_config *config, enum ll_config_id id)
{
    assert(ll_config_key(id)->kind == LL_CONFIG_INT || ll_config_key(id)->kind == LL_CONFIG_SIZE ||
           ll_config_key(id)->kind == LL_CONFIG_DURATION);
    return config->values[id].number;
}

const struct ll_secret *ll_config_secret(const struct ll_config *config, enum ll_config_id id)
{
    assert(ll_config_key(id)->kind == LL_CONFIG_SECRET);
    return &config->values[id].secret;
}

const char *ll_config_shown(const struct ll_config *config, enum ll_config_id id)
{
    if (ll_config_key(id)->kind != LL_CONFIG_SECRET)
        return config->values[id].text;
    return ll_secret_is_set(&config->values[id].secret) ? LL_SECRET_MASK : NULL;
}
