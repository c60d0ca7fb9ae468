/* The HTTP side of the simulated IGDB: which rows a query gets, in which form, and its errors
 * (contract D.1 to D.4). */
#include <stdlib.h>

#include "sim/apicalypse.h"
#include "sim/faults.h"
#include "sim/igdb_rows.h"
#include "sim/replay.h"
#include "sim/sim.h"

#define BODY_MAX 32768
#define VALUES_MAX 64
#define FIELDS_MAX 96
#define SUB_COLUMNS                                                                                \
    64 /* a condition's column: field * SUB_COLUMNS + field of the reference + 1                   \
        */

struct projection {
    bool plain[FIELDS_MAX];
    uint64_t inner[FIELDS_MAX]; /* fields of the reference, by index */
};

struct found {
    struct sim_scalar key; /* by which it is sorted */
    size_t at;
};

/* One query at work. */
struct work {
    const struct igdb_tables *tables;
    enum igdb_endpoint endpoint;
    struct sim_query query;
    struct sim_query_error error;
    const struct igdb_row *row; /* while it is being matched */
    struct found *found;
    size_t found_count;
};

/* --- errors */

static void set_error(struct sim_answer *answer, const struct sim_query_error *error)
{
    answer->status = error->status;
    ll_buf_reset(&answer->body);
    if (error->is_object)
        ll_buf_printf(&answer->body, "{\"title\":\"%s\",\"details\":", error->title);
    else
        ll_buf_printf(&answer->body, "[{\"title\":\"%s\",\"status\":%d,\"cause\":", error->title,
                      error->status);
    ll_buf_add_json_string(&answer->body, error->cause);
    ll_buf_add(&answer->body, error->is_object ? LL_STR("}") : LL_STR("}]"));
}

static void set_text(struct sim_answer *answer, int status, const char *type, struct ll_str text)
{
    answer->status = status;
    answer->content_type = type;
    ll_buf_reset(&answer->body);
    ll_buf_add(&answer->body, text);
}

static bool invalid_field(struct work *w, struct ll_str name)
{
    w->error = (struct sim_query_error){
        .status = 400,
        .title = "Invalid Field",
        .cause = ll_arena_printf(w->tables->arena, "Invalid field name: '%.*s'", LL_FMT(name))};
    return false;
}

/* --- names of fields to columns */

static struct ll_str path_head(struct ll_str path, struct ll_str *ret_rest)
{
    size_t dot = ll_str_find(path, '.', 0);
    *ret_rest = ll_str_sub(path, dot + 1, path.len);
    return ll_str_sub(path, 0, dot);
}

/* "a" or "a.b"; an unset field may have anything behind its dot. */
static bool find_path(struct work *w, struct ll_str path, int *ret_field, int *ret_inner)
{
    struct ll_str rest, head = path_head(path, &rest);
    size_t count;
    const struct igdb_field *fields = igdb_fields(w->endpoint, &count);
    int field = igdb_field_find(w->endpoint, head), inner = -1;
    if (field < 0)
        return invalid_field(w, path);
    if (head.len < path.len && fields[field].column != IGDB_UNSET) {
        if (fields[field].refers_to < 0)
            return invalid_field(w, path);
        inner = igdb_field_find((enum igdb_endpoint)fields[field].refers_to, rest);
        if (inner < 0)
            return invalid_field(w, path);
    }
    *ret_field = field;
    *ret_inner = inner;
    return true;
}

static bool set_field(struct work *w, struct ll_str path, bool on, struct projection *projection)
{
    size_t count, inner_count;
    const struct igdb_field *fields = igdb_fields(w->endpoint, &count);
    struct ll_str rest, head = path_head(path, &rest);
    if (ll_str_equal(path, LL_STR("*"))) {
        for (size_t i = 0; i < count; i++)
            projection->plain[i] = on;
        return true;
    }
    int field, inner;
    bool all = ll_str_equal(rest, LL_STR("*"));
    if (!find_path(w, all ? head : path, &field, &inner))
        return false;
    if (all && fields[field].refers_to >= 0) {
        (void)igdb_fields((enum igdb_endpoint)fields[field].refers_to, &inner_count);
        projection->inner[field] = on ? (UINT64_C(1) << inner_count) - 1 : 0;
    } else if (inner >= 0) {
        uint64_t bit = UINT64_C(1) << inner;
        projection->inner[field] =
            on ? projection->inner[field] | bit : projection->inner[field] & ~bit;
    } else {
        projection->plain[field] = on;
    }
    return true;
}

