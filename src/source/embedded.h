/* Files of data/ that are built in: see ll_embed in cmake/embed.cmake. */
#ifndef LL_SOURCE_EMBEDDED_H
#define LL_SOURCE_EMBEDDED_H

#include <stddef.h>

extern const unsigned char ll_category_overrides_csv[];
extern const size_t ll_category_overrides_csv_size;

#endif
