#include "app/command_client.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "app/command_wire.h"
#include "app/exit.h"
#include "net/local.h"

#define LAKE_ENV "LIVELAKE_DIR"
#define REFUSED_MAX 500 /* bytes */

struct receiver {
    struct ll_stop *stop;
    struct ll_output out, err;
    struct ll_buf refused; /* what is said with another status than 200 */
    char head[LL_FRAME_HEAD];
    size_t head_len;
    size_t left; /* bytes of the frame still to come */
    int code;    /* -1 before it has come */
    bool failed; /* to pass on what came */
};

/* Bytes of a frame, as far as they have come. */
static enum ll_status take(struct receiver *r, struct ll_str bytes, struct ll_error *err)
{
    struct ll_output *output = r->head[0] == LL_FRAME_OUT ? &r->out : &r->err;
    if (r->head[0] == LL_FRAME_EXIT) {
        r->code = (unsigned char)bytes.ptr[0];
        return LL_OK;
    }
    if (ll_output_write(output, bytes, err) != LL_OK)
        return err->status;
    return ll_output_flush(output, err);
}

static enum ll_status on_bytes(void *context, int status_code, struct ll_str bytes,
                               struct ll_error *err)
{
    struct receiver *r = context;
    if (status_code != 200) {
        ll_buf_add(&r->refused, ll_str_sub(bytes, 0, REFUSED_MAX - r->refused.len));
        return LL_OK;
    }
    while (bytes.len > 0) {
        if (r->left == 0) {
            r->head[r->head_len++] = bytes.ptr[0];
            bytes = ll_str_sub(bytes, 1, bytes.len);
            for (size_t i = 1; r->head_len == LL_FRAME_HEAD && i < LL_FRAME_HEAD; i++)
                r->left = r->left << 8 | (unsigned char)r->head[i];
            if (r->left == 0 && r->head_len == LL_FRAME_HEAD)
                r->head_len = 0;
            continue;
        }
        size_t n = bytes.len < r->left ? bytes.len : r->left;
        if (take(r, ll_str_sub(bytes, 0, n), err) != LL_OK) {
            r->failed = true;
            return err->status;
        }
        bytes = ll_str_sub(bytes, n, bytes.len);
        r->left -= n;
        if (r->left == 0)
            r->head_len = 0;
    }
    return LL_OK;
}

static bool is_cancelled(void *context)
{
    return ll_stop_asked(((struct receiver *)context)->stop);
}

/* --- the order */

static const struct ll_config_key *key_of_path(size_t i)
{
    const struct ll_config_key *key = ll_config_key((enum ll_config_id)i);
    return key->path ? key : NULL;
}

/* Of `--set KEY=VALUE`. */
static const char *path_of_setting(struct ll_str setting)
{
    size_t equals = ll_str_find(setting, '=', 0);
    struct ll_str name = ll_str_trim(ll_str_sub(setting, 0, equals));
    for (size_t i = 0; i < LL_CONFIG_COUNT && equals < setting.len; i++)
        if (key_of_path(i) != NULL && ll_str_equal(name, ll_str_of(key_of_path(i)->name)))
            return ll_str_trim(ll_str_sub(setting, equals + 1, setting.len)).ptr;
    return NULL;
}

/* Where in argv[i] a path begins; NULL when none does. */
static const char *path_in(const char *word, const struct ll_command *command,
                           const struct ll_args *args)
{
    const char *end = word + strlen(word);
    for (size_t i = 0; i < args->option_count; i++) {
        const struct ll_arg *arg = &args->options[i];
        if (arg->value.ptr < word || arg->value.ptr > end)
            continue;
        if (arg->option->path)
            return arg->value.ptr;
        if (strcmp(arg->option->name, "set") == 0)
            return path_of_setting(arg->value);
    }
    for (size_t i = 0; i < args->operand_count; i++) /* the first is the command's name */
        if (args->operands[i] == word && i > 0 && (command->path_operands >> (i - 1) & 1U) != 0)
            return word;
    return NULL;
}

/* The owner has another working folder. */
static void add_word(struct ll_buf *out, const char *word, const char *path, const char *folder)
{
    LL_AUTO(ll_buf_clear) struct ll_buf absolute = {0};
    if (path != NULL && path[0] != '/' && path[0] != '\0' && strcmp(path, "-") != 0)
        ll_buf_printf(&absolute, "%.*s%s/%s", (int)(path - word), word, folder, path);
    ll_buf_add_json_string(out, absolute.len > 0 ? ll_buf_str(&absolute) : ll_str_of(word));
}

