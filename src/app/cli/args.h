/* Command-line arguments from tables of options: checked values, in the order given.
 *
 * Options may stand anywhere: "--name VALUE", "--name=VALUE", "-x", "-x VALUE", "-xVALUE"; "--"
 * ends them. Names are not abbreviated, so that a new option never changes what an old script
 * means. */
#ifndef LL_APP_CLI_ARGS_H
#define LL_APP_CLI_ARGS_H

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

enum ll_option_kind {
    LL_OPTION_FLAG, /* takes no value */
    LL_OPTION_TEXT,
    LL_OPTION_CHOICE,
    LL_OPTION_INT,
    LL_OPTION_SIZE,     /* number: bytes */
    LL_OPTION_DURATION, /* number: seconds */
    LL_OPTION_TIME,     /* number: epoch seconds; see ll_parse_time */
};

struct ll_option {
    const char *name; /* without "--" */
    char letter;      /* 0 = none */
    enum ll_option_kind kind;
    const char *value;   /* what help calls the value: "DIR"; CHOICE: "a|b|c" */
    const char *initial; /* what holds without it, for help; NULL = nothing */
    int64_t min, max;    /* INT; both 0: any */
    bool repeat;         /* may be given more than once */
    bool path;           /* the value names a file or folder */
    const char *doc;
};

struct ll_option_set {
    const struct ll_option *items;
    size_t count;
};

struct ll_arg {
    const struct ll_option *option;
    struct ll_str value; /* of argv */
    int64_t number;      /* INT, SIZE, DURATION, TIME */
};

struct ll_args {
    struct ll_arg *options;
    size_t option_count;
    const char **operands; /* in argv */
    size_t operand_count;
};

struct ll_args_input {
    int argc;
    char *const *argv; /* argv[0] is skipped */
    const struct ll_option_set *sets;
    size_t set_count;
    struct ll_clock *clock; /* for "now" */
    bool structure_only;    /* unknown options, wrong and missing values are passed over */
};

/* LL_INVALID with a message that names the option (and the nearest one, if it is unknown). */
enum ll_status ll_args_parse(const struct ll_args_input *input, struct ll_args *ret,
                             struct ll_error *err) LL_MUST_CHECK;
void ll_args_clear(struct ll_args *args);

/* The option's last value, or NULL when it was not given. The name must be in a table (not
 * checked). */
const struct ll_arg *ll_args_find(const struct ll_args *args, const char *name);
bool ll_args_has(const struct ll_args *args, const char *name);
struct ll_str ll_args_text(const struct ll_args *args, const char *name, struct ll_str fallback);
int64_t ll_args_number(const struct ll_args *args, const char *name, int64_t fallback);

#endif
