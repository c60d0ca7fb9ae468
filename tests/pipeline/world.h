/* A whole lake in memory for tests: store, queue, warehouse, scratch database and a clock that
 * stands still, wired as the program does. */
#ifndef LL_TESTS_PIPELINE_WORLD_H
#define LL_TESTS_PIPELINE_WORLD_H

#include "pipeline/import.h"
#include "pipeline/pipeline.h"
#include "pipeline/replay.h"
#include "pipeline/verify.h"

struct world {
    char *folder; /* temporary files */
    struct ll_store *store;
    struct ll_clock_manual clock;
    struct ll_lake lake;
    struct ll_queue *queue;
    struct ll_warehouse *warehouse;
    struct ll_pipeline pipeline;
};

/* A store of the caller's (the world frees it), or NULL for a mem store. The time is 2026-06-01. */
void world_open(struct world *w, struct ll_store *store);
void world_close(struct world *w);
/* The warehouse and the queue are lost, as when their files and the process are gone. */
void world_forget_warehouse(struct world *w);

/* Imports a folder (or file) of tests/pipeline/capture.h and drains the queue. */
enum ll_status world_import(struct world *w, const char *path, struct ll_error *err);
/* Works the queue off. The status is that of the first task that failed. */
enum ll_status world_drain(struct world *w, struct ll_error *err);
/* Everything that reconcile finds, and closing of all closable days when `close` is set. */
enum ll_status world_settle(struct world *w, bool close, struct ll_error *err);

/* What the lake's history objects and the warehouse's tables hold, as text: one line an object (key
 * and SHA-256) and a table (name and hash over its ordered rows). Equal text = equal content. Owned
 * by the caller. */
char *world_describe(struct world *w);
/* Fails the test, printing them, when verify finds differences. */
void world_verify(struct world *w);
/* One number of a query over the warehouse. */
int64_t world_number(struct world *w, const char *sql);

#endif
