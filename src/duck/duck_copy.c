/* A database file written anew. */
#include "duck/duck.h"

static void add_quoted(struct ll_buf *out, const char *path)
{
    ll_buf_add_char(out, '\'');
    for (; *path != '\0'; path++) {
        if (*path == '\'')
            ll_buf_add_char(out, '\'');
        ll_buf_add_char(out, *path);
    }
    ll_buf_add_char(out, '\'');
}

enum ll_status ll_duck_copy_database(struct ll_duck *scratch, const char *from, const char *to,
                                     struct ll_error *err)
{
    LL_AUTO(ll_buf_clear) struct ll_buf sql = {0};
    struct ll_error ignored; /* of cleaning up after a failure: they may not be attached */
    ll_buf_add(&sql, LL_STR("ATTACH "));
    add_quoted(&sql, from);
    ll_buf_add(&sql, LL_STR(" AS copy_from; ATTACH "));
    add_quoted(&sql, to);
    ll_buf_add(&sql, LL_STR(" AS copy_to; COPY FROM DATABASE copy_from TO copy_to; "
                            "CHECKPOINT copy_to"));
    enum ll_status status = ll_duck_exec(scratch, ll_buf_str(&sql), NULL, 0, err);
    const struct ll_str detach[] = {LL_STR("DETACH DATABASE IF EXISTS copy_from"),
                                    LL_STR("DETACH DATABASE IF EXISTS copy_to")};
    for (size_t i = 0; i < LL_COUNT(detach); i++) {
        struct ll_error *why = status == LL_OK ? err : &ignored;
        enum ll_status detached = ll_duck_clean_up(scratch, detach[i], why);
        status = status == LL_OK ? detached : status;
    }
    return status == LL_OK ? status : ll_context(err, "copy %s", from);
}