static bool resolve(struct work *w, struct projection *ret)
{
    int field, inner;
    *ret = (struct projection){0};
    for (size_t i = 0; i < w->query.field_count; i++)
        if (!set_field(w, w->query.fields[i], true, ret))
            return false;
    for (size_t i = 0; i < w->query.excluded_count; i++)
        if (!set_field(w, w->query.excluded[i], false, ret))
            return false;
    for (struct sim_node *node = w->query.conditions; node; node = node->next) {
        if (!find_path(w, node->path, &field, &inner))
            return false;
        node->column = field * SUB_COLUMNS + inner + 1;
    }
    return w->query.sort.len == 0 || find_path(w, w->query.sort, &field, &inner);
}

/* --- matching */

/* As sim_values has it; a reference's field has the values of all rows referred to. */
static size_t values_of(void *context, int column, struct sim_scalar *ret, size_t capacity)
{
    const struct work *w = context;
    size_t unused, inner_count;
    const struct igdb_field *field = &igdb_fields(w->endpoint, &unused)[column / SUB_COLUMNS];
    int inner = column % SUB_COLUMNS - 1;
    if (inner < 0 || field->column == IGDB_UNSET)
        return igdb_row_values(w->tables, w->row, field->column, ret, capacity);
    enum igdb_endpoint endpoint = (enum igdb_endpoint)field->refers_to;
    enum igdb_column of = igdb_fields(endpoint, &inner_count)[inner].column;
    struct sim_scalar ids[VALUES_MAX];
    size_t id_count = igdb_row_values(w->tables, w->row, field->column, ids, VALUES_MAX);
    size_t count = 0;
    struct igdb_row row;
    for (size_t i = 0; i < id_count && count < capacity; i++)
        if (igdb_row_find(w->tables, endpoint, ids[i].number, &row))
            count += igdb_row_values(w->tables, &row, of, ret + count, capacity - count);
    return count < capacity ? count : capacity;
}

/* All words must be met; whole names come first, then those that begin with the text. */
static bool search_rank(struct ll_str name, struct ll_str text, struct sim_scalar *ret_key)
{
    struct ll_str rest = text, word;
    while (ll_str_split(&rest, ' ', &word))
        if (!sim_text_contains(name, word))
            return false;
    bool starts = sim_text_contains(ll_str_sub(name, 0, text.len), text);
    *ret_key = (struct sim_scalar){.kind = SIM_NUMBER,
                                   .number = !starts                ? 2
                                             : name.len == text.len ? 0
                                                                    : 1};
    return true;
}

static bool matches(struct work *w, struct sim_scalar *ret_key)
{
    struct sim_scalar values[VALUES_MAX];
    *ret_key = (struct sim_scalar){0};
    if (!sim_query_matches(w->query.where, values_of, w))
        return false;
    if (w->endpoint == IGDB_GAMES && igdb_fault(w->tables, 51, w->row->id))
        return false;
    if (w->query.search.ptr)
        return igdb_row_values(w->tables, w->row, IGDB_NAME, values, VALUES_MAX) > 0 &&
               search_rank(values[0].text, w->query.search, ret_key);
    int field, inner;
    if (w->query.sort.len > 0 && find_path(w, w->query.sort, &field, &inner) &&
        values_of(w, field * SUB_COLUMNS + inner + 1, values, VALUES_MAX) > 0)
        *ret_key = values[0];
    return true;
}

