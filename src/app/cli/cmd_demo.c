#include "app/cli/command.h"
#include "app/demo.h"

static int run(struct ll_app *app, const struct ll_args *args)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_str sim = ll_args_text(args, "sim", (struct ll_str){0});
    const struct ll_demo_options options = {
        .seed = ll_args_number(args, "seed", -1),
        .streams = ll_args_number(args, "streams", -1),
        .days = ll_args_number(args, "days", -1),
        .cadence_s = ll_args_number(args, "cadence", -1),
        .sim_path = sim.len > 0 ? ll_arena_cstr(&arena, sim) : NULL,
        .warp = (double)ll_args_number(args, "warp", 1),
        .live = app->terminal && !app->json && !ll_args_has(args, "once"),
    };
    if (options.cadence_s >= 0 && (options.cadence_s < 60 || LL_DAY_S % options.cadence_s != 0))
        return ll_app_usage(app, "demo: a cadence must divide a day and be at least 60s: 15m, 1h");
    return ll_demo(app, &options);
}

static const struct ll_option options[] = {
    {.name = "once", .doc = "Fill, print the reports, and end; also without a terminal."},
    {.name = "days",
     .kind = LL_OPTION_INT,
     .value = "N",
     .initial = "14",
     .min = 1,
     .max = 366,
     .doc = "Whole days before today to fill."},
    {.name = "streams",
     .kind = LL_OPTION_INT,
     .value = "N",
     .initial = "3000",
     .min = 1,
     .max = 250000,
     .doc = "Live at a time, about."},
    {.name = "cadence",
     .kind = LL_OPTION_DURATION,
     .value = "TIME",
     .initial = "15m",
     .doc = "Length of a slot; it must divide a day."},
    {.name = "seed",
     .kind = LL_OPTION_INT,
     .value = "N",
     .initial = "1",
     .max = INT64_MAX,
     .doc = "Another seed is another world."},
    {.name = "warp",
     .kind = LL_OPTION_INT,
     .value = "N",
     .initial = "1",
     .min = 1,
     .max = 300,
     .doc = "Live time goes so many times as fast as the clock on the wall."},
    {.name = "sim",
     .kind = LL_OPTION_TEXT,
     .value = "PATH",
     .initial = "livelake-sim beside this program",
     .path = true,
     .doc = "The simulator to run."},
};

static const struct ll_example examples[] = {
    {"demo --lake demo-lake", "Two weeks of an invented Twitch in a minute, then live"},
    {"demo --lake demo-lake --once", "The same without the live part"},
    {"demo --lake demo-lake --warp 60", "Live, with a slot of 15 minutes every 15 seconds"},
};

const struct ll_command ll_command_demo = {
    .name = "demo",
    .writes = true,
    .operands = "",
    .summary = "Fill a lake with two weeks of an invented Twitch, and go on live",
    .doc = "Starts livelake-sim, a simulator of Twitch and IGDB, and collects from it as it would "
           "from the real ones, only that the simulator's clock goes as fast as the work is done. "
           "Needs no credentials, and asks nothing of the network. Then it prints reports and, at "
           "a terminal, goes on live, slot after slot, until Ctrl-C.\n"
           "It can be stopped at any time: started again on the same lake it goes on with the same "
           "world. A lake with other data is refused. Other commands can look at the lake "
           "meanwhile.",
    .options = options,
    .option_count = LL_COUNT(options),
    .examples = examples,
    .example_count = LL_COUNT(examples),
    .run = run,
};
