#include "app/cli/args.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "app/parse.h"
#include "base/arena.h"
#include "base/time.h"

struct parsing {
    const struct ll_args_input *input;
    struct ll_args *args;
    int at; /* index of the argument being read */
};

static const struct ll_option *find_long(const struct ll_args_input *input, struct ll_str name)
{
    for (size_t s = 0; s < input->set_count; s++)
        for (size_t i = 0; i < input->sets[s].count; i++)
            if (ll_str_equal(ll_str_of(input->sets[s].items[i].name), name))
                return &input->sets[s].items[i];
    return NULL;
}

static const struct ll_option *find_letter(const struct ll_args_input *input, char letter)
{
    for (size_t s = 0; s < input->set_count; s++)
        for (size_t i = 0; i < input->sets[s].count; i++)
            if (input->sets[s].items[i].letter == letter)
                return &input->sets[s].items[i];
    return NULL;
}

static enum ll_status unknown_option(const struct ll_args_input *input, struct ll_str name,
                                     struct ll_error *err)
{
    struct ll_nearest nearest = {.typed = name};
    for (size_t s = 0; s < input->set_count; s++)
        for (size_t i = 0; i < input->sets[s].count; i++)
            ll_nearest_offer(&nearest, input->sets[s].items[i].name);
    if (nearest.best != NULL)
        return ll_fail(err, LL_INVALID, 0, "unknown option --%.*s: did you mean --%s?",
                       LL_FMT(ll_str_sub(name, 0, 100)), nearest.best);
    return ll_fail(err, LL_INVALID, 0, "unknown option --%.*s", LL_FMT(ll_str_sub(name, 0, 100)));
}

static enum ll_status bad_value(const struct ll_option *option, struct ll_str value,
                                const char *what, struct ll_error *err)
{
    return ll_fail(err, LL_INVALID, 0, "--%s: \"%.*s\" is not %s", option->name,
                   LL_FMT(ll_str_sub(value, 0, 200)), what);
}

static enum ll_status check_int(const struct ll_option *option, struct ll_str value,
                                int64_t *ret_number, struct ll_error *err)
{
    int64_t number;
    if (!ll_str_to_i64(value, &number))
        return bad_value(option, value, "a whole number", err);
    if ((option->min != 0 || option->max != 0) && (number < option->min || number > option->max))
        return ll_fail(err, LL_INVALID, 0, "--%s: %lld is out of range: %lld to %lld", option->name,
                       (long long)number, (long long)option->min, (long long)option->max);
    *ret_number = number;
    return LL_OK;
}

static enum ll_status check_value(const struct ll_args_input *input, const struct ll_option *option,
                                  struct ll_str value, int64_t *ret_number, struct ll_error *err)
{
    switch (option->kind) {
    case LL_OPTION_FLAG:
        return LL_OK;
    case LL_OPTION_TEXT:
        if (value.len == 0)
            return ll_fail(err, LL_INVALID, 0, "--%s: the value is empty", option->name);
        return LL_OK;
    case LL_OPTION_CHOICE:
        if (!ll_parse_choice(value, option->value))
            return ll_fail(err, LL_INVALID, 0, "--%s: \"%.*s\" is not one of %s", option->name,
                           LL_FMT(ll_str_sub(value, 0, 200)), option->value);
        return LL_OK;
    case LL_OPTION_INT:
        return check_int(option, value, ret_number, err);
    case LL_OPTION_SIZE:
        if (!ll_parse_size(value, ret_number) || *ret_number <= 0)
            return bad_value(option, value, "a size such as 512MB or 2GiB", err);
        return LL_OK;
    case LL_OPTION_DURATION:
        if (!ll_duration_parse(value, ret_number))
            return bad_value(option, value, "a duration such as 90s, 15m, 36h, 7d or 2w", err);
        return LL_OK;
    case LL_OPTION_TIME:
        if (!ll_parse_time(value, input->clock, ret_number))
            return bad_value(option, value,
                             "a time such as 2026-11-23, 2026-11-23T15:45:00Z, now or now-7d", err);
        return LL_OK;
    }
    assert(false); /* all kinds are above */
    return LL_OK;
}

static enum ll_status take_option(struct parsing *p, const struct ll_option *option,
                                  struct ll_str value, struct ll_error *err)
{
    struct ll_arg arg = {.option = option, .value = value};
    if (!p->input->structure_only) {
        if (check_value(p->input, option, value, &arg.number, err) != LL_OK)
            return err->status;
        if (!option->repeat && option->kind != LL_OPTION_FLAG && ll_args_has(p->args, option->name))
            return ll_fail(err, LL_INVALID, 0, "--%s was given more than once", option->name);
    }
    p->args->options[p->args->option_count++] = arg;
    return LL_OK;
}

