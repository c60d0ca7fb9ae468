#include "app/cli/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/exit.h"
#include "app/forgetting.h"

#define UNTOUCHED                                                                                  \
    "backups that were made before, exports, and copies of the lake still hold the person"

/* --- --list */

struct listing {
    int64_t pending;
};

static enum ll_status count_pending(void *context, const struct ll_object_info *info,
                                    struct ll_error *err)
{
    struct listing *listing = context;
    (void)info;
    (void)err;
    listing->pending++;
    return LL_OK;
}

static int show_list(struct ll_app *app)
{
    struct ll_error err;
    struct ll_store *store;
    struct listing listing = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (ll_wire_store(&app->wire, &store, &err) != LL_OK ||
        ll_wire_forgotten(&app->wire, &err) != LL_OK ||
        ll_store_list(store, LL_FORGET_PREFIX, count_pending, &listing, &err) != LL_OK)
        return ll_app_fail(app, &err);
    const struct ll_forgotten *list = &app->wire.forgotten;
    if (app->json)
        ll_buf_printf(&text, "{\"count\":%zu,\"unfinished\":%" PRId64 ",\"dates\":[", list->count,
                      listing.pending);
    else
        ll_buf_printf(&text, "%zu forgotten, %" PRId64 " of them not finished\n", list->count,
                      listing.pending);
    for (size_t i = 0; i < list->count; i++)
        ll_buf_printf(&text, app->json ? "%s\"%s\"" : "%s%s\n", app->json && i > 0 ? "," : "",
                      ll_date_format(list->people[i].day).c);
    if (app->json)
        ll_buf_add(&text, LL_STR("]}\n"));
    return ll_app_print(app, ll_buf_str(&text));
}

/* --- who, and whether really */

/* By what was noted before, else by the warehouse. Leaves the lake closed: the person at the
 * terminal may take a while. */
static enum ll_status find_person(struct ll_app *app, struct ll_str value, struct ll_person *ret,
                                  struct ll_error *err)
{
    struct ll_work work;
    enum ll_status status = ll_work_open(&work, app, LL_LAKE_EXISTING, err);
    if (status == LL_OK) {
        status = ll_forget_intent_find(work.pipeline.lake->store, value, ret, err);
        if (status == LL_NOT_FOUND)
            status = ll_forget_resolve(&work.pipeline, value, ret, err);
    }
    ll_work_clear(&work);
    ll_wire_close(&app->wire);
    return status;
}

static void add_names(const struct ll_person *person, struct ll_buf *out)
{
    ll_buf_printf(out, "%" PRId64, person->id);
    for (size_t i = 0; i < person->name_count; i++)
        ll_buf_printf(out, "%s%.*s", i > 0 ? ", " : " (", LL_FMT(person->names[i]));
    ll_buf_add(out, person->name_count > 0 ? LL_STR(")") : LL_STR(" (no name is known)"));
}

static bool read_yes(void)
{
    char answer[16] = {0};
    ssize_t n = read(STDIN_FILENO, answer, sizeof(answer) - 1);
    return n > 0 && ll_str_equal(ll_str_trim((struct ll_str){answer, (size_t)n}), LL_STR("yes"));
}

/* LL_CANCELLED when they say no. */
static enum ll_status confirm(struct ll_app *app, const struct ll_person *person,
                              struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf names = {0};
    if (!app->terminal || app->lent || !isatty(STDIN_FILENO))
        return ll_fail(
            err, LL_INVALID, 0,
            "nothing was changed: this cannot be undone, so without a terminal (or with a "
            "daemon) it needs --yes; --dry-run shows what it would do");
    add_names(person, &names);
    (void)!write(app->err_fd, "forget ", 7);
    (void)!write(app->err_fd, names.ptr, names.len);
    static const char question[] = " for ever? It cannot be undone. Type yes: ";
    (void)!write(app->err_fd, question, sizeof(question) - 1);
    return read_yes() ? LL_OK : ll_fail(err, LL_CANCELLED, 0, "nothing was changed");
}

/* --- what was done */

static void result_json(const struct ll_forgetting_result *r, const char *verb, struct ll_buf *out)
{
    const struct ll_forget_counts *c = &r->counts;
    ll_buf_printf(
        out,
        "{\"%s\":true,\"raw\":{\"read\":%" PRId64 ",\"objects\":%" PRId64 ",\"runs\":%" PRId64
        ",\"rows\":%" PRId64 ",\"texts\":%" PRId64 ",\"requests\":%" PRId64 "},",
        verb, c->raw_read, c->raw_objects, c->raw_runs, c->raw_rows, c->raw_texts, c->raw_requests);
    ll_buf_printf(out,
                  "\"processed\":{\"runs\":%" PRId64 "},\"history\":{\"days\":%" PRId64
                  "},\"in_place\":{\"tables\":%" PRId64 ",\"rows\":%" PRId64
                  "},\"warehouse\":{\"rows\":%" PRId64 ",\"bytes_before\":%" PRId64
                  ",\"bytes_after\":%" PRId64 "},\"failures\":%" PRId64,
                  r->processed, r->closed, c->tables, c->table_rows, c->warehouse_rows,
                  c->warehouse_before, c->warehouse_after, r->failures);
    if (r->failures > 0) {
        ll_buf_add(out, LL_STR(",\"why\":"));
        ll_buf_add_json_string(out, ll_str_of(r->failure.message));
    }
    ll_buf_add(out, LL_STR(",\"untouched\":[\"backups\",\"exports\"]}\n"));
}

