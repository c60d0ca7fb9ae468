#include "sim/apicalypse.h"

#include <string.h>

#include "base/buf.h"

#define EXCERPT 40 /* bytes of the query named in an error */

struct parser {
    struct ll_arena *arena;
    struct ll_str text;
    size_t at;
    int depth;
    struct sim_query *query;
    struct sim_query_error *error;
    bool failed;
};

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool fail(struct parser *p, const char *expected)
{
    struct ll_str rest = ll_str_sub(p->text, p->at, p->at + EXCERPT);
    if (!p->failed)
        *p->error = (struct sim_query_error){
            .status = 400,
            .title = "Syntax Error",
            .cause = ll_arena_printf(p->arena, "Expecting %s starting at '%.*s'", expected,
                                     LL_FMT(rest))};
    p->failed = true;
    return false;
}

/* The next byte that is neither white space nor comment; NUL at the end. */
static char peek(struct parser *p)
{
    while (p->at < p->text.len) {
        if (is_space(p->text.ptr[p->at]))
            p->at++;
        else if (ll_str_starts_with(ll_str_sub(p->text, p->at, p->text.len), LL_STR("//")))
            p->at = ll_str_find(p->text, '\n', p->at);
        else
            return p->text.ptr[p->at];
    }
    return '\0';
}

static bool accept(struct parser *p, char c)
{
    if (peek(p) != c || p->at >= p->text.len)
        return false;
    p->at++;
    return true;
}

static bool expect(struct parser *p, char c, const char *name)
{
    return accept(p, c) || fail(p, name);
}

static struct ll_str read_word(struct parser *p)
{
    (void)peek(p);
    size_t from = p->at;
    while (p->at < p->text.len && is_name_char(p->text.ptr[p->at]))
        p->at++;
    return ll_str_sub(p->text, from, p->at);
}

/* name(.name)*, or "*" where it may stand. */
static bool read_path(struct parser *p, bool star, struct ll_str *ret)
{
    (void)peek(p);
    size_t from = p->at;
    while (p->at < p->text.len && (is_name_char(p->text.ptr[p->at]) || p->text.ptr[p->at] == '.' ||
                                   (star && p->text.ptr[p->at] == '*')))
        p->at++;
    if (p->at == from)
        return fail(p, "a FIELD");
    *ret = ll_str_sub(p->text, from, p->at);
    return true;
}

/* The place of the quote that closes the string begun at `from`; the text's length if there is
 * none. */
static size_t find_quote(struct ll_str text, size_t from)
{
    while (from < text.len && text.ptr[from] != '"')
        from += text.ptr[from] == '\\' && from + 1 < text.len ? 2 : 1;
    return from;
}

static bool read_string(struct parser *p, struct ll_str *ret)
{
    if (!accept(p, '"'))
        return fail(p, "a STRING as input, surround your input with quotes");
    size_t end = find_quote(p->text, p->at);
    if (end >= p->text.len)
        return fail(p, "a closing quote");
    char *copy = ll_arena_alloc(p->arena, end - p->at + 1);
    size_t len = 0;
    while (p->at < end) {
        p->at += p->text.ptr[p->at] == '\\' ? 1 : 0;
        copy[len++] = p->text.ptr[p->at++];
    }
    p->at = end + 1;
    *ret = (struct ll_str){copy, len};
    return true;
}

/* An integer; what stands behind its decimal point is dropped, as nothing here has any. */
static bool read_number(struct parser *p, int64_t *ret)
{
    (void)peek(p);
    size_t from = p->at, at = from;
    if (at < p->text.len && p->text.ptr[at] == '-')
        at++;
    while (at < p->text.len && is_digit(p->text.ptr[at]))
        at++;
    if (!ll_str_to_i64(ll_str_sub(p->text, from, at), ret))
        return fail(p, "a NUMBER");
    if (at + 1 < p->text.len && p->text.ptr[at] == '.' && is_digit(p->text.ptr[at + 1]))
        for (at++; at < p->text.len && is_digit(p->text.ptr[at]);)
            at++;
    p->at = at;
    return true;
}

static bool read_scalar(struct parser *p, struct sim_scalar *ret)
{
    char c = peek(p);
    *ret = (struct sim_scalar){0};
    if (c == '"') {
        ret->kind = SIM_TEXT;
        return read_string(p, &ret->text);
    }
    if (c == '-' || is_digit(c)) {
        ret->kind = SIM_NUMBER;
        return read_number(p, &ret->number);
    }
    size_t from = p->at;
    struct ll_str word = read_word(p);
    if (ll_str_equal(word, LL_STR("null")) || ll_str_equal(word, LL_STR("n")))
        return true;
    ret->kind = SIM_BOOL;
    ret->number = ll_str_equal(word, LL_STR("true")) || ll_str_equal(word, LL_STR("t"));
    if (ret->number || ll_str_equal(word, LL_STR("false")) || ll_str_equal(word, LL_STR("f")))
        return true;
    p->at = from;
    return fail(p, "a STRING as input, surround your input with quotes");
}