/* The value that stands in the next argument. False when there is none. */
static bool next_argument(struct parsing *p, struct ll_str *ret_value)
{
    if (p->at + 1 >= p->input->argc)
        return false;
    *ret_value = ll_str_of(p->input->argv[++p->at]);
    return true;
}

static enum ll_status missing_value(const struct parsing *p, const struct ll_option *option,
                                    struct ll_error *err)
{
    if (p->input->structure_only)
        return LL_OK;
    return ll_fail(err, LL_INVALID, 0, "--%s needs a value: %s", option->name, option->value);
}

static enum ll_status parse_long(struct parsing *p, struct ll_str text, struct ll_error *err)
{
    size_t equals = ll_str_find(text, '=', 0);
    bool inline_value = equals < text.len;
    struct ll_str name = ll_str_sub(text, 0, equals),
                  value = ll_str_sub(text, equals + 1, text.len);
    const struct ll_option *option = find_long(p->input, name);
    if (option == NULL)
        return p->input->structure_only ? LL_OK : unknown_option(p->input, name, err);
    if (option->kind == LL_OPTION_FLAG) {
        if (inline_value && !p->input->structure_only)
            return ll_fail(err, LL_INVALID, 0, "--%s takes no value", option->name);
        return take_option(p, option, (struct ll_str){0}, err);
    }
    if (!inline_value && !next_argument(p, &value))
        return missing_value(p, option, err);
    return take_option(p, option, value, err);
}

/* "-qh" is two flags; "-xVALUE" and "-x VALUE" are one option. */
static enum ll_status parse_letters(struct parsing *p, struct ll_str letters, struct ll_error *err)
{
    for (size_t i = 0; i < letters.len; i++) {
        const struct ll_option *option = find_letter(p->input, letters.ptr[i]);
        if (option == NULL && p->input->structure_only)
            continue;
        if (option == NULL)
            return ll_fail(err, LL_INVALID, 0, "unknown option -%.*s",
                           LL_FMT(ll_str_sub(letters, i, i + 1)));
        if (option->kind != LL_OPTION_FLAG) {
            struct ll_str value = ll_str_sub(letters, i + 1, letters.len);
            if (value.len == 0 && !next_argument(p, &value))
                return missing_value(p, option, err);
            return take_option(p, option, value, err);
        }
        if (take_option(p, option, (struct ll_str){0}, err) != LL_OK)
            return err->status;
    }
    return LL_OK;
}

enum ll_status ll_args_parse(const struct ll_args_input *input, struct ll_args *ret,
                             struct ll_error *err)
{
    assert(input->argc >= 0);
    size_t most = 0; /* options and operands: every letter of every argument at most */
    for (int i = 0; i < input->argc; i++)
        most += strlen(input->argv[i]) + 1;
    struct ll_args args = {.options = ll_xcalloc(most + 1, sizeof(*args.options)),
                           .operands = ll_xcalloc(most + 1, sizeof(*args.operands))};
    struct parsing p = {.input = input, .args = &args, .at = 1};
    bool only_operands = false;
    for (; p.at < input->argc; p.at++) {
        struct ll_str text = ll_str_of(input->argv[p.at]);
        enum ll_status status = LL_OK;
        if (only_operands || text.len < 2 || text.ptr[0] != '-')
            args.operands[args.operand_count++] = input->argv[p.at];
        else if (ll_str_equal(text, LL_STR("--")))
            only_operands = true;
        else if (text.ptr[1] == '-')
            status = parse_long(&p, ll_str_sub(text, 2, text.len), err);
        else
            status = parse_letters(&p, ll_str_sub(text, 1, text.len), err);
        if (status != LL_OK) {
            ll_args_clear(&args);
            return status;
        }
    }
    *ret = args;
    return LL_OK;
}

void ll_args_clear(struct ll_args *args)
{
    free(args->options);
    free(args->operands);
    *args = (struct ll_args){0};
}

const struct ll_arg *ll_args_find(const struct ll_args *args, const char *name)
{
    for (size_t i = args->option_count; i > 0; i--)
        if (strcmp(args->options[i - 1].option->name, name) == 0)
            return &args->options[i - 1];
    return NULL;
}

bool ll_args_has(const struct ll_args *args, const char *name)
{
    return ll_args_find(args, name) != NULL;
}

struct ll_str ll_args_text(const struct ll_args *args, const char *name, struct ll_str fallback)
{
    const struct ll_arg *arg = ll_args_find(args, name);
    return arg == NULL ? fallback : arg->value;
}

int64_t ll_args_number(const struct ll_args *args, const char *name, int64_t fallback)
{
    const struct ll_arg *arg = ll_args_find(args, name);
    return arg == NULL ? fallback : arg->number;
}