static void result_text(const struct ll_forgetting_result *r, struct ll_buf *out)
{
    const struct ll_forget_counts *c = &r->counts;
    ll_buf_printf(out,
                  "raw         %" PRId64 " rows cut, %" PRId64 " texts and %" PRId64
                  " requests masked, in %" PRId64 " objects of %" PRId64 " (%" PRId64 " read)\n",
                  c->raw_rows, c->raw_texts, c->raw_requests, c->raw_objects, c->raw_runs,
                  c->raw_read);
    ll_buf_printf(out, "processed   %" PRId64 " runs made anew\n", r->processed);
    ll_buf_printf(out, "history     %" PRId64 " days made anew\n", r->closed);
    if (c->tables > 0)
        ll_buf_printf(out, "in place    %" PRId64 " tables rewritten, %" PRId64 " rows cut\n",
                      c->tables, c->table_rows);
    ll_buf_printf(out,
                  "warehouse   %" PRId64 " rows deleted or masked; file written anew, %" PRId64
                  " bytes, before %" PRId64 "\n",
                  c->warehouse_rows, c->warehouse_after, c->warehouse_before);
    ll_buf_add(out, LL_STR("never collected, imported or processed again\n"
                           "untouched   " UNTOUCHED "\n"));
}

static void preview_text(const struct ll_forgetting_result *r, const struct ll_person *person,
                         struct ll_buf *out)
{
    const struct ll_forget_counts *c = &r->counts;
    ll_buf_add(out, LL_STR("would forget "));
    add_names(person, out);
    ll_buf_printf(out,
                  "\nraw         %" PRId64 " rows to cut, %" PRId64 " texts and %" PRId64
                  " requests to mask, in %" PRId64 " objects of %" PRId64 " runs (%" PRId64
                  " read)\nwarehouse   %" PRId64 " rows to delete or mask\n"
                  "nothing was changed\n",
                  c->raw_rows, c->raw_texts, c->raw_requests, c->raw_objects, c->raw_runs,
                  c->raw_read, c->warehouse_rows);
}

static int conclude(struct ll_app *app, const struct ll_forgetting_result *result,
                    const struct ll_person *preview_of)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    bool unfinished = preview_of == NULL && result->failures > 0;
    if (app->json)
        result_json(result,
                    preview_of != NULL ? "dry_run"
                    : unfinished       ? "begun"
                                       : "forgotten",
                    &text);
    else if (preview_of != NULL)
        preview_text(result, preview_of, &text);
    else if (!unfinished)
        result_text(result, &text);
    int code = ll_app_print(app, ll_buf_str(&text));
    if (result->failures == 0 || code != LL_EXIT_OK)
        return code;
    struct ll_error err = result->failure;
    ll_context(&err,
               "not finished, %" PRId64 " things could not be read: mend or remove them, and run "
               "it again",
               result->failures);
    return ll_app_fail(app, &err);
}

static int forget(struct ll_app *app, const struct ll_args *args, struct ll_person *person)
{
    struct ll_error err;
    struct ll_forgetting_result result;
    bool preview = ll_args_has(args, "dry-run");
    enum ll_status status = find_person(app, ll_str_of(args->operands[0]), person, &err);
    if (status == LL_OK && preview)
        status = ll_forgetting_preview(app, person, &result, &err);
    else if (status == LL_OK && !ll_args_has(args, "yes"))
        status = confirm(app, person, &err);
    if (status == LL_OK && !preview)
        status = ll_forgetting_run(app, person, &result, &err);
    if (status != LL_OK)
        return ll_app_fail(app, &err);
    return conclude(app, &result, preview ? person : NULL);
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    if (ll_args_has(args, "list"))
        return args->operand_count == 0 ? show_list(app)
                                        : ll_app_usage(app, "forget --list takes no BROADCASTER");
    if (args->operand_count == 0)
        return ll_app_usage(app, "forget: which broadcaster?");
    struct ll_person person = {0};
    int code = forget(app, args, &person);
    ll_person_clear(&person);
    return code;
}

static const struct ll_option options[] = {
    {.name = "yes", .letter = 'y', .doc = "Do not ask. Needed without a terminal."},
    {.name = "dry-run", .doc = "Only count what would be cut and masked."},
    {.name = "list", .doc = "How many are forgotten, and since when. Nobody's name is kept."},
};

static const struct ll_example examples[] = {
    {"forget 12345678 --dry-run", "What is there of this person?"},
    {"forget some_login", "Erase them from every layer; asks first"},
    {"forget 12345678 --yes --json", "For a script"},
};

const struct ll_command ll_command_forget = {
    .name = "forget",
    .group = LL_GROUP_KEEP,
    .shares = true,
    .writes = true,
    .operands = "[BROADCASTER]",
    .max_operands = 1,
    .summary = "Erase a person from every layer, and never collect them again",
    .doc =
        "BROADCASTER is a numeric id, or a login that they bear or bore; where several people have "
        "borne it, their ids are listed. Their rows go from raw, processed, quarantine, history "
        "and "
        "warehouse; their names in the titles, tags and descriptions of others become asterisks; "
        "the warehouse file is written anew. What stays is a keyed hash of the id, so that they "
        "are "
        "neither collected nor imported again. It cannot be undone.\n"
        "When it is interrupted, run it again, or `livelake reconcile`: it goes on. Backups made "
        "before, and exports, are not touched.",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
