/* Data on its way out: a buffered file descriptor whose every write error is seen. Standard output
 * and the files of `export` go through it. */
#ifndef LL_APP_OUTPUT_H
#define LL_APP_OUTPUT_H

#include "base/buf.h"
#include "base/err.h"

struct ll_output {
    int fd;
    const char *name; /* for messages: "standard output", a path */
    struct ll_buf pending;
};

/* LL_IO with the errno in err->code: EPIPE when the reader went away, ENOSPC on a full disk. */
enum ll_status ll_output_write(struct ll_output *out, struct ll_str bytes,
                               struct ll_error *err) LL_MUST_CHECK;
enum ll_status ll_output_flush(struct ll_output *out, struct ll_error *err) LL_MUST_CHECK;
void ll_output_clear(struct ll_output *out); /* drops what is pending; the descriptor stays open */

/* A file that appears under its name whole or not at all: written beside it, synced, renamed. */
struct ll_outfile {
    struct ll_output out;
    char *path;
    char *temporary; /* NULL when committed or not open */
};

/* Makes the temporary file. With out.fd an engine may also write to file->temporary by its path. */
enum ll_status ll_outfile_open(struct ll_outfile *file, const char *path,
                               struct ll_error *err) LL_MUST_CHECK;
/* Flushes, syncs, renames over path, and syncs the folder. */
enum ll_status ll_outfile_commit(struct ll_outfile *file, struct ll_error *err) LL_MUST_CHECK;
void ll_outfile_close(struct ll_outfile *file); /* removes what was not committed; takes {0} */

#endif
