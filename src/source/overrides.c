#include "source/overrides.h"

#include <stdlib.h>

#include "source/embedded.h"
#include "source/origin/csv.h"

enum { CATEGORY_ID, IGDB_ID, KIND, NAME, FIELD_COUNT };

static const struct ll_str header[FIELD_COUNT] = {
    [CATEGORY_ID] = {"category_id", 11},
    [IGDB_ID] = {"igdb_id", 7},
    [KIND] = {"kind", 4},
    [NAME] = {"name", 4},
};

static const struct ll_field schema_fields[] = {
    [LL_OVERRIDE_CATEGORY_ID] = {"category_id", LL_TYPE_I64},
    [LL_OVERRIDE_IGDB_ID] = {"igdb_id", LL_TYPE_I64},
    [LL_OVERRIDE_NON_GAME] = {"non_game", LL_TYPE_BOOL},
    [LL_OVERRIDE_NAME] = {"name", LL_TYPE_TEXT},
};
static const struct ll_schema schema = {"stage_override", schema_fields, LL_COUNT(schema_fields)};

const struct ll_schema *ll_overrides_schema(void)
{
    return &schema;
}

struct ll_str ll_overrides_builtin(void)
{
    return (struct ll_str){(const char *)ll_category_overrides_csv, ll_category_overrides_csv_size};
}

static bool parse_id(struct ll_str s, int64_t *ret_id)
{
    int64_t id;
    if (!ll_str_to_i64(s, &id) || id <= 0)
        return false;
    *ret_id = id;
    return true;
}

/* NULL, or what is wrong with the line. */
static const char *add_line(struct ll_batch *batch, const struct ll_csv_line *line,
                            const struct ll_str *fields)
{
    if (line->bad_quotes || line->field_count != FIELD_COUNT)
        return "not four fields";
    int64_t category_id, igdb_id = 0;
    if (!parse_id(fields[CATEGORY_ID], &category_id))
        return "category_id is not a number";
    bool non_game = ll_str_equal(fields[KIND], LL_STR("non_game"));
    if (!non_game && !ll_str_equal(fields[KIND], LL_STR("game")))
        return "kind is neither game nor non_game";
    if (non_game && fields[IGDB_ID].len > 0)
        return "a non_game has an igdb_id";
    if (!non_game && !parse_id(fields[IGDB_ID], &igdb_id))
        return "igdb_id is not a number";
    if (fields[NAME].len == 0 || !ll_str_is_utf8(fields[NAME]))
        return "the name is empty or not UTF-8";
    ll_batch_i64(batch, LL_OVERRIDE_CATEGORY_ID, category_id);
    if (non_game)
        ll_batch_null(batch, LL_OVERRIDE_IGDB_ID);
    else
        ll_batch_i64(batch, LL_OVERRIDE_IGDB_ID, igdb_id);
    ll_batch_bool(batch, LL_OVERRIDE_NON_GAME, non_game);
    ll_batch_text(batch, LL_OVERRIDE_NAME, fields[NAME]);
    ll_batch_end_row(batch);
    return NULL;
}

static int compare_rows(const void *left, const void *right, void *context)
{
    const struct ll_batch *batch = context;
    int64_t a = ll_batch_get_i64(batch, LL_OVERRIDE_CATEGORY_ID, *(const uint32_t *)left);
    int64_t b = ll_batch_get_i64(batch, LL_OVERRIDE_CATEGORY_ID, *(const uint32_t *)right);
    return (a > b) - (a < b);
}

static enum ll_status sort_rows(struct ll_batch *batch, struct ll_error *err)
{
    uint32_t *order = ll_xcalloc(batch->row_count, sizeof(*order));
    for (uint32_t i = 0; i < batch->row_count; i++)
        order[i] = i;
    qsort_r(order, batch->row_count, sizeof(*order), compare_rows, batch);
    ll_batch_reorder(batch, order, batch->row_count);
    free(order);
    for (size_t i = 1; i < batch->row_count; i++) {
        int64_t id = ll_batch_get_i64(batch, LL_OVERRIDE_CATEGORY_ID, i);
        if (ll_batch_get_i64(batch, LL_OVERRIDE_CATEGORY_ID, i - 1) == id)
            return ll_fail(err, LL_INVALID, 0, "category %lld is named twice", (long long)id);
    }
    return LL_OK;
}

static bool is_header(const struct ll_csv_line *line, const struct ll_str *fields)
{
    if (line->field_count != FIELD_COUNT)
        return false;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (!ll_str_equal(fields[i], header[i]))
            return false;
    return true;
}

static enum ll_status parse_lines(struct ll_csv *csv, struct ll_batch *batch, struct ll_error *err)
{
    struct ll_str fields[FIELD_COUNT];
    struct ll_csv_line line;
    if (!ll_csv_next(csv, fields, FIELD_COUNT, &line) || !is_header(&line, fields))
        return ll_fail(err, LL_INVALID, 0, "the header is not category_id,igdb_id,kind,name");
    for (size_t number = 1; ll_csv_next(csv, fields, FIELD_COUNT, &line); number++) {
        if (number == UINT32_MAX)
            return ll_fail(err, LL_LIMIT, 0, "too many lines");
        const char *fault = add_line(batch, &line, fields);
        if (fault != NULL)
            return ll_fail(err, LL_INVALID, 0, "row %zu: %s: %.*s", number, fault,
                           (int)(line.record.len < 200 ? line.record.len : 200), line.record.ptr);
    }
    return sort_rows(batch, err);
}

enum ll_status ll_overrides_parse(struct ll_str text, struct ll_batch *ret, struct ll_error *err)
{
    struct ll_batch batch;
    ll_batch_init(&batch, &schema);
    struct ll_csv csv = ll_csv_reader(text, &batch.arena);
    enum ll_status status = parse_lines(&csv, &batch, err);
    if (status == LL_OK)
        *ret = batch;
    else
        ll_batch_clear(&batch);
    return status;
}
