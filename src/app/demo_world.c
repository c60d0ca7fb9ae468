#include "app/demo_world.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/time.h"
#include "codec/json.h"

#define JSON_MAX_BYTES 4096
#define START_MS 20000
#define STOP_MS 3000
#define PATH_BYTES 4096

/* --- what is kept */

static bool read_world(struct ll_json *r, struct ll_demo_world *ret)
{
    struct ll_str key, text;
    int64_t cadence_s = 0, start_ms = -1;
    bool ok = ll_json_enter_object(r);
    while (ok && ll_json_next_key(r, &key)) {
        if (ll_str_equal(key, LL_STR("start"))) {
            ok = ll_json_string(r, &text) && ll_stamp_parse(text, &start_ms);
            continue;
        }
        int64_t *number = ll_str_equal(key, LL_STR("seed"))        ? &ret->seed
                          : ll_str_equal(key, LL_STR("streams"))   ? &ret->streams
                          : ll_str_equal(key, LL_STR("days"))      ? &ret->days
                          : ll_str_equal(key, LL_STR("cadence_s")) ? &cadence_s
                                                                   : NULL;
        ok = number != NULL ? ll_json_number(r, &text) && ll_str_to_i64(text, number)
                            : ll_json_skip(r);
    }
    ret->start_s = start_ms / 1000;
    ret->cadence_s = (int32_t)cadence_s;
    return ok && ll_json_done(r) && ret->seed >= 0 && ret->streams > 0 && ret->days > 0 &&
           cadence_s >= 60 && cadence_s <= LL_DAY_S && LL_DAY_S % cadence_s == 0 && start_ms > 0 &&
           start_ms % (LL_DAY_S * INT64_C(1000)) == 0;
}

enum ll_status ll_demo_world_load(struct ll_store *store, struct ll_demo_world *ret,
                                  struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {.max_bytes = JSON_MAX_BYTES};
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    struct ll_demo_world world = {.streams = 0};
    if (ll_store_get(store, LL_DEMO_KEY, &text, err) != LL_OK)
        return err->status;
    struct ll_json reader = ll_json_reader(ll_buf_str(&text), &arena);
    if (!read_world(&reader, &world))
        return ll_fail(err, LL_CORRUPT, 0,
                       LL_DEMO_KEY
                       " of this lake cannot be read: take another folder for the demo");
    *ret = world;
    return LL_OK;
}

enum ll_status ll_demo_world_save(struct ll_store *store, const struct ll_demo_world *world,
                                  struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
    ll_buf_printf(&text,
                  "{\"seed\":%" PRId64 ",\"streams\":%" PRId64 ",\"start\":\"%s\",\"days\":%" PRId64
                  ",\"cadence_s\":%d}\n",
                  world->seed, world->streams, ll_stamp_format(world->start_s).c, world->days,
                  world->cadence_s);
    if (ll_store_put(store, LL_DEMO_KEY, ll_buf_str(&text), LL_PUT_REPLACE, err) != LL_OK ||
        ll_store_sync(store, err) != LL_OK)
        return ll_context(err, "write " LL_DEMO_KEY);
    return LL_OK;
}

/* --- the process */

static enum ll_status find_program(struct ll_buf *out, struct ll_error *err)
{
    static const char *const places[] = {"livelake-sim", "sim/livelake-sim"};
    char self[PATH_BYTES];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (len <= 0)
        return ll_fail_errno(err, errno, "find livelake-sim");
    self[len] = '\0';
    *strrchr(self, '/') = '\0';
    for (size_t i = 0; i < LL_COUNT(places); i++) {
        ll_buf_reset(out);
        ll_buf_printf(out, "%s/%s", self, places[i]);
        if (access(out->ptr, X_OK) == 0)
            return LL_OK;
    }
    return ll_fail(err, LL_NOT_FOUND, ENOENT,
                   "there is no livelake-sim beside this program (%s): build or install it, or "
                   "name it with --sim",
                   self);
}

/* In the child. A process group of its own: Ctrl-C is for us, who end it when its time has come. */
static _Noreturn void become(const char *path, char *const *words, int out_fd, pid_t parent)
{
    sigset_t none;
    int null_fd = open("/dev/null", O_RDONLY);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
        null_fd >= 0 && dup2(null_fd, STDIN_FILENO) == STDIN_FILENO &&
        dup2(out_fd, STDOUT_FILENO) == STDOUT_FILENO)
        execv(path, words);
    _exit(127);
}

