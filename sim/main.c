/* livelake-sim: see sim/sim.h and docs/simulator.md. */
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sim/oauth.h"
#include "sim/options.h"
#include "sim/replay.h"
#include "sim/server.h"
#include "sim/world.h"

enum { EXIT_USAGE = 2, EXIT_SERVER = 3, EXIT_CAPTURES = 4 };

struct program {
    struct sim_options options;
    struct ll_rand rand;
    struct sim_parts parts;
    struct sim *sim;
};

static int complain(int code, const struct ll_error *err)
{
    fprintf(stderr, "livelake-sim: %s\n", err->message);
    return code;
}

/* The world or the captures, and the time at which they begin. */
static enum ll_status make_parts(struct program *program, struct ll_error *err)
{
    struct sim_options *options = &program->options;
    struct sim_parts *parts = &program->parts;
    if (options->replay) {
        const struct sim_replay_options from = {
            .dir = options->replay, .slot_ms = options->slot_ms, .timezone = options->timezone};
        enum ll_status status = sim_replay_new(&from, &parts->replay, err);
        if (status != LL_OK)
            return status;
        if (!options->start_given && sim_replay_slot_count(parts->replay))
            options->start_ms = sim_replay_slot(parts->replay, 0);
    }
    sim_clock_start(&options->clock, options->start_ms, ll_clock_system());
    if (!options->replay) {
        parts->catalog = sim_catalog_new((uint64_t)options->seed);
        const struct sim_world_options world = {.seed = (uint64_t)options->seed,
                                                .streams = (size_t)options->streams,
                                                .start_ms = sim_clock_now(&options->clock),
                                                .lag_ms = options->lag_ms,
                                                .tombstone_ms = options->tombstone_ms,
                                                .volatility = options->volatility,
                                                .launches = options->launches,
                                                .catalog = parts->catalog};
        parts->world = sim_world_new(&world);
    }
    ll_rand_seed(&program->rand, (uint64_t)options->seed);
    const struct sim_oauth_options oauth = {.client_id = ll_str_of(options->client_id),
                                            .client_secret = ll_str_of(options->client_secret),
                                            .ttl_s = options->token_ttl_s};
    parts->oauth = sim_oauth_new(&oauth);
    parts->rand = &program->rand;
    parts->faults = &options->faults;
    return LL_OK;
}

static void free_parts(struct sim_parts *parts)
{
    sim_world_free(parts->world);
    sim_catalog_free(parts->catalog);
    sim_replay_free(parts->replay);
    sim_oauth_free(parts->oauth);
}

static enum ll_status serve(struct program *program, int stop_fd, struct ll_error *err)
{
    const struct sim_options *options = &program->options;
    static const struct sim_routes invented = {sim_helix_streams, sim_helix_users, sim_helix_games,
                                               sim_helix_top_games, sim_igdb};
    static const struct sim_routes captured = {sim_replay_streams, sim_replay_users,
                                               sim_replay_games, sim_replay_top_games, sim_igdb};
    const struct sim_server_options server = {.listen = options->listen,
                                              .port = (uint16_t)options->port,
                                              .clock = &program->options.clock,
                                              .parts = &program->parts,
                                              .routes = options->replay ? captured : invented,
                                              .latency_ms = options->latency_ms,
                                              .latency_jitter_ms = options->latency_jitter_ms,
                                              .bucket_points = (double)options->bucket,
                                              .gzip = !options->no_gzip};
    enum ll_status status = sim_server_new(&server, &program->sim, err);
    if (status != LL_OK)
        return status;
    printf("{\"port\":%u,\"pid\":%lld}\n", (unsigned)sim_server_port(program->sim),
           (long long)getpid());
    fflush(stdout);
    return sim_server_run(program->sim, stop_fd, err);
}

int main(int argc, char **argv)
{
    static struct program program;
    struct ll_error err;
    sigset_t stops;
    if (sim_options_parse(&program.options, argc, argv, &err) != LL_OK)
        return complain(EXIT_USAGE, &err);
    if (program.options.help) {
        fputs(sim_options_help(), stdout);
        return 0;
    }
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigprocmask(SIG_BLOCK, &stops, NULL);
    signal(SIGPIPE, SIG_IGN);
    int stop_fd = signalfd(-1, &stops, SFD_CLOEXEC);

    int code = 0;
    if (make_parts(&program, &err) != LL_OK) {
        code = complain(EXIT_CAPTURES, &err);
    } else {
        enum ll_status status = serve(&program, stop_fd, &err);
        if (status != LL_OK)
            code = complain(status == LL_INVALID ? EXIT_USAGE : EXIT_SERVER, &err);
    }
    sim_server_free(program.sim);
    free_parts(&program.parts);
    if (stop_fd >= 0)
        close(stop_fd);
    return code;
}
