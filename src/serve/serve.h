/* The HTTP API and the dashboard of a lake, on a TCP socket: docs/api.md.
 *
 *   request -> gate (who may ask) -> route -> cache, or pool -> report -> answer
 *
 * A connection's thread does the work; a pool of leases on the warehouse, given in the order of
 * asking, bounds how many questions run at a time. Answers to GET are kept until the data changes.
 * What the lake is, the caller knows: it is behind struct ll_serve_lake. */
#ifndef LL_SERVE_SERVE_H
#define LL_SERVE_SERVE_H

#include "base/clock.h"
#include "duck/duck.h"
#include "store/store.h"
#include "warehouse/warehouse.h"

#define LL_SERVE_QUESTIONS_MAX 64

/* What a share is for: our questions, or a user's SQL, which may do its engine harm. */
enum ll_serve_use { LL_SERVE_QUESTIONS, LL_SERVE_SQL };

/* A share of the lake for one question at a time. */
struct ll_serve_lease {
    struct ll_warehouse *warehouse; /* LL_SERVE_SQL: answers ll_warehouse_query_text alone */
    void *share;                    /* the lake's own */
};

/* The lake, as its owner gives it. Functions are called on any thread. */
struct ll_serve_lake {
    void *context;
    struct ll_store *store; /* has the API keys; thread-safe */
    const char *tmp_dir;    /* for answers that do not fit in memory */
    int64_t min_free_bytes; /* of its disk: what is collected goes first */
    /* A connection to the warehouse, within `stop`; and its end. */
    enum ll_status (*lease)(void *context, enum ll_serve_use use, struct ll_serve_lease *ret,
                            struct ll_error *err);
    void (*release)(void *context, struct ll_serve_lease *lease);
    /* A database in memory, for Parquet; the lease's. */
    enum ll_status (*scratch)(void *context, struct ll_serve_lease *lease, struct ll_duck **ret,
                              struct ll_error *err);
    uint64_t (*version)(void *context); /* another one when data may have changed */
    /* Members of JSON objects: who collects, and when next ("" when nobody does); the layers. */
    void (*collecting)(void *context, struct ll_buf *out);
    enum ll_status (*layers)(void *context, struct ll_serve_lease *lease, struct ll_buf *out,
                             struct ll_error *err);
};

struct ll_serve_options {
    struct ll_serve_lake lake;
    struct ll_clock *clock; /* of `now`; one that many threads may read */
    int listen_fd;          /* taken over */
    const char *hosts;      /* more names that a Host header may have, "a.example,b.example" */
    bool require_key;       /* an API key, of everybody */
    int questions;          /* that run at a time, LL_SERVE_QUESTIONS_MAX at most */
    int64_t timeout_ms;     /* of one question */
    int64_t max_rows;       /* of /api/v1/query */
};

struct ll_serve;

enum ll_status ll_serve_start(const struct ll_serve_options *options, struct ll_serve **ret,
                              struct ll_error *err) LL_MUST_CHECK;
/* Interrupts what runs. Takes NULL. */
void ll_serve_stop(struct ll_serve *serve);

/* The API's own description, OpenAPI 3.1 as JSON. */
void ll_serve_openapi(struct ll_buf *out);

#endif
