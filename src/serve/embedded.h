/* Files of src/serve/ that are built in: see ll_embed in cmake/embed.cmake. */
#ifndef LL_SERVE_EMBEDDED_H
#define LL_SERVE_EMBEDDED_H

#include <stddef.h>

extern const unsigned char ll_openapi_schemas_json[];
extern const size_t ll_openapi_schemas_json_size;

#endif
