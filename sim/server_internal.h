/* What the files of the server share. */
#ifndef SIM_SERVER_INTERNAL_H
#define SIM_SERVER_INTERNAL_H

#include <microhttpd.h>

#include "base/arena.h"
#include "sim/faults.h"
#include "sim/limiter.h"
#include "sim/oauth.h"
#include "sim/server.h"
#include "sim/world.h"

#define SIM_CONNECTIONS 128
#define SIM_BODY_MAX 65536
#define SIM_IGDB_BODY_MAX 32768
#define SIM_STATUS_MAX 600

enum sim_side { SIM_OAUTH, SIM_HELIX, SIM_IGDB, SIM_STRAY };

struct sim_route {
    const char *path;   /* "/v4/" stands for all below */
    const char *method; /* NULL: any */
    enum sim_side side;
    sim_handler *handler;
};

#define SIM_ROUTES 10 /* the last is the one for paths unknown */

enum sim_damage {
    SIM_WHOLE,
    SIM_LONG_LENGTH, /* Content-Length says more than comes */
    SIM_CUT_BODY,    /* half of the JSON */
    SIM_CUT_GZIP,    /* half of the gzip stream */
    SIM_BOMB,        /* little gzip, much body */
    SIM_HUGE,        /* much body */
    SIM_RESET,       /* no answer, connection reset */
    SIM_RESET_MIDDLE,
    SIM_SILENCE, /* no answer for a minute */
};

struct sim_reply {
    struct sim_answer answer;
    bool api;      /* not /sim/... */
    bool rated;    /* with rate headers */
    int rate_form; /* of fault 8: 0 = good, 1 = missing, 2.. = garbage */
    struct sim_rate rate;
    enum sim_damage damage;
    int64_t date_ms;
};

enum sim_stage {
    SIM_READING,
    SIM_HELD,    /* until due_ms */
    SIM_WAITING, /* POST /sim/clock: until the client's requests have come */
    SIM_READY,
};

/* One request and its answer. */
struct sim_exchange {
    struct sim *sim;
    struct MHD_Connection *connection;
    struct ll_arena arena;
    struct ll_buf body;
    bool too_long;
    enum sim_stage stage;
    struct sim_request request;
    enum sim_side side;
    struct MHD_Response *response; /* NULL: the connection is closed instead */
    unsigned status;
    bool reset;     /* close it rudely */
    bool igdb_open; /* counted in the limiter */
    int64_t due_ms;
    int64_t epoch;                    /* of the stepping client, see control.c */
    int64_t sent, received, until_ms; /* of SIM_WAITING */
    int64_t deadline_ms;              /* by the wall's monotonic clock */
};

struct sim_stats {
    int64_t by_route[SIM_ROUTES];
    int64_t by_status[SIM_STATUS_MAX]; /* 0: closed without an answer */
    size_t max_in_flight;
};

struct sim {
    struct MHD_Daemon *daemon;
    struct sim_server_options options;
    struct sim_clock *clock;
    int64_t skew_ms; /* by which the client's wall clock is wrong */
    struct sim_parts *parts;
    struct sim_limiter limiter;
    struct sim_route routes[SIM_ROUTES];
    struct sim_stats stats;
    struct ll_buf bomb;                         /* made when first asked for */
    int64_t numbers;                            /* requests of the API */
    int64_t completed;                          /* exchanges that are over */
    int burst_left;                             /* of fault 4 */
    struct sim_exchange *held[SIM_CONNECTIONS]; /* and waiting, in order of arrival */
    size_t held_count;
    /* Stepping, see control.c. */
    int64_t epoch, arrived, last_sent, last_received, repeats;
    struct ll_buf client; /* the name it gave, if any */
    /* Clients of held answers may have gone. Not looked at in a handler: MHD must not run in MHD.
     */
    bool look_for_gone;
    bool quit;
};

/* request.c: parameters of the query and of a form, headers. */
void sim_request_fill(struct sim_exchange *exchange, const char *method, const char *url);

/* api.c: one request of the API, to the reply that it will get; sets exchange->due_ms. */
void sim_api_answer(struct sim_exchange *exchange, struct sim_reply *reply);
void sim_api_routes(struct sim *sim);

/* reply.c: the reply into exchange->response, status and reset; takes the body. */
void sim_reply_send(struct sim_exchange *exchange, struct sim_reply *reply);

/* control.c: /sim/...; false: it waits (exchange->stage). */
bool sim_control_answer(struct sim_exchange *exchange, struct sim_reply *reply);
/* Whether a waiting request's wait is over; then time has moved, and the reply says where. */
bool sim_control_wait(struct sim_exchange *exchange, struct sim_reply *reply);

/* server.c: lets go all held answers that are due, by time and then by arrival. */
bool sim_server_release(struct sim *sim);
/* Held answers of the stepping client; those whose client has gone are let go first. */
size_t sim_server_held(struct sim *sim);
int64_t sim_server_next_due(const struct sim *sim); /* INT64_MAX: none */

#endif
