#include "collect/raw_lines.h"

#define LINE_MAX_BYTES ((size_t)64 << 20)
#define OBJECT_MAX_BYTES ((size_t)1 << 30)

enum ll_status ll_raw_lines(struct ll_store *store, const struct ll_manifest_object *object,
                            ll_line_fn *each, void *context, struct ll_error *err)
{
    LL_AUTO(ll_arena_clear) struct ll_arena arena = {0};
    LL_AUTO(ll_buf_clear) struct ll_buf packed = {.max_bytes = OBJECT_MAX_BYTES};
    if (!ll_str_equal(object->format, LL_STR("envelope")))
        return LL_OK;
    enum ll_status status = ll_store_get(store, ll_arena_cstr(&arena, object->key), &packed, err);
    if (status == LL_OK)
        status = ll_zstd_lines(ll_buf_str(&packed), LINE_MAX_BYTES, each, context, err);
    return status == LL_OK ? LL_OK : ll_context(err, "%.*s", LL_FMT(object->key));
}
