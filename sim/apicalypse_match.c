#include "sim/apicalypse.h"

#include <strings.h>

#define VALUES_MAX 64 /* of one field */

static bool ends_equal(struct ll_str text, size_t at, struct ll_str part, bool fold)
{
    if (at + part.len > text.len)
        return false;
    return fold ? part.len == 0 || strncasecmp(text.ptr + at, part.ptr, part.len) == 0
                : ll_str_equal(ll_str_sub(text, at, at + part.len), part);
}

static bool contains(struct ll_str text, struct ll_str part, bool fold)
{
    for (size_t at = 0; at + part.len <= text.len; at++)
        if (ends_equal(text, at, part, fold))
            return true;
    return false;
}

bool sim_text_contains(struct ll_str text, struct ll_str part)
{
    return contains(text, part, true);
}

static bool text_matches(const struct sim_node *node, struct ll_str text, struct ll_str pattern)
{
    bool fold = node->op == SIM_LIKE || node->op == SIM_UNLIKE;
    if (node->open_start && node->open_end)
        return contains(text, pattern, fold);
    if (pattern.len > text.len)
        return false;
    if (node->open_start)
        return ends_equal(text, text.len - pattern.len, pattern, fold);
    return (node->open_end || text.len == pattern.len) && ends_equal(text, 0, pattern, fold);
}

/* A number of the row may be asked for as text, and the other way about ("uid = 5"). */
static bool scalar_equal(const struct sim_node *node, const struct sim_scalar *value,
                         const struct sim_scalar *wanted)
{
    if (value->kind == SIM_TEXT && wanted->kind == SIM_TEXT)
        return text_matches(node, value->text, wanted->text);
    int64_t number;
    if (value->kind == SIM_TEXT)
        return wanted->kind == SIM_NUMBER && ll_str_to_i64(value->text, &number) &&
               number == wanted->number;
    if (wanted->kind == SIM_TEXT)
        return value->kind == SIM_NUMBER && ll_str_to_i64(wanted->text, &number) &&
               number == value->number;
    return value->kind == wanted->kind && value->number == wanted->number;
}

static bool has(const struct sim_node *node, const struct sim_scalar *values, size_t count,
                const struct sim_scalar *wanted)
{
    if (wanted->kind == SIM_NULL)
        return count == 0;
    for (size_t i = 0; i < count; i++)
        if (scalar_equal(node, &values[i], wanted))
            return true;
    return false;
}

static bool has_set(const struct sim_node *node, const struct sim_scalar *values, size_t count)
{
    bool any = false, all = true;
    for (size_t i = 0; i < node->value_count; i++) {
        bool found = has(node, values, count, &node->values[i]);
        any |= found;
        all &= found;
    }
    if (node->set == SIM_ONE || node->set == SIM_ANY)
        return any;
    for (size_t i = 0; node->set == SIM_EXACT && all && i < count; i++) {
        bool wanted = false;
        for (size_t j = 0; j < node->value_count && !wanted; j++)
            wanted = scalar_equal(node, &values[i], &node->values[j]);
        all = wanted;
    }
    return all;
}

static bool in_order(const struct sim_node *node, const struct sim_scalar *value)
{
    const struct sim_scalar *bound = &node->values[0];
    if (value->kind != bound->kind || value->kind == SIM_NULL)
        return false;
    int order = value->kind == SIM_TEXT
                    ? ll_str_compare(value->text, bound->text)
                    : (value->number > bound->number) - (value->number < bound->number);
    switch (node->op) {
    case SIM_LT:
        return order < 0;
    case SIM_LE:
        return order <= 0;
    case SIM_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

static bool condition_holds(const struct sim_node *node, sim_values *values_of, void *context)
{
    struct sim_scalar values[VALUES_MAX];
    size_t count = values_of(context, node->column, values, VALUES_MAX);
    bool negated = node->negated_set;
    switch (node->op) {
    case SIM_NE:
    case SIM_UNLIKE:
        return has_set(node, values, count) == negated;
    case SIM_EQ:
    case SIM_LIKE:
        return has_set(node, values, count) != negated;
    default:
        for (size_t i = 0; i < count; i++)
            if (in_order(node, &values[i]))
                return true;
        return false;
    }
}

bool sim_query_matches(const struct sim_node *where, sim_values *values, void *context)
{
    for (; where; where = where->right) {
        bool holds;
        switch (where->kind) {
        case SIM_CONDITION:
            return condition_holds(where, values, context);
        case SIM_NOT:
            return !sim_query_matches(where->left, values, context);
        case SIM_AND:
        case SIM_OR:
            holds = sim_query_matches(where->left, values, context);
            if (holds == (where->kind == SIM_OR))
                return holds;
        }
    }
    return true;
}