/* Rows without the field come last, ties in the order of their ids. */
static int compare_found(const void *a, const void *b, void *descending)
{
    const struct found *x = a, *y = b;
    int order = 0;
    if (x->key.kind != y->key.kind)
        return x->key.kind < y->key.kind ? 1 : -1;
    if (x->key.kind == SIM_TEXT)
        order = ll_str_compare(x->key.text, y->key.text);
    else
        order = (x->key.number > y->key.number) - (x->key.number < y->key.number);
    if (order == 0)
        return (x->at > y->at) - (x->at < y->at);
    return *(const bool *)descending ? -order : order;
}

static void find_rows(struct work *w)
{
    size_t count = igdb_row_count(w->tables, w->endpoint);
    w->found = ll_arena_array(w->tables->arena, count, sizeof(*w->found));
    struct igdb_row row;
    for (size_t at = 0; at < count; at++) {
        if (!igdb_row_at(w->tables, w->endpoint, at, &row))
            continue;
        w->row = &row;
        struct sim_scalar key;
        if (matches(w, &key))
            w->found[w->found_count++] = (struct found){key, at};
    }
    bool descending = w->query.sort_descending && !w->query.search.ptr;
    qsort_r(w->found, w->found_count, sizeof(*w->found), compare_found, &descending);
}

/* --- rows as JSON */

static void add_scalar(struct ll_buf *out, const struct sim_scalar *value)
{
    if (value->kind == SIM_TEXT)
        ll_buf_add_json_string(out, value->text);
    else
        ll_buf_printf(out, "%lld", (long long)value->number);
}

static void add_key(struct ll_buf *out, struct ll_str name)
{
    ll_buf_add_char(out, ',');
    ll_buf_add_json_string(out, name);
    ll_buf_add_char(out, ':');
}

static void add_values(struct ll_buf *out, const struct igdb_field *field,
                       const struct sim_scalar *values, size_t count)
{
    add_key(out, field->name);
    if (field->is_list)
        ll_buf_add_char(out, '[');
    for (size_t i = 0; i < count && (i == 0 || field->is_list); i++) {
        if (i > 0)
            ll_buf_add_char(out, ',');
        add_scalar(out, &values[i]);
    }
    if (field->is_list)
        ll_buf_add_char(out, ']');
}

/* A row referred to, with those of its fields whose bits are set. */
static void add_reference(const struct igdb_tables *tables, struct ll_buf *out,
                          const struct igdb_row *row, uint64_t bits)
{
    size_t count;
    const struct igdb_field *fields = igdb_fields(row->endpoint, &count);
    struct sim_scalar values[VALUES_MAX];
    ll_buf_printf(out, "{\"id\":%lld", (long long)row->id);
    for (size_t i = 0; i < count; i++) {
        if (!(bits >> i & 1) || fields[i].column == IGDB_ID)
            continue;
        size_t n = igdb_row_values(tables, row, fields[i].column, values, VALUES_MAX);
        if (n > 0)
            add_values(out, &fields[i], values, n);
    }
    ll_buf_add_char(out, '}');
}

/* A single reference to a row that is gone stays a number; a list loses it. */
static void add_references(const struct igdb_tables *tables, struct ll_buf *out,
                           const struct igdb_field *field, const struct sim_scalar *ids,
                           size_t count, uint64_t bits)
{
    enum igdb_endpoint endpoint = (enum igdb_endpoint)field->refers_to;
    struct igdb_row row;
    if (!field->is_list && !igdb_row_find(tables, endpoint, ids[0].number, &row)) {
        add_values(out, field, ids, count);
        return;
    }
    add_key(out, field->name);
    if (field->is_list)
        ll_buf_add_char(out, '[');
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        if (!igdb_row_find(tables, endpoint, ids[i].number, &row))
            continue;
        if (!first)
            ll_buf_add_char(out, ',');
        first = false;
        add_reference(tables, out, &row, bits);
    }
    if (field->is_list)
        ll_buf_add_char(out, ']');
}

