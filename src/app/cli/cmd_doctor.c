#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "app/cli/command.h"
#include "app/cli/doctor.h"
#include "app/exit.h"

static const char *const verdict_names[] = {"ok", "warn", "fail"};

void ll_doctor_say(struct ll_findings *findings, const char *check, enum ll_verdict verdict,
                   const char *advice, const char *format, ...)
{
    struct ll_finding finding = {.check = check, .verdict = verdict, .advice = advice};
    char text[sizeof(((struct ll_error *)NULL)->message)];
    va_list args;
    assert(findings->count < LL_FINDINGS_MAX);
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    finding.what = ll_arena_copy(&findings->arena, ll_str_of(text));
    findings->items[findings->count++] = finding;
}

static void render_text(const struct ll_findings *findings, struct ll_buf *out)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct ll_finding *f = &findings->items[i];
        ll_buf_printf(out, "%-5s %-16s %.*s\n", verdict_names[f->verdict], f->check,
                      LL_FMT(f->what));
        if (f->advice != NULL)
            ll_buf_printf(out, "%-22s to do: %s\n", "", f->advice);
    }
}

static void render_json(const struct ll_findings *findings, bool ok, struct ll_buf *out)
{
    ll_buf_printf(out, "{\"ok\":%s,\"checks\":[", ok ? "true" : "false");
    for (size_t i = 0; i < findings->count; i++) {
        const struct ll_finding *f = &findings->items[i];
        ll_buf_printf(out,
                      "%s\n{\"check\":\"%s\",\"result\":\"%s\",\"message\":", i == 0 ? "" : ",",
                      f->check, verdict_names[f->verdict]);
        ll_buf_add_json_string(out, f->what);
        ll_buf_add(out, LL_STR(",\"advice\":"));
        ll_buf_add_json_string(out, ll_str_of(f->advice));
        ll_buf_add_char(out, '}');
    }
    ll_buf_add(out, LL_STR("\n]}\n"));
}

static int run(struct ll_app *app, const struct ll_args *args)
{
    struct ll_findings findings = {0};
    ll_doctor_machine(app, &findings);
    ll_doctor_config(app, &findings);
    ll_doctor_duckdb(app, &findings);
    ll_doctor_lake(app, &findings);
    if (ll_args_has(args, "online"))
        ll_doctor_online(app, &findings);

    bool ok = true;
    for (size_t i = 0; i < findings.count; i++)
        ok = ok && findings.items[i].verdict != LL_VERDICT_FAIL;
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    if (app->json)
        render_json(&findings, ok, &text);
    else
        render_text(&findings, &text);
    ll_arena_clear(&findings.arena);
    int code = ll_app_print(app, ll_buf_str(&text));
    return code == LL_EXIT_OK && !ok ? LL_EXIT_DIFFERENT : code;
}

static const struct ll_option options[] = {
    {.name = "online",
     .doc = "Also ask Twitch, its OAuth and IGDB for a page each, without credentials: whether it "
            "answers, its certificate is trusted and this clock is right."},
};

static const struct ll_example examples[] = {
    {"doctor", "Is everything in place?"},
    {"doctor --online", "And can the services be reached?"},
};

const struct ll_command ll_command_doctor = {
    .name = "doctor",
    .group = LL_GROUP_BEGIN,
    .operands = "",
    .summary = "Check the machine, DuckDB and the lake, and say what to do",
    .doc = "Looks at the clock, limits, terminal, configuration, credentials (without trying "
           "them), DuckDB and its time zones, the daemon, the lake, who holds it, its warehouse, "
           "the token file and free disk space. Each check is ok, warn or fail; the exit code is 1 "
           "when one fails. Messages and what to do about them: docs/troubleshooting.md.",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