static bool read_set(struct parser *p, struct sim_node *node, char close)
{
    size_t capacity = 16;
    struct sim_scalar *values = ll_arena_array(p->arena, capacity, sizeof(*values));
    do {
        if (node->value_count == capacity) {
            struct sim_scalar *larger = ll_arena_array(p->arena, capacity * 2, sizeof(*values));
            memcpy(larger, values, capacity * sizeof(*values));
            values = larger;
            capacity *= 2;
        }
        if (!read_scalar(p, &values[node->value_count++]))
            return false;
    } while (accept(p, ','));
    node->values = values;
    return expect(p, close, "the end of a list");
}

static bool read_operator(struct parser *p, enum sim_condition_op *ret)
{
    static const struct {
        struct ll_str text;
        enum sim_condition_op op;
    } operators[] = {
        {{"!=", 2}, SIM_NE}, {{">=", 2}, SIM_GE},  {{"<=", 2}, SIM_LE}, {{"!~", 2}, SIM_UNLIKE},
        {{"=", 1}, SIM_EQ},  {{"~", 1}, SIM_LIKE}, {{">", 1}, SIM_GT},  {{"<", 1}, SIM_LT},
    };
    (void)peek(p);
    for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
        if (ll_str_starts_with(ll_str_sub(p->text, p->at, p->text.len), operators[i].text)) {
            p->at += operators[i].text.len;
            *ret = operators[i].op;
            return true;
        }
    return fail(p, "an OPERATOR");
}

static bool read_operand(struct parser *p, struct sim_node *node)
{
    static const struct {
        char open, close;
        enum sim_set_kind set;
    } sets[] = {{'(', ')', SIM_ANY}, {'[', ']', SIM_ALL}, {'{', '}', SIM_EXACT}};
    node->negated_set = accept(p, '!');
    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
        if (accept(p, sets[i].open)) {
            node->set = sets[i].set;
            return read_set(p, node, sets[i].close);
        }
    if (node->negated_set)
        return fail(p, "a list");
    struct sim_scalar *value = ll_arena_alloc(p->arena, sizeof(*value));
    node->open_start = accept(p, '*');
    if (!read_scalar(p, value))
        return false;
    node->open_end = accept(p, '*');
    if ((node->open_start || node->open_end) && value->kind != SIM_TEXT)
        return fail(p, "a STRING as input, surround your input with quotes");
    node->values = value;
    node->value_count = 1;
    return true;
}

static struct sim_node *new_node(struct parser *p, enum sim_node_kind kind, struct sim_node *left,
                                 struct sim_node *right)
{
    struct sim_node *node = ll_arena_alloc(p->arena, sizeof(*node));
    *node = (struct sim_node){.kind = kind, .left = left, .right = right};
    return node;
}

static struct sim_node *read_or(struct parser *p);

static struct sim_node *read_unary(struct parser *p)
{
    if (accept(p, '!')) {
        if (peek(p) != '(') {
            (void)fail(p, "a group");
            return NULL;
        }
        struct sim_node *group = read_unary(p);
        return group ? new_node(p, SIM_NOT, group, NULL) : NULL;
    }
    if (accept(p, '(')) {
        if (++p->depth > SIM_QUERY_DEPTH) {
            (void)fail(p, "fewer parentheses");
            return NULL;
        }
        struct sim_node *group = read_or(p);
        p->depth--;
        return group && expect(p, ')', "a closing parenthesis") ? group : NULL;
    }
    struct sim_node *node = new_node(p, SIM_CONDITION, NULL, NULL);
    if (!read_path(p, false, &node->path) || !read_operator(p, &node->op) || !read_operand(p, node))
        return NULL;
    node->next = p->query->conditions;
    p->query->conditions = node;
    return node;
}

/* Chains grow to the right, so that evaluating one recurses only into its left, bounded parts. */
static struct sim_node *read_chain(struct parser *p, char joint, enum sim_node_kind kind,
                                   struct sim_node *(*read_part)(struct parser *))
{
    struct sim_node *first = read_part(p), *last = NULL;
    struct sim_node *chain = first;
    while (first && accept(p, joint)) {
        struct sim_node *part = read_part(p);
        if (!part)
            return NULL;
        struct sim_node *node = new_node(p, kind, last ? last->right : first, part);
        if (last)
            last->right = node;
        else
            chain = node;
        last = node;
    }
    return first ? chain : NULL;
}

static struct sim_node *read_and(struct parser *p)
{
    return read_chain(p, '&', SIM_AND, read_unary);
}

static struct sim_node *read_or(struct parser *p)
{
    return read_chain(p, '|', SIM_OR, read_and);
}

static bool read_paths(struct parser *p, const struct ll_str **ret, size_t *ret_count)
{
    size_t capacity = 16, count = 0;
    struct ll_str *paths = ll_arena_array(p->arena, capacity, sizeof(*paths));
    do {
        if (count == capacity) {
            struct ll_str *larger = ll_arena_array(p->arena, capacity * 2, sizeof(*paths));
            memcpy(larger, paths, capacity * sizeof(*paths));
            paths = larger;
            capacity *= 2;
        }
        if (!read_path(p, true, &paths[count++]))
            return false;
    } while (accept(p, ','));
    *ret = paths;
    *ret_count = count;
    return true;
}

