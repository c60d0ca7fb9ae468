/* An answer on its way: text in memory up to LL_SPOOL_MEMORY bytes, beyond that in a file without a
 * name, so that a slow reader holds neither memory nor a seat in the pool. */
#ifndef LL_SERVE_SPOOL_H
#define LL_SERVE_SPOOL_H

#include "http/server.h"

#define LL_SPOOL_MEMORY ((size_t)2 << 20)

struct ll_spool {
    const char *tmp_dir;
    int64_t min_free_bytes; /* of its disk; with less it is LL_LIMIT */
    struct ll_buf head;     /* sent before all else */
    struct ll_buf text;     /* not yet in the file */
    int fd;                 /* -1 = all is in memory */
    int64_t file_bytes;
};

/* {.tmp_dir = …, .min_free_bytes = …, .fd = -1} begins; then add to `text`, and call this now and
 * then. LL_IO. */
enum ll_status ll_spool_flow(struct ll_spool *spool, struct ll_error *err) LL_MUST_CHECK;
/* LL_LIMIT when so little of the disk is free that no more is to be written. */
enum ll_status ll_spool_room(const struct ll_spool *spool, struct ll_error *err) LL_MUST_CHECK;
/* A file that is whole, in place of text; taken over. */
void ll_spool_file(struct ll_spool *spool, int fd, int64_t bytes);
/* Hands it all to the response: as its body, or as a stream. */
enum ll_status ll_spool_finish(struct ll_spool *spool, struct ll_server_response *response,
                               struct ll_error *err) LL_MUST_CHECK;
void ll_spool_clear(struct ll_spool *spool);

#endif
