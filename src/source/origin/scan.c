#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/origin/label.h"
#include "source/origin/origin.h"

#define DEPTH_MAX 8
#define CONTENT_MAX ((size_t)1 << 30) /* of a file that must be read for its date */

static const struct resource {
    const char *name;
    enum ll_table table;
    const char *kind;
    bool needs_time, needs_date;
} resources[] = {
    {"streams", LL_TABLE_STREAM, "", true, true},
    {"users", LL_TABLE_USER, "", false, true},
    {"categories", LL_TABLE_CATEGORY, "", false, true},
    {"games", LL_TABLE_GAME, "game", false, true},
    {"genre_bridge", LL_TABLE_GAME, "genre_bridge", false, true},
    {"game_mode_bridge", LL_TABLE_GAME, "game_mode_bridge", false, true},
    {"genres", LL_TABLE_TERM, "genre", false, false},
    {"game_modes", LL_TABLE_TERM, "game_mode", false, false},
    {"themes", LL_TABLE_TERM, "theme", false, false},
    {"player_perspectives", LL_TABLE_TERM, "player_perspective", false, false},
    {"languages", LL_TABLE_LANGUAGE, "", false, false},
};

static const char *const derived_resources[] = {"day_dates", "time_of_day"};

struct walk {
    struct ll_origin_scan *scan;
    const char *root;
    struct ll_str root_name; /* of a root that is a file: its whole path, else "" */
    size_t file_capacity, skipped_capacity;
};

static void skip(struct walk *w, struct ll_str path, const char *reason, bool is_error)
{
    struct ll_origin_scan *scan = w->scan;
    if (scan->skipped_count == w->skipped_capacity) {
        w->skipped_capacity = w->skipped_capacity > 0 ? w->skipped_capacity * 2 : 16;
        scan->skipped = ll_xrealloc(scan->skipped, w->skipped_capacity, sizeof(*scan->skipped));
    }
    scan->skipped[scan->skipped_count++] =
        (struct ll_origin_skipped){path, ll_str_of(reason), is_error};
}

static void keep(struct walk *w, const struct ll_origin_file *file)
{
    struct ll_origin_scan *scan = w->scan;
    if (scan->file_count == w->file_capacity) {
        w->file_capacity = w->file_capacity > 0 ? w->file_capacity * 2 : 64;
        scan->files = ll_xrealloc(scan->files, w->file_capacity, sizeof(*scan->files));
    }
    scan->files[scan->file_count++] = *file;
}

static struct ll_str without_suffix(struct ll_str s, struct ll_str suffix)
{
    return ll_str_ends_with(s, suffix) ? ll_str_sub(s, 0, s.len - suffix.len) : s;
}

static size_t last_slash(struct ll_str path)
{
    for (size_t i = path.len; i > 0; i--)
        if (path.ptr[i - 1] == '/')
            return i;
    return 0;
}

/* raw_<resource>_data…; empty when the name is not of that form. */
static struct ll_str resource_of(struct ll_str name)
{
    struct ll_str rest = ll_str_sub(name, strlen("raw_"), name.len), suffix = LL_STR("_data");
    if (!ll_str_starts_with(name, LL_STR("raw_")))
        return LL_STR("");
    for (size_t i = 1; i + suffix.len <= rest.len; i++) {
        size_t after = i + suffix.len;
        if (ll_str_equal(ll_str_sub(rest, i, after), suffix) &&
            (after == rest.len || rest.ptr[after] == '_' || rest.ptr[after] == '.'))
            return ll_str_sub(rest, 0, i);
    }
    return LL_STR("");
}

/* The file's name, else the nearest folder that has a date and time; a date alone only when none
 * has more. */
static struct ll_label label_of_path(struct ll_str path)
{
    struct ll_label best = {0};
    while (path.len > 0) {
        size_t from = last_slash(path);
        struct ll_label label = ll_label_of_text(ll_str_sub(path, from, path.len));
        if (label.has_time)
            return label;
        if (best.civil.year == 0)
            best = label;
        path = ll_str_sub(path, 0, from > 0 ? from - 1 : 0);
    }
    return best;
}

/* NULL, or why the file cannot be used. */
static const char *find_label(struct walk *w, const struct resource *resource,
                              struct ll_origin_file *file)
{
    struct ll_label label = label_of_path(w->root_name.len > 0 ? w->root_name : file->path);
    if (!label.has_time && ll_str_equal(file->format, LL_STR("origin-json"))) {
        struct ll_buf content = {.max_bytes = CONTENT_MAX};
        struct ll_error err;
        enum ll_status status = ll_origin_read(w->root, file, &content, &err);
        struct ll_label inside = ll_label_of_json(ll_buf_str(&content));
        ll_buf_clear(&content);
        if (status != LL_OK)
            return status == LL_LIMIT ? "too large" : "cannot be read";
        if (inside.has_time || label.civil.year == 0)
            label = inside;
    }
    if (label.civil.year == 0 && resource->needs_date)
        return "no date in its name or content";
    if (!label.has_time && resource->needs_time)
        return "no time of day in its name or content";
    file->has_time = label.has_time;
    file->label = label.civil;
    return NULL;
}

static const struct resource *find_resource(struct ll_str name)
{
    for (size_t i = 0; i < LL_COUNT(resources); i++)
        if (ll_str_equal(name, ll_str_of(resources[i].name)))
            return &resources[i];
    return NULL;
}