static bool is_path(struct ll_str name)
{
    for (size_t i = 0; i < LL_CONFIG_COUNT; i++)
        if (key_of_path(i) != NULL && ll_str_equal(name, ll_str_of(key_of_path(i)->env)))
            return true;
    return ll_str_equal(name, LL_STR(LL_CONFIG_FILE_ENV)) ||
           ll_str_ends_with(name, LL_STR("_FILE")); /* with a secret in it */
}

/* The lake is said in any case: it may be the one that is meant where none is named. */
static void add_env(struct ll_buf *out, const char *lake_dir, const char *folder)
{
    ll_buf_add(out, LL_STR("\"" LAKE_ENV "\":"));
    add_word(out, lake_dir, lake_dir, folder);
    for (char **entry = environ; *entry != NULL; entry++) {
        struct ll_str rest = ll_str_of(*entry), name;
        if (strncmp(*entry, "LIVELAKE_", 9) != 0 || !ll_str_split(&rest, '=', &name) ||
            ll_str_equal(name, LL_STR(LAKE_ENV)))
            continue;
        ll_buf_add_char(out, ',');
        ll_buf_add_json_string(out, name);
        ll_buf_add_char(out, ':');
        add_word(out, rest.ptr, is_path(name) ? rest.ptr : NULL, folder);
    }
}

struct order {
    const struct ll_cli *cli;
    const struct ll_command *command;
    const struct ll_args *args;
    const char *lake_dir, *folder; /* folder: ours, which relative paths are of */
};

static void write_order(const struct order *order, struct ll_buf *out)
{
    const struct ll_cli *cli = order->cli;
    ll_buf_add(out, LL_STR("{\"version\":\"" LL_VERSION "\",\"argv\":["));
    for (int i = 1; i < cli->argc; i++) {
        if (i > 1)
            ll_buf_add_char(out, ',');
        add_word(out, cli->argv[i], path_in(cli->argv[i], order->command, order->args),
                 order->folder);
    }
    ll_buf_add(out, LL_STR("],\"env\":{"));
    add_env(out, order->lake_dir, order->folder);
    ll_buf_printf(out, "},\"terminal\":%s}", cli->terminal ? "true" : "false");
}

static enum ll_status broke_off(struct ll_error *err)
{
    return ll_fail(err, LL_IO, 0,
                   "the owner of the lake broke off: look into its log, then try again");
}

static enum ll_status ask(struct receiver *receiver, const char *socket_path, struct ll_str order,
                          struct ll_error *err)
{
    int status_code;
    const struct ll_local_options options = {.socket_path = socket_path,
                                             .method = "POST",
                                             .path = LL_COMMAND_PATH,
                                             .body = order,
                                             .content_type = "application/json",
                                             .on_bytes = on_bytes,
                                             .cancelled = is_cancelled,
                                             .context = receiver};
    enum ll_status status = ll_local_request(&options, &status_code, err);
    if (status == LL_IO && !receiver->failed)
        return broke_off(err);
    if (status != LL_OK)
        return status;
    if (status_code != 200) {
        struct ll_str said = ll_str_trim(ll_buf_str(&receiver->refused));
        if (status_code == 503)
            return ll_fail(err, LL_LIMIT, status_code,
                           "the owner of the lake is busy: %.*s; try again later", LL_FMT(said));
        return ll_fail(err, LL_INVALID, status_code, "%.*s", LL_FMT(said));
    }
    if (receiver->code < 0)
        return broke_off(err);
    return LL_OK;
}

bool ll_command_client_run(const struct ll_cli *cli, struct ll_app *app,
                           const struct ll_command *command, const struct ll_args *args,
                           int *ret_code)
{
    struct ll_error err;
    char folder[PATH_MAX];
    const char *lake_dir = ll_config_text(&app->config, LL_CONFIG_LAKE_DIR);
    LL_AUTO(ll_buf_clear) struct ll_buf socket_path = {0}, text = {0};
    ll_buf_printf(&socket_path, "%s/" LL_COMMAND_SOCKET, lake_dir);
    if (access(socket_path.ptr, F_OK) != 0 || getcwd(folder, sizeof(folder)) == NULL)
        return false;
    const struct order order = {cli, command, args, lake_dir, folder};
    write_order(&order, &text);
    struct receiver receiver = {.stop = app->stop,
                                .out = {.fd = app->out.fd, .name = app->out.name},
                                .err = {.fd = app->err_fd, .name = "standard error"},
                                .code = -1};
    enum ll_status status = ask(&receiver, socket_path.ptr, ll_buf_str(&text), &err);
    ll_output_clear(&receiver.out);
    ll_output_clear(&receiver.err);
    ll_buf_clear(&receiver.refused);
    if (status == LL_NOT_FOUND || status == LL_TRANSIENT)
        return false; /* left by an owner that is gone */
    *ret_code = status == LL_OK ? receiver.code : ll_app_fail(app, &err);
    return true;
}
