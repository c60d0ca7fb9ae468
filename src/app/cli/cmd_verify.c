#include "app/cli/command.h"

#include <inttypes.h>

#include "app/exit.h"
#include "app/work.h"
#include "pipeline/verify.h"

#define FRESH_S 7200 /* within so long the daemon has processed what it collected */

static void verify_json(const struct ll_verification *v, struct ll_buf *out)
{
    ll_buf_printf(out,
                  "{\"manifests\":%" PRId64 ",\"objects\":%" PRId64 ",\"bytes\":%" PRId64
                  ",\"runs\":%" PRId64 ",\"waiting\":%" PRId64 ",\"differences\":[",
                  v->manifests, v->objects, v->bytes, v->runs, v->waiting);
    for (size_t i = 0; i < v->difference_count; i++) {
        ll_buf_printf(out, "%s\n{\"where\":", i ? "," : "");
        ll_buf_add_json_string(out, v->differences[i].where);
        ll_buf_add(out, LL_STR(",\"what\":"));
        ll_buf_add_json_string(out, v->differences[i].what);
        ll_buf_add_char(out, '}');
    }
    ll_buf_add(out, LL_STR("]}\n"));
}

static void verify_text(const struct ll_verification *v, struct ll_buf *out)
{
    for (size_t i = 0; i < v->difference_count; i++)
        ll_buf_printf(out, "%.*s: %.*s\n", LL_FMT(v->differences[i].where),
                      LL_FMT(v->differences[i].what));
    ll_buf_printf(out,
                  "%s: %zu differences in %" PRId64 " manifests, %" PRId64 " objects (%" PRId64
                  " bytes), %" PRId64 " runs",
                  v->difference_count == 0 ? "good" : "BAD", v->difference_count, v->manifests,
                  v->objects, v->bytes, v->runs);
    if (v->waiting > 0)
        ll_buf_printf(out, "; %" PRId64 " new ones wait to be processed", v->waiting);
    ll_buf_add_char(out, '\n');
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    struct ll_error err;
    struct ll_work work;
    struct ll_verification v = {0};
    (void)args;
    enum ll_status status = ll_work_open(&work, app, LL_LAKE_EXISTING, &err);
    if (status == LL_OK && app->lent)
        work.pipeline.fresh_ms = (ll_clock_now_s(app->clock) - FRESH_S) * 1000;
    if (status == LL_OK)
        status = ll_verify(&work.pipeline, &v, &err);
    ll_work_clear(&work);
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (status == LL_OK)
        (app->json ? verify_json : verify_text)(&v, &text);
    int code = status == LL_OK ? ll_app_print(app, ll_buf_str(&text)) : ll_app_fail(app, &err);
    if (code == LL_EXIT_OK && v.difference_count > 0)
        code = LL_EXIT_DIFFERENT;
    ll_verification_clear(&v);
    return code;
}

static const struct ll_example examples[] = {
    {"verify", "Is everything what it should be?"},
    {"verify --json", "For a monitor; exit code 1 when anything differs"},
};

const struct ll_command ll_command_verify = {
    .name = "verify",
    .group = LL_GROUP_REPAIR,
    .shares = true,
    .operands = "",
    .summary = "Check every hash and count, and every layer against the one below",
    .doc = "Reads all objects and compares them with their manifests; decodes raw anew and "
           "compares it with "
           "processed; compares processed with the warehouse, and roll-ups with observations. "
           "Lists every "
           "difference; the exit code is then 1. Changes nothing.\n"
           "While the daemon runs, it is the daemon that looks: runs of the last two hours that it "
           "has yet to process are counted, and are no difference.",
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
