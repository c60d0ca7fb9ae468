/* Runs SQL files in DuckDB, for the side that livelake is compared with:
 *
 *   bench_duckdb DATABASE [NAME=VALUE]… FILE.sql…
 *
 * {{NAME}} in a file stands for VALUE. The rows of a file's last statement are printed as CSV. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "duck/duck.h"

#define NAMES_MAX 16
#define SQL_MAX ((size_t)1 << 20)

struct setting {
    struct ll_str name, value;
};

struct settings {
    struct setting items[NAMES_MAX];
    size_t count;
};

static enum ll_status read_file(const char *path, struct ll_buf *out, struct ll_error *err)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return ll_fail(err, LL_NOT_FOUND, 0, "%s: cannot be opened", path);
    char piece[8192];
    size_t got;
    enum ll_status status = LL_OK;
    while (status == LL_OK && (got = fread(piece, 1, sizeof piece, file)) > 0)
        status = ll_buf_append(out, (struct ll_str){piece, got}, err);
    fclose(file);
    return status;
}

static enum ll_status expand(struct ll_str text, const struct settings *settings,
                             struct ll_buf *out, struct ll_error *err)
{
    for (size_t i = 0; i < text.len;) {
        if (!ll_str_starts_with(ll_str_sub(text, i, text.len), LL_STR("{{"))) {
            ll_buf_add_char(out, text.ptr[i++]);
            continue;
        }
        size_t end = ll_str_find(text, '}', i), n = 0;
        struct ll_str name = ll_str_sub(text, i + 2, end);
        while (n < settings->count && !ll_str_equal(settings->items[n].name, name))
            n++;
        if (n == settings->count)
            return ll_fail(err, LL_INVALID, 0, "{{%.*s}} has no value", LL_FMT(name));
        ll_buf_add(out, settings->items[n].value);
        i = end + 2;
    }
    return LL_OK;
}

static void print_cell(const struct ll_batch *rows, size_t column, size_t row)
{
    if (ll_batch_is_null(rows, column, row))
        return;
    switch (rows->columns[column].field.type) {
    case LL_TYPE_BOOL:
        printf("%s", ll_batch_get_bool(rows, column, row) ? "true" : "false");
        break;
    case LL_TYPE_I32:
    case LL_TYPE_DATE:
        printf("%d", ll_batch_get_i32(rows, column, row));
        break;
    case LL_TYPE_I64:
    case LL_TYPE_TIMESTAMP:
        printf("%lld", (long long)ll_batch_get_i64(rows, column, row));
        break;
    case LL_TYPE_F64:
        printf("%.17g", ll_batch_get_f64(rows, column, row));
        break;
    case LL_TYPE_TEXT: {
        struct ll_str text = ll_batch_get_text(rows, column, row);
        putchar('"');
        for (size_t i = 0; i < text.len; i++)
            printf(text.ptr[i] == '"' ? "\"\"" : "%c", text.ptr[i]);
        putchar('"');
        break;
    }
    default:
        printf("(list)");
    }
}

static void print_rows(const struct ll_batch *rows)
{
    for (size_t c = 0; c < rows->column_count; c++)
        printf("%s%s", c ? "," : "", rows->columns[c].field.name);
    for (size_t r = 0; r < rows->row_count; r++) {
        putchar('\n');
        for (size_t c = 0; c < rows->column_count; c++) {
            if (c)
                putchar(',');
            print_cell(rows, c, r);
        }
    }
    putchar('\n');
}

static enum ll_status run_file(struct ll_duck *duck, const char *path,
                               const struct settings *settings, struct ll_error *err)
{
    struct ll_buf text = {.max_bytes = SQL_MAX}, sql = {0};
    struct ll_batch rows = {0};
    enum ll_status status = read_file(path, &text, err);
    if (status == LL_OK)
        status = expand(ll_buf_str(&text), settings, &sql, err);
    if (status == LL_OK)
        status = ll_duck_query(duck, ll_buf_str(&sql), NULL, 0, 0, &rows, err);
    if (status == LL_OK && rows.column_count > 0)
        print_rows(&rows);
    ll_batch_clear(&rows);
    ll_buf_clear(&text);
    ll_buf_clear(&sql);
    return status == LL_OK ? LL_OK : ll_context(err, "%s", path);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "Usage: bench_duckdb DATABASE [NAME=VALUE]... FILE.sql...\n");
        return 2;
    }
    struct ll_error err = {0};
    struct ll_duck *duck = NULL;
    struct settings settings = {0};
    const struct ll_duck_options options = {.path = argv[1], .external_access = true};
    enum ll_status status = ll_duck_open(&options, &duck, &err);
    for (int i = 2; status == LL_OK && i < argc; i++) {
        struct ll_str rest = ll_str_of(argv[i]);
        size_t equals = ll_str_find(rest, '=', 0);
        if (equals == rest.len)
            status = run_file(duck, argv[i], &settings, &err);
        else if (settings.count == NAMES_MAX)
            status = ll_fail(&err, LL_LIMIT, 0, "more than %d settings", NAMES_MAX);
        else
            settings.items[settings.count++] = (struct setting){
                ll_str_sub(rest, 0, equals), ll_str_sub(rest, equals + 1, rest.len)};
    }
    ll_duck_close(duck);
    if (status != LL_OK)
        fprintf(stderr, "bench_duckdb: %s\n", err.message);
    return status == LL_OK ? 0 : 1;
}