static enum ll_status spawn(struct ll_demo_sim *sim, const char *path, char *const *words,
                            struct ll_error *err)
{
    int pipe_fds[2];
    pid_t parent = getpid();
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return ll_fail_errno(err, errno, "make a pipe");
    pid_t pid = fork();
    if (pid == 0)
        become(path, words, pipe_fds[1], parent);
    int saved_errno = errno;
    close(pipe_fds[1]);
    if (pid < 0) {
        close(pipe_fds[0]);
        return ll_fail_errno(err, saved_errno, "start %s", path);
    }
    sim->pid = pid;
    sim->fd = pipe_fds[0];
    return LL_OK;
}

/* {"port":40123,"pid":4711} */
static bool read_port(struct ll_str line, int64_t *ret)
{
    struct ll_json r = ll_json_reader(line, NULL);
    struct ll_str key, number;
    bool found = false;
    if (!ll_json_enter_object(&r))
        return false;
    while (ll_json_next_key(&r, &key)) {
        if (ll_str_equal(key, LL_STR("port")))
            found = ll_json_number(&r, &number) && ll_str_to_i64(number, ret);
        else
            ll_json_skip(&r);
    }
    return found && ll_json_done(&r);
}

static enum ll_status await(struct ll_demo_sim *sim, const char *path, struct ll_error *err)
{
    char line[256];
    size_t len = 0;
    int64_t port;
    struct pollfd readable = {.fd = sim->fd, .events = POLLIN};
    while (len < sizeof(line) && memchr(line, '\n', len) == NULL) {
        int ready = poll(&readable, 1, START_MS);
        if (ready < 0 && errno == EINTR)
            continue;
        ssize_t n = ready > 0 ? read(sim->fd, line + len, sizeof(line) - len) : 0;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    if (!read_port(ll_str_trim((struct ll_str){line, len}), &port))
        return ll_fail(err, LL_NOT_FOUND, 0, "%s is no livelake-sim that works", path);
    ll_buf_printf(&sim->url, "http://127.0.0.1:%" PRId64, port);
    return LL_OK;
}

enum ll_status ll_demo_sim_start(struct ll_demo_sim *sim, const char *path,
                                 const struct ll_demo_world *world, struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf found = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf seed = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf streams = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf start = {0};
    *sim = (struct ll_demo_sim){.fd = -1};
    if (path == NULL && find_program(&found, err) != LL_OK)
        return err->status;
    path = path != NULL ? path : found.ptr;
    ll_buf_printf(&seed, "--seed=%" PRId64, world->seed);
    ll_buf_printf(&streams, "--streams=%" PRId64, world->streams);
    ll_buf_printf(&start, "--start=%s", ll_stamp_format(world->start_s).c);
    /* No latency and no compression: an answer that is there at once need not be waited for. */
    char name[] = "livelake-sim", clock[] = "--clock=step", latency[] = "--latency-ms=0",
         plain[] = "--no-gzip", launches[] = "--launches";
    char *const words[] = {name,     clock,       latency,   plain, launches,
                           seed.ptr, streams.ptr, start.ptr, NULL};
    if (spawn(sim, path, words, err) != LL_OK)
        return err->status;
    if (await(sim, path, err) == LL_OK)
        return LL_OK;
    ll_demo_sim_stop(sim);
    return err->status;
}

void ll_demo_sim_stop(struct ll_demo_sim *sim)
{
    if (sim->pid > 0) {
        char rest[64];
        struct pollfd ended = {.fd = sim->fd, .events = POLLIN};
        kill(sim->pid, SIGTERM);
        while (poll(&ended, 1, STOP_MS) > 0 && read(sim->fd, rest, sizeof(rest)) > 0)
            continue;
        kill(sim->pid, SIGKILL); /* it has ended, unless it hangs; it is waited for below */
        while (waitpid(sim->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        close(sim->fd);
    }
    ll_buf_clear(&sim->url);
    *sim = (struct ll_demo_sim){.fd = -1};
}
