/* A manifest that parses is written in one form only, which parses again to the same bytes. */
#include "fuzz.h"

#include <assert.h>

#include "lake/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ll_str text = {(const char *)data, size};
    struct ll_manifest first = {0}, second = {0};
    struct ll_error err;
    enum ll_status status = ll_manifest_parse(text, &first, &err);
    assert(status == LL_OK || status == LL_CORRUPT || status == LL_UNSUPPORTED);
    if (status == LL_OK) {
        struct ll_buf once = {0}, twice = {0};
        ll_manifest_serialize(&first, &once);
        assert(ll_manifest_parse(ll_buf_str(&once), &second, &err) == LL_OK);
        ll_manifest_serialize(&second, &twice);
        assert(ll_str_equal(ll_buf_str(&once), ll_buf_str(&twice)));
        ll_buf_clear(&once);
        ll_buf_clear(&twice);
    }
    ll_manifest_clear(&second);
    ll_manifest_clear(&first);
    return 0;
}
