/* The dashboard's files, compressed and embedded at build (cmake/web.cmake). */
#ifndef LL_SERVE_ASSETS_H
#define LL_SERVE_ASSETS_H

#include "http/server.h"

struct ll_asset {
    const char *path; /* "/index.html" */
    const unsigned char *gzip;
    size_t gzip_len, plain_len;
};
extern const struct ll_asset ll_assets[]; /* ends with a NULL path */

/* The file of a path, or the page for a path of the dashboard's; false when there is neither. */
bool ll_assets_answer(const struct ll_server_request *request,
                      struct ll_server_response *response) LL_MUST_CHECK;

#endif