static void add_row(const struct work *w, struct ll_buf *out, const struct projection *projection,
                    const struct igdb_row *row)
{
    size_t count;
    const struct igdb_field *fields = igdb_fields(w->endpoint, &count);
    struct sim_scalar values[VALUES_MAX];
    ll_buf_printf(out, "{\"id\":%lld", (long long)row->id);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].column == IGDB_ID || !(projection->plain[i] || projection->inner[i]))
            continue;
        size_t n = igdb_row_values(w->tables, row, fields[i].column, values, VALUES_MAX);
        if (n == 0)
            continue;
        if (projection->inner[i])
            add_references(w->tables, out, &fields[i], values, n, projection->inner[i]);
        else
            add_values(out, &fields[i], values, n);
    }
    ll_buf_add_char(out, '}');
}

/* --- queries */

/* Whether the answer is used up by one of the faults that spoil a whole query. */
static bool spoiled(struct work *w)
{
    const struct sim_query *q = &w->query;
    if (q->field_count > 1 && igdb_fault(w->tables, 50, 0))
        return !invalid_field(w, q->fields[q->field_count - 1]);
    if (w->found_count > 1 && q->limit > 1 && igdb_fault(w->tables, 52, 0)) {
        w->error =
            (struct sim_query_error){.status = 413,
                                     .title = "Payload Too Large",
                                     .cause = LL_STR("Response size exceeds maximum allowed")};
        return true;
    }
    return false;
}

/* Appends `[rows]`, or the count as `{"count":N}`. */
static bool run_query(const struct igdb_tables *tables, const struct sim_subquery *part,
                      struct ll_buf *out, struct sim_query_error *ret_error)
{
    struct work w = {.tables = tables};
    struct projection projection;
    if (!igdb_endpoint_parse(part->endpoint, &w.endpoint)) {
        *ret_error = (struct sim_query_error){
            .status = 400, .title = "Invalid Endpoint", .cause = part->endpoint};
        return false;
    }
    if (!sim_query_parse(tables->arena, part->clauses, &w.query, &w.error) ||
        !resolve(&w, &projection)) {
        *ret_error = w.error;
        return false;
    }
    find_rows(&w);
    if (spoiled(&w)) {
        *ret_error = w.error;
        return false;
    }
    if (part->is_count) {
        ll_buf_printf(out, "{\"count\":%zu}", w.found_count);
        return true;
    }
    ll_buf_add_char(out, '[');
    size_t from = (uint64_t)w.query.offset < w.found_count ? (size_t)w.query.offset : w.found_count;
    size_t left = w.found_count - from, limit = (size_t)w.query.limit;
    struct igdb_row row;
    for (size_t i = 0; i < left && i < limit; i++) {
        if (!igdb_row_at(tables, w.endpoint, w.found[from + i].at, &row))
            continue;
        if (i > 0)
            ll_buf_add_char(out, ',');
        add_row(&w, out, &projection, &row);
    }
    ll_buf_add_char(out, ']');
    return true;
}

static bool run_multiquery(const struct igdb_tables *tables, struct ll_str text, struct ll_buf *out,
                           struct sim_query_error *ret_error)
{
    struct sim_subquery parts[SIM_MULTIQUERY_MAX];
    size_t count;
    if (!sim_multiquery_parse(tables->arena, text, parts, &count, ret_error))
        return false;
    ll_buf_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        struct ll_buf result = {0};
        if (!run_query(tables, &parts[i], &result, ret_error)) {
            ll_buf_clear(&result);
            return false;
        }
        ll_buf_add(out, i > 0 ? LL_STR(",{\"name\":") : LL_STR("{\"name\":"));
        ll_buf_add_json_string(out, parts[i].name);
        if (parts[i].is_count) { /* {"count":N} joins the object of the name */
            ll_buf_add_char(out, ',');
            ll_buf_add(out, ll_str_sub(ll_buf_str(&result), 1, result.len));
        } else {
            ll_buf_add(out, LL_STR(",\"result\":"));
            ll_buf_add(out, ll_buf_str(&result));
            ll_buf_add_char(out, '}');
        }
        ll_buf_clear(&result);
    }
    ll_buf_add_char(out, ']');
    return true;
}

/* --- requests */

