/* What the parts of a sweep share. */
#ifndef LL_COLLECT_SWEEP_INTERNAL_H
#define LL_COLLECT_SWEEP_INTERNAL_H

#include "collect/chain.h"
#include "collect/sweep.h"

#define SWEEP_PAGE_ROWS 98 /* of a page, on average (contract B.5) */

enum job_kind { JOB_CHAIN, JOB_RECHECK, JOB_LOOK, JOB_USERS };

/* A request on its way, and the page that its answer was read into. */
struct job {
    enum job_kind kind;
    struct link *link;   /* JOB_CHAIN */
    size_t look_page;    /* JOB_LOOK */
    struct ll_buf ids;   /* JOB_RECHECK: its query, to ask again */
    struct ll_page page; /* but for JOB_USERS */
    int asks;            /* JOB_RECHECK: how often */
    struct job *next_free;
};

/* A chain of the sweep: of all streams, or of one language. */
struct link {
    struct ll_chain chain;
    char language[16]; /* "" = all */
    size_t expected;   /* streams, by the last sweep */
    bool waiting;      /* a page is being asked for */
    bool ended, broken, abandoned;
    bool looped;  /* see ll_chain */
    int given_up; /* how often its page was, after all tries */
    int64_t pages;
    size_t last_look_page; /* 1 + index in look.pages; 0 = none */
};

/* A page that a chain was on, for the second look. */
struct look_page {
    struct ll_str cursor;
    const struct link *link;
    size_t before, after; /* in its chain: 1 + index; 0 = none */
    int missed;           /* streams that it showed now and not then; -1 = not known */
    bool asked;
};

/* A page, with its worth when it was put on the heap. */
struct look_offer {
    double worth;
    size_t page;
};

struct look {
    struct look_page *pages;
    size_t count, capacity;
    struct ll_arena cursors;
    struct look_offer *offers; /* a heap: the best first */
    size_t offer_count, offer_capacity;
    size_t left;    /* how many may still be asked */
    size_t waiting; /* for their answers */
    bool begun;
};

struct sweep {
    const struct ll_sweep_options *options;
    struct ll_sweep_result *result;
    struct link *links;
    size_t link_count;
    struct ll_map by_all, by_language; /* cross-check: who met a stream */
    struct ll_map asked_users;         /* looked up, or to be */
    int64_t *new_users;                /* to be looked up */
    size_t new_user_count, new_user_capacity, new_users_sent;
    int64_t own_requests, user_requests;
    int64_t started_ms, slot_end_ms; /* monotonic */
    bool is_over;                    /* the slot: nothing is asked any more */
    int64_t pages_ms;                /* sum of the times of the pages' answers */
    int64_t expected;
    int whole_passes; /* of which every chain ended */
    bool looped;      /* one of the first of these by a loop */
    bool recheck_begun;
    bool recheck_lost; /* some of it was given up */
    struct look look;
    struct job *free_jobs;
};

bool ll_sweep_is_cold(const struct sweep *sweep); /* nothing is known of a last sweep */
struct job *ll_job_new(struct sweep *sweep, enum job_kind kind);
void ll_job_free(struct sweep *sweep, struct job *job);

/* sweep_plan.c: which chains to follow; and, once the first pages are there, whether to change to
 * languages. */
void ll_sweep_plan_begin(struct sweep *sweep);
void ll_sweep_plan_review(struct sweep *sweep);
/* From the top once more. */
void ll_sweep_plan_again(struct sweep *sweep);
/* sweep_ask.c: these queue requests. */
void ll_sweep_ask_chains(struct sweep *sweep);
void ll_sweep_ask_recheck(struct sweep *sweep);
void ll_sweep_ask_again(struct sweep *sweep, struct job *job);
void ll_sweep_ask_users(struct sweep *sweep);
void ll_sweep_send(struct sweep *sweep, struct job *job, struct ll_str target, bool urgent);
/* "/streams?first=100&language=…&after=…" */
void ll_sweep_page_target(const struct link *link, struct ll_str cursor, struct ll_buf *out);
/* sweep_look.c: the second look. Notes a page; asks for the next ones, when their time has come;
 * takes an answer in (fresh = streams not met before that were live when the sweep began; -1 =
 * there was none); how many such streams the pages that were not asked again may hide. */
void ll_sweep_look_note(struct sweep *sweep, struct link *link);
void ll_sweep_look_ask(struct sweep *sweep);
void ll_sweep_look_answer(struct sweep *sweep, const struct job *job, int fresh);
double ll_sweep_look_hidden(const struct sweep *sweep);
void ll_sweep_look_clear(struct sweep *sweep);

#endif