static bool read_limit(struct parser *p)
{
    if (!read_number(p, &p->query->limit))
        return false;
    if (p->query->limit < 1)
        return fail(p, "a LIMIT of at least 1");
    if (p->query->limit <= SIM_QUERY_LIMIT_MAX)
        return true;
    p->failed = true;
    *p->error = (struct sim_query_error){
        .status = 403,
        .title = "Request limit to high",
        .cause = ll_arena_printf(p->arena, "You typed in %lld as limit but your maximum is %d",
                                 (long long)p->query->limit, SIM_QUERY_LIMIT_MAX)};
    return false;
}

static bool read_sort(struct parser *p)
{
    if (!read_path(p, false, &p->query->sort))
        return false;
    struct ll_str word = read_word(p);
    p->query->sort_descending = ll_str_equal(word, LL_STR("desc"));
    return word.len == 0 || p->query->sort_descending || ll_str_equal(word, LL_STR("asc")) ||
           fail(p, "asc or desc");
}

static bool read_clause(struct parser *p)
{
    static const struct {
        struct ll_str name;
        char clause;
    } clauses[] = {{{"fields", 6}, 'f'}, {{"exclude", 7}, 'x'}, {{"where", 5}, 'w'},
                   {{"limit", 5}, 'l'},  {{"offset", 6}, 'o'},  {{"sort", 4}, 's'},
                   {{"search", 6}, '?'}};
    struct sim_query *q = p->query;
    size_t from = p->at;
    struct ll_str word = read_word(p);
    char clause = word.len == 1 ? word.ptr[0] : '\0';
    for (size_t i = 0; i < sizeof(clauses) / sizeof(*clauses); i++)
        if (ll_str_equal(word, clauses[i].name))
            clause = clauses[i].clause;
    switch (clause) {
    case 'f':
        return read_paths(p, &q->fields, &q->field_count);
    case 'x':
        return read_paths(p, &q->excluded, &q->excluded_count);
    case 'w':
        if (q->where)
            return fail(p, "one WHERE");
        q->where = read_or(p);
        return q->where != NULL;
    case 'l':
        return read_limit(p);
    case 'o':
        return read_number(p, &q->offset) && (q->offset >= 0 || fail(p, "an OFFSET"));
    case 's':
        return read_sort(p);
    case '?':
        return read_string(p, &q->search);
    default:
        p->at = from;
        return fail(p, "a CLAUSE");
    }
}

bool sim_query_parse(struct ll_arena *arena, struct ll_str text, struct sim_query *ret,
                     struct sim_query_error *ret_error)
{
    struct sim_query query = {.limit = SIM_QUERY_LIMIT_DEFAULT};
    struct parser p = {.arena = arena, .text = text, .query = &query, .error = ret_error};
    while (peek(&p) != '\0' || p.at < text.len)
        if (!read_clause(&p) || !expect(&p, ';', "a semicolon"))
            return false;
    if (query.sort.len > 0 && query.search.ptr)
        return fail(&p, "either SORT or SEARCH");
    *ret = query;
    return true;
}

/* The bytes up to the brace that closes the one already read; strings and comments are stepped
 * over. */
static bool read_braces(struct parser *p, struct ll_str *ret)
{
    size_t from = p->at;
    struct ll_str unused;
    for (int open = 1; peek(p) != '\0';) {
        char c = p->text.ptr[p->at];
        if (c == '"') {
            if (!read_string(p, &unused))
                return false;
            continue;
        }
        open += c == '{' ? 1 : c == '}' ? -1 : 0;
        p->at++;
        if (open == 0) {
            *ret = ll_str_sub(p->text, from, p->at - 1);
            return true;
        }
    }
    return fail(p, "a closing brace");
}

bool sim_multiquery_parse(struct ll_arena *arena, struct ll_str text,
                          struct sim_subquery ret[SIM_MULTIQUERY_MAX], size_t *ret_count,
                          struct sim_query_error *ret_error)
{
    struct parser p = {.arena = arena, .text = text, .error = ret_error};
    size_t count = 0;
    while (peek(&p) != '\0' || p.at < text.len) {
        struct sim_subquery part = {0};
        if (!ll_str_equal(read_word(&p), LL_STR("query")))
            return fail(&p, "a QUERY");
        part.endpoint = read_word(&p);
        if (accept(&p, '/')) {
            if (!ll_str_equal(read_word(&p), LL_STR("count")))
                return fail(&p, "count");
            part.is_count = true;
        }
        if (!read_string(&p, &part.name) || !expect(&p, '{', "an opening brace") ||
            !read_braces(&p, &part.clauses) || !expect(&p, ';', "a semicolon"))
            return false;
        if (count == SIM_MULTIQUERY_MAX) {
            *ret_error = (struct sim_query_error){
                .status = 400,
                .title = "Too Many Concurrent queries",
                .cause = LL_STR("The maximum amount of concurrent request is at 10 queries"),
                .is_object = true};
            return false;
        }
        ret[count++] = part;
    }
    *ret_count = count;
    return true;
}
