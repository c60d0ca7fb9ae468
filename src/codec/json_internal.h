/* Strings of the JSON reader: private to json.c and json_string.c. */
#ifndef LL_CODEC_JSON_INTERNAL_H
#define LL_CODEC_JSON_INTERNAL_H

#include "codec/json.h"

/* A string that was checked but not yet decoded. */
struct ll_json_text {
    const char *begin, *end; /* between the quotes */
    size_t len;              /* decoded */
    size_t repaired;         /* sequences that become U+FFFD */
    bool plain;              /* decoded it is the same bytes */
};

/* Notes the first error, at `at`; every later call then finds the end of the input. Returns false.
 */
bool ll_json_fail(struct ll_json *reader, const char *at, const char *error);

/* The string whose opening quote is at reader->at, which moves behind the closing one. */
bool ll_json_text_scan(struct ll_json *reader, struct ll_json_text *ret_text);

/* Its value: a view into the input when plain, else in the reader's arena, counting repairs. */
struct ll_str ll_json_text_value(struct ll_json *reader, const struct ll_json_text *text);

#endif
