/* A refresh of reference data against two scripted servers, one request at a time, so that the
 * scripts' order is that of the questions. */
#ifndef LL_TESTS_COLLECT_REFERENCE_WORLD_H
#define LL_TESTS_COLLECT_REFERENCE_WORLD_H

#include "net/fixture.h"

#include "collect/reference.h"

#define SLOT 1763899200 /* 2025-11-23T12:00:00Z */
#define HOUR 3600
#define DAY 86400

struct reference_world {
    struct net_world net; /* its server gives tokens */
    struct fake_server *twitch, *igdb;
    struct ll_http *https[2]; /* Twitch's and IGDB's */
    struct ll_secret secret;
    struct ll_token *token;
    struct ll_api *apis[2];
    struct ll_store *store;
    char *folder;
    struct ll_igdb_dropped dropped;
    int stop_after;             /* IGDB's requests: then the refresh is stopped; 0 = never */
    int twitch_seen, igdb_seen; /* requests before the last refresh */
    struct ll_reference_report report;
};

/* `store` is the caller's; NULL: a mem store of the world. */
void reference_world_open(struct reference_world *w, struct ll_store *store);
void reference_world_close(struct reference_world *w);
/* Answers of Twitch and of IGDB, in the order of the questions. */
void twitch_says(struct reference_world *w, const char *body);
void igdb_says(struct reference_world *w, const char *body);
void igdb_says_terms(struct reference_world *w); /* four times */

/* A refresh after a sweep that met these categories; ends at a 0. The status is returned. */
enum ll_status refresh(struct reference_world *w, int64_t slot_s, const int64_t *category_ids);
/* Asserts how many requests the last refresh sent. */
void expect_asked(struct reference_world *w, int twitch, int igdb);
/* Asserts that the n-th of them, from 0, had this text in it. */
void expect_twitch(struct reference_world *w, int n, const char *text);
void expect_igdb(struct reference_world *w, int n, const char *text);
bool igdb_saw(struct reference_world *w, int n, const char *text);

#endif
