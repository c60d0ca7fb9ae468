#include "source/tables.h"

#include <assert.h>

#define SCHEMA(name, fields)                                                                       \
    {                                                                                              \
        name, fields, LL_COUNT(fields)                                                             \
    }

static const struct ll_field stream_fields[] = {
    [LL_STREAM_SLOT] = {"slot", LL_TYPE_I64},
    [LL_STREAM_STREAM_ID] = {"stream_id", LL_TYPE_I64},
    [LL_STREAM_BROADCASTER_ID] = {"broadcaster_id", LL_TYPE_I64},
    [LL_STREAM_LOGIN] = {"login", LL_TYPE_TEXT},
    [LL_STREAM_DISPLAY_NAME] = {"display_name", LL_TYPE_TEXT},
    [LL_STREAM_CATEGORY_ID] = {"category_id", LL_TYPE_I64},
    [LL_STREAM_CATEGORY_NAME] = {"category_name", LL_TYPE_TEXT},
    [LL_STREAM_TYPE] = {"type", LL_TYPE_TEXT},
    [LL_STREAM_TITLE] = {"title", LL_TYPE_TEXT},
    [LL_STREAM_TAGS] = {"tags", LL_TYPE_TEXT_LIST},
    [LL_STREAM_VIEWER_COUNT] = {"viewer_count", LL_TYPE_I64},
    [LL_STREAM_STARTED_AT] = {"started_at", LL_TYPE_TIMESTAMP},
    [LL_STREAM_LANGUAGE] = {"language", LL_TYPE_TEXT},
    [LL_STREAM_IS_MATURE] = {"is_mature", LL_TYPE_BOOL},
    [LL_STREAM_DETAIL_ID] = {"detail_id", LL_TYPE_I64},
    [LL_STREAM_RECEIVED_AT] = {"received_at", LL_TYPE_TIMESTAMP},
};

static const struct ll_field user_fields[] = {
    [LL_USER_AT] = {"asserted_at", LL_TYPE_I64},
    [LL_USER_BROADCASTER_ID] = {"broadcaster_id", LL_TYPE_I64},
    [LL_USER_LOGIN] = {"login", LL_TYPE_TEXT},
    [LL_USER_DISPLAY_NAME] = {"display_name", LL_TYPE_TEXT},
    [LL_USER_TYPE] = {"type", LL_TYPE_TEXT},
    [LL_USER_BROADCASTER_TYPE] = {"broadcaster_type", LL_TYPE_TEXT},
    [LL_USER_DESCRIPTION] = {"description", LL_TYPE_TEXT},
    [LL_USER_PROFILE_IMAGE_URL] = {"profile_image_url", LL_TYPE_TEXT},
    [LL_USER_OFFLINE_IMAGE_URL] = {"offline_image_url", LL_TYPE_TEXT},
    [LL_USER_CREATED_AT] = {"created_at", LL_TYPE_TIMESTAMP},
};

static const struct ll_field category_fields[] = {
    [LL_CATEGORY_AT] = {"asserted_at", LL_TYPE_I64},
    [LL_CATEGORY_CATEGORY_ID] = {"category_id", LL_TYPE_I64},
    [LL_CATEGORY_NAME] = {"name", LL_TYPE_TEXT},
    [LL_CATEGORY_IGDB_ID] = {"igdb_id", LL_TYPE_I64},
    [LL_CATEGORY_BOX_ART_URL] = {"box_art_url", LL_TYPE_TEXT},
};

static const struct ll_field game_fields[] = {
    [LL_GAME_AT] = {"asserted_at", LL_TYPE_I64},
    [LL_GAME_IGDB_ID] = {"igdb_id", LL_TYPE_I64},
    [LL_GAME_NAME] = {"name", LL_TYPE_TEXT},
    [LL_GAME_GENRES] = {"genres", LL_TYPE_I64_LIST},
    [LL_GAME_GAME_MODES] = {"game_modes", LL_TYPE_I64_LIST},
    [LL_GAME_THEMES] = {"themes", LL_TYPE_I64_LIST},
    [LL_GAME_PLAYER_PERSPECTIVES] = {"player_perspectives", LL_TYPE_I64_LIST},
};

static const struct ll_field term_fields[] = {
    [LL_TERM_AT] = {"asserted_at", LL_TYPE_I64}, [LL_TERM_KIND] = {"kind", LL_TYPE_TEXT},
    [LL_TERM_ID] = {"id", LL_TYPE_I64},          [LL_TERM_NAME] = {"name", LL_TYPE_TEXT},
    [LL_TERM_SLUG] = {"slug", LL_TYPE_TEXT},
};

static const struct ll_field language_fields[] = {
    [LL_LANGUAGE_AT] = {"asserted_at", LL_TYPE_I64},
    [LL_LANGUAGE_CODE] = {"code", LL_TYPE_TEXT},
    [LL_LANGUAGE_NAME] = {"name", LL_TYPE_TEXT},
};

static const struct ll_field category_link_fields[] = {
    [LL_CATEGORY_LINK_AT] = {"asserted_at", LL_TYPE_I64},
    [LL_CATEGORY_LINK_CATEGORY_ID] = {"category_id", LL_TYPE_I64},
    [LL_CATEGORY_LINK_IGDB_ID] = {"igdb_id", LL_TYPE_I64},
};

static const struct ll_field quarantine_fields[] = {
    [LL_QUARANTINE_TABLE] = {"table", LL_TYPE_TEXT},
    [LL_QUARANTINE_OBJECT] = {"object", LL_TYPE_TEXT},
    [LL_QUARANTINE_POSITION] = {"position", LL_TYPE_I64},
    [LL_QUARANTINE_REASON] = {"reason", LL_TYPE_TEXT},
    [LL_QUARANTINE_RECORD] = {"record", LL_TYPE_TEXT},
};

static const struct ll_schema schemas[LL_TABLE_COUNT_] = {
    [LL_TABLE_STREAM] = SCHEMA("stream", stream_fields),
    [LL_TABLE_USER] = SCHEMA("user", user_fields),
    [LL_TABLE_CATEGORY] = SCHEMA("category", category_fields),
    [LL_TABLE_GAME] = SCHEMA("game", game_fields),
    [LL_TABLE_TERM] = SCHEMA("term", term_fields),
    [LL_TABLE_LANGUAGE] = SCHEMA("language", language_fields),
    [LL_TABLE_CATEGORY_LINK] = SCHEMA("category_link", category_link_fields),
    [LL_TABLE_QUARANTINE] = SCHEMA("quarantine", quarantine_fields),
};

const struct ll_schema *ll_table_schema(enum ll_table table)
{
    assert(table >= 0 && table < LL_TABLE_COUNT_);
    return &schemas[table];
}

bool ll_table_parse(struct ll_str name, enum ll_table *ret_table)
{
    for (size_t i = 0; i < LL_TABLE_COUNT_; i++)
        if (ll_str_equal(name, ll_str_of(schemas[i].table))) {
            *ret_table = (enum ll_table)i;
            return true;
        }
    return false;
}
