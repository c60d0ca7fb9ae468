/* The processed layer's tables: one schema a table, the same in C, in Parquet and in the
 * warehouse's staging tables. Instants are TIMESTAMP (UTC); slots are epoch seconds. */
#ifndef LL_SOURCE_TABLES_H
#define LL_SOURCE_TABLES_H

#include "base/batch.h"

enum ll_table {
    LL_TABLE_STREAM,   /* one live stream in one run */
    LL_TABLE_USER,     /* Helix users */
    LL_TABLE_CATEGORY, /* Helix games: a Twitch category and its igdb_id */
    LL_TABLE_GAME,     /* IGDB games: genres, modes, themes, perspectives; NULL list = not stated */
    LL_TABLE_TERM, /* IGDB's small tables; kind is genre | game_mode | theme | player_perspective */
    LL_TABLE_LANGUAGE,      /* language codes and names */
    LL_TABLE_CATEGORY_LINK, /* IGDB external games: the game of a Twitch category */
    LL_TABLE_QUARANTINE,
    LL_TABLE_COUNT_,
};

/* The schema; table names are "stream", "user", "category", "game", "term", "language",
 * "category_link", "quarantine". */
const struct ll_schema *ll_table_schema(enum ll_table table);
bool ll_table_parse(struct ll_str name, enum ll_table *ret_table) LL_MUST_CHECK;

/* Column indexes, in the order of the schemas. */
enum ll_stream_column {
    LL_STREAM_SLOT,           /* I64, epoch seconds */
    LL_STREAM_STREAM_ID,      /* I64 */
    LL_STREAM_BROADCASTER_ID, /* I64 */
    LL_STREAM_LOGIN,          /* TEXT, lower case */
    LL_STREAM_DISPLAY_NAME,   /* TEXT; the login where Twitch sent an empty name */
    LL_STREAM_CATEGORY_ID,    /* I64; 0 = no category set */
    LL_STREAM_CATEGORY_NAME,  /* TEXT; "" when unknown or none */
    LL_STREAM_TYPE,           /* TEXT, "live" as a rule */
    LL_STREAM_TITLE,          /* TEXT, at most 4 KiB */
    LL_STREAM_TAGS,           /* TEXT_LIST, in Twitch's order; null tags = empty list */
    LL_STREAM_VIEWER_COUNT,   /* I64, 0 .. INT32_MAX */
    LL_STREAM_STARTED_AT,     /* TIMESTAMP or NULL when missing or unreadable */
    LL_STREAM_LANGUAGE,       /* TEXT, lower case; "" when missing */
    LL_STREAM_IS_MATURE,      /* BOOL or NULL; worthless from February 2026 on */
    LL_STREAM_DETAIL_ID,      /* I64: see ll_decoder_finish */
    LL_STREAM_RECEIVED_AT,    /* TIMESTAMP or NULL (imports: nobody wrote it down) */
};
enum ll_user_column {
    LL_USER_AT,
    LL_USER_BROADCASTER_ID,
    LL_USER_LOGIN,
    LL_USER_DISPLAY_NAME,
    LL_USER_TYPE,
    LL_USER_BROADCASTER_TYPE,
    LL_USER_DESCRIPTION,
    LL_USER_PROFILE_IMAGE_URL,
    LL_USER_OFFLINE_IMAGE_URL,
    LL_USER_CREATED_AT
}; /* AT: "asserted_at", I64 epoch s of the dump */
enum ll_category_column {
    LL_CATEGORY_AT,
    LL_CATEGORY_CATEGORY_ID,
    LL_CATEGORY_NAME,
    LL_CATEGORY_IGDB_ID /* I64 or NULL */,
    LL_CATEGORY_BOX_ART_URL
};
enum ll_game_column {
    LL_GAME_AT,
    LL_GAME_IGDB_ID,
    LL_GAME_NAME,
    LL_GAME_GENRES,
    LL_GAME_GAME_MODES,
    LL_GAME_THEMES,
    LL_GAME_PLAYER_PERSPECTIVES
}; /* I64_LIST, ascending, distinct; NULL = not stated */
enum ll_term_column { LL_TERM_AT, LL_TERM_KIND, LL_TERM_ID, LL_TERM_NAME, LL_TERM_SLUG };
enum ll_language_column { LL_LANGUAGE_AT, LL_LANGUAGE_CODE, LL_LANGUAGE_NAME };
enum ll_category_link_column {
    LL_CATEGORY_LINK_AT,
    LL_CATEGORY_LINK_CATEGORY_ID,
    LL_CATEGORY_LINK_IGDB_ID
};
enum ll_quarantine_column {
    LL_QUARANTINE_TABLE,    /* TEXT: the table it was meant for */
    LL_QUARANTINE_OBJECT,   /* TEXT: key of the raw object */
    LL_QUARANTINE_POSITION, /* I64: index of the record in the object, from 0; -1 = the object
                               itself */
    LL_QUARANTINE_REASON,   /* TEXT: a stable word, e.g. "stream_id is not a number" */
    LL_QUARANTINE_RECORD,   /* TEXT: the record as received (UTF-8 repaired), cut at 64 KiB */
};

#endif