static bool is_derived(struct ll_str name, struct ll_str resource)
{
    for (size_t i = 0; i < LL_COUNT(derived_resources); i++)
        if (ll_str_equal(resource, ll_str_of(derived_resources[i])))
            return true;
    return ll_str_starts_with(name, LL_STR("curated_"));
}

static void add_file(struct walk *w, struct ll_str path)
{
    struct ll_str name = ll_str_sub(path, last_slash(path), path.len);
    struct ll_str stem = without_suffix(without_suffix(name, LL_STR(".gz")), LL_STR(".zst"));
    struct ll_str resource_name = resource_of(stem);
    const struct resource *resource = find_resource(resource_name);
    struct ll_origin_file file = {.path = path, .resource = resource_name};
    if (ll_str_ends_with(stem, LL_STR(".json")))
        file.format = LL_STR("origin-json");
    else if (ll_str_ends_with(stem, LL_STR(".csv")))
        file.format = LL_STR("origin-csv");

    const char *fault = NULL;
    if (is_derived(name, resource_name)) {
        skip(w, path, "derived: made anew by our views", false);
        return;
    }
    if (resource_name.len == 0) {
        skip(w, path, "not a capture of the original pipeline", false);
        return;
    }
    if (resource == NULL) {
        fault = "an unknown resource";
    } else if (file.format.len == 0) {
        fault = "neither JSON nor CSV";
    } else {
        file.table = resource->table;
        file.kind = ll_str_of(resource->kind);
        fault = find_label(w, resource, &file);
    }
    if (fault != NULL)
        skip(w, path, fault, true);
    else
        keep(w, &file);
}

static void walk_folder(struct walk *w, int fd, struct ll_str folder, int depth);

static void add_entry(struct walk *w, int fd, const char *name, struct ll_str path, int depth)
{
    struct stat info;
    if (fstatat(fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        skip(w, path, "cannot be read", true);
    } else if (name[0] == '.') {
        skip(w, path, "hidden", false);
    } else if (S_ISREG(info.st_mode)) {
        add_file(w, path);
    } else if (S_ISLNK(info.st_mode)) {
        skip(w, path, "a symbolic link", true);
    } else if (!S_ISDIR(info.st_mode)) {
        skip(w, path, "neither a file nor a folder", true);
    } else if (depth == DEPTH_MAX) {
        skip(w, path, "nested too deeply", true);
    } else {
        int inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner >= 0)
            walk_folder(w, inner, path, depth + 1);
        else
            skip(w, path, "cannot be read", true);
    }
}

/* Takes fd. */
static void walk_folder(struct walk *w, int fd, struct ll_str folder, int depth)
{
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        skip(w, folder, "cannot be read", true);
        return;
    }
    errno = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL; errno = 0) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        struct ll_str path =
            folder.len > 0
                ? ll_arena_printf(&w->scan->arena, "%.*s/%s", LL_FMT(folder), entry->d_name)
                : ll_arena_copy(&w->scan->arena, ll_str_of(entry->d_name));
        add_entry(w, dirfd(dir), entry->d_name, path, depth);
    }
    if (errno != 0)
        skip(w, folder, "cannot be read", true);
    closedir(dir);
}

static int compare_labels(const struct ll_civil *a, const struct ll_civil *b)
{
    const int left[] = {a->year, a->month, a->day, a->hour, a->minute};
    const int right[] = {b->year, b->month, b->day, b->hour, b->minute};
    for (size_t i = 0; i < LL_COUNT(left); i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

static int compare_files(const void *left, const void *right)
{
    const struct ll_origin_file *a = left, *b = right;
    int order = ll_str_compare(a->resource, b->resource);
    if (order == 0)
        order = compare_labels(&a->label, &b->label);
    return order != 0 ? order : ll_str_compare(a->path, b->path);
}

static int compare_skipped(const void *left, const void *right)
{
    const struct ll_origin_skipped *a = left, *b = right;
    return ll_str_compare(a->path, b->path);
}

enum ll_status ll_origin_scan(const char *root, struct ll_origin_scan *ret, struct ll_error *err)
{
    struct stat info;
    if (stat(root, &info) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return ll_fail(err, LL_NOT_FOUND, errno, "%s: no such file or folder", root);
    if (access(root, R_OK) != 0)
        return ll_fail_errno(err, errno, "%s", root);
    if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode))
        return ll_fail(err, LL_IO, EINVAL, "%s: neither a file nor a folder", root);
    struct ll_origin_scan scan = {0};
    struct walk w = {.scan = &scan, .root = root};
    if (S_ISDIR(info.st_mode)) {
        int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            return ll_fail_errno(err, errno, "open %s", root);
        walk_folder(&w, fd, LL_STR(""), 1);
    } else {
        w.root_name = ll_str_of(root);
        struct ll_str name = ll_str_sub(w.root_name, last_slash(w.root_name), w.root_name.len);
        add_file(&w, ll_arena_copy(&scan.arena, name));
    }
    if (scan.file_count > 0)
        qsort(scan.files, scan.file_count, sizeof(*scan.files), compare_files);
    if (scan.skipped_count > 0)
        qsort(scan.skipped, scan.skipped_count, sizeof(*scan.skipped), compare_skipped);
    *ret = scan;
    return LL_OK;
}

void ll_origin_scan_clear(struct ll_origin_scan *scan)
{
    free(scan->files);
    free(scan->skipped);
    ll_arena_clear(&scan->arena);
    *scan = (struct ll_origin_scan){0};
}
