/* Helpers of the decoder's tests: decode texts, and look at cells as text. */
#ifndef LL_TESTS_SOURCE_DECODE_H
#define LL_TESTS_SOURCE_DECODE_H

#include "support/check.h"

#include "base/buf.h"

#include "source/decoder.h"

#define SLOT_S 1767059100

/* What a plain stream record holds, without braces. A key given again behind it wins. */
#define STREAM                                                                                     \
    "\"id\":\"1\",\"user_id\":\"2\",\"user_login\":\"ann\",\"user_name\":\"Ann\",\"game_id\":"     \
    "\"3\","                                                                                       \
    "\"game_name\":\"Game\",\"type\":\"live\",\"title\":\"t\",\"viewer_count\":5,"                 \
    "\"started_at\":\"2026-01-12T01:56:02Z\",\"language\":\"en\",\"tags\":[\"a\",\"b\"],"          \
    "\"is_mature\":false"

/* Decodes the texts as parts "part0", "part1", …; checks that the counts add up. */
struct ll_decoded decode_parts(enum ll_table table, const char *kind, const char *format,
                               const struct ll_str *texts, size_t count);
/* One part {"data":[records]}. */
struct ll_decoded decode_records(enum ll_table table, const char *kind, const char *records);

/* A cell as text: numbers in decimal, lists as [a,b], NULL as "NULL". Static memory. */
const char *cell(const struct ll_batch *batch, size_t column, size_t row);

#define assert_cell(batch, column, row, text)                                                      \
    assert_string_equal(cell((batch), (column), (row)), (text))

#endif