static struct igdb_tables tables_of(const struct sim_parts *parts,
                                    const struct sim_request *request, struct ll_arena *arena)
{
    struct igdb_tables tables = {
        .catalog = parts->replay ? sim_replay_catalog(parts->replay) : parts->catalog,
        .is_invented = !parts->replay,
        .now_s = request->now_ms / 1000,
        .request_number = request->number,
        .faults = parts->faults,
        .arena = arena,
    };
    for (int kind = 0; kind < SIM_TERM_KINDS; kind++) {
        enum sim_term_kind k = (enum sim_term_kind)kind;
        tables.terms[kind] = parts->replay
                                 ? sim_replay_terms(parts->replay, k, &tables.term_count[kind])
                                 : sim_terms(k, &tables.term_count[kind]);
    }
    return tables;
}

/* Errors come as an object, an array, or text. */
static bool odd_error(const struct igdb_tables *tables, struct sim_answer *answer)
{
    static const struct {
        int status;
        const char *type, *body;
    } forms[] = {
        {500, NULL,
         "{\"title\":\"Internal server error\",\"status\":500,\"type\":"
         "\"https://javalin.io/documentation#internalservererrorresponse\",\"details\":{}}"},
        {408, NULL, "[{\"title\":\"Request Timeout\",\"status\":408}]"},
        {502, "text/plain", "Bad Gateway"},
        {522, "text/html", "<html><body><h1>Connection timed out</h1></body></html>"},
    };
    if (!igdb_fault(tables, 49, 0))
        return false;
    uint64_t form =
        sim_fault_form(tables->faults, 49, tables->request_number, sizeof(forms) / sizeof(*forms));
    set_text(answer, forms[form].status, forms[form].type, ll_str_of(forms[form].body));
    return true;
}

static bool too_large(const struct sim_request *request, struct sim_answer *answer)
{
    if (request->body.len <= BODY_MAX)
        return false;
    if (request->body.len > (size_t)2 * BODY_MAX)
        set_text(answer, 413, NULL,
                 LL_STR("{\"title\":\"Request Too Large\",\"status\":413,\"cause\":"
                        "\"Request body exceeds 32KB\"}"));
    else
        set_text(answer, 413, NULL,
                 LL_STR("{\"title\":\"Content Too Large\",\"status\":413,\"type\":"
                        "\"https://javalin.io/documentation#contenttoolargeresponse\","
                        "\"details\":{}}"));
    return true;
}

void sim_igdb(struct sim_parts *parts, const struct sim_request *request, struct sim_answer *answer)
{
    struct ll_arena arena = {0};
    struct igdb_tables tables = tables_of(parts, request, &arena);
    struct ll_str path = request->path;
    if (ll_str_starts_with(path, LL_STR("/v4")))
        path = ll_str_sub(path, 3, path.len);
    struct sim_subquery whole = {.endpoint = ll_str_sub(path, 1, path.len),
                                 .clauses = request->body};
    if (ll_str_ends_with(path, LL_STR("/count"))) {
        whole.is_count = true;
        whole.endpoint = ll_str_sub(path, 1, path.len - 6);
    }
    bool is_multiquery = ll_str_equal(path, LL_STR("/multiquery"));
    enum igdb_endpoint unused;
    struct sim_query_error error = {0};
    if (!ll_str_equal(request->method, LL_STR("POST")) ||
        (!is_multiquery && !igdb_endpoint_parse(whole.endpoint, &unused))) {
        struct ll_str text = ll_arena_printf(&arena, "Endpoint %.*s %.*s not found",
                                             LL_FMT(request->method), LL_FMT(path));
        set_text(answer, 404, "text/plain", text);
    } else if (!too_large(request, answer) && !odd_error(&tables, answer)) {
        answer->status = 200;
        bool done = is_multiquery ? run_multiquery(&tables, request->body, &answer->body, &error)
                                  : run_query(&tables, &whole, &answer->body, &error);
        if (!done)
            set_error(answer, &error);
    }
    ll_arena_clear(&arena);
}
