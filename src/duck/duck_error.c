#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "duck/duck_internal.h"

/* Opening and preparing give no error class, but a text that begins with it; so do results. That is
 * what we go by everywhere. Classes that are not here are LL_INVALID. */
static const struct {
    duckdb_error_type type;
    const char *class;
    enum ll_status status;
} classes[] = {
    {DUCKDB_ERROR_IO, "IO Error: ", LL_IO},
    {DUCKDB_ERROR_OUT_OF_MEMORY, "Out of Memory Error: ", LL_LIMIT},
    {DUCKDB_ERROR_INTERRUPT, "INTERRUPT Error: ", LL_CANCELLED},
    {DUCKDB_ERROR_FATAL, "FATAL Error: ", LL_CORRUPT},
    {DUCKDB_ERROR_INTERNAL, "INTERNAL Error: ", LL_CORRUPT},
    {DUCKDB_ERROR_SERIALIZATION, "Serialization Error: ", LL_CORRUPT},
    {DUCKDB_ERROR_CONSTRAINT, "Constraint Error: ", LL_INVALID},
    {DUCKDB_ERROR_TRANSACTION, "TransactionContext Error: ", LL_INVALID},
};

/* Wordings inside a message that say more than its class. In this order. */
static const struct {
    const char *class; /* NULL = any */
    const char *wording;
    enum ll_status status;
} wordings[] = {
    {"IO Error: ", "Could not set lock on file", LL_CONFLICT},
    {"IO Error: ", "read a database file with version number", LL_UNSUPPORTED},
    {"IO Error: ", "not a valid DuckDB database file", LL_CORRUPT},
    {"IO Error: ", "Could not read enough bytes", LL_CORRUPT},
    {"IO Error: ", "No files found that match", LL_NOT_FOUND},
    {"IO Error: ", "database does not exist", LL_NOT_FOUND},
    {"TransactionContext Error: ", "onflict", LL_CONFLICT},
    {"Constraint Error: ", "uplicate key", LL_CONFLICT},
    {NULL, "orrupt database file", LL_CORRUPT},
    {NULL, "database has been invalidated", LL_CORRUPT},
};

/* The system's own words, which DuckDB repeats without their number. */
static const struct {
    int code;
    enum ll_status status;
} system_errors[] = {
    {ENOSPC, LL_IO},  {EDQUOT, LL_IO}, {EROFS, LL_IO},  {EACCES, LL_IO},
    {EPERM, LL_IO},   {EMFILE, LL_IO}, {ENFILE, LL_IO}, {EISDIR, LL_IO},
    {ENOTDIR, LL_IO}, {EFBIG, LL_IO},  {EIO, LL_IO},    {ENOENT, LL_NOT_FOUND},
};

static bool begins(const char *message, const char *class)
{
    return strncmp(message, class, strlen(class)) == 0;
}

static enum ll_status classify(const char *message, int *ret_code)
{
    for (size_t i = 0; i < LL_COUNT(wordings); i++)
        if ((!wordings[i].class || begins(message, wordings[i].class)) &&
            strstr(message, wordings[i].wording))
            return wordings[i].status;
    /* A commit that fails on writing is a TransactionContext error, a checkpoint a FATAL one. */
    if (begins(message, "IO Error: ") || begins(message, "TransactionContext Error: ") ||
        (begins(message, "FATAL Error: ") && strstr(message, "Could not write file")))
        for (size_t i = 0; i < LL_COUNT(system_errors); i++)
            if (strstr(message, strerrordesc_np(system_errors[i].code))) {
                *ret_code = system_errors[i].code;
                return system_errors[i].status;
            }
    if (strstr(message, "replaying WAL file"))
        return LL_CORRUPT;
    for (size_t i = 0; i < LL_COUNT(classes); i++)
        if (begins(message, classes[i].class))
            return classes[i].status;
    return LL_INVALID;
}

enum ll_status ll_duck_fail(struct ll_error *err, const char *message)
{
    if (!message)
        message = "DuckDB gave no reason";
    int code = 0;
    enum ll_status status = classify(message, &code);
    const char *end =
        strstr(message, "\n\nStack Trace"); /* of internal errors: noise to a reader */
    struct ll_str text = ll_str_of(message);
    if (end)
        text.len = (size_t)(end - message);
    return ll_fail(err, status, code, "%.*s", LL_FMT(text));
}

enum ll_status ll_duck_fail_data(struct ll_error *err, const struct ll_duck_api *api,
                                 duckdb_error_data data)
{
    const char *message = api->error_data_message(data);
    duckdb_error_type type = api->error_data_error_type(data);
    for (size_t i = 0; message && i < LL_COUNT(classes); i++)
        if (classes[i].type == type && !begins(message, classes[i].class)) {
            LL_AUTO(ll_buf_clear) struct ll_buf text = {0};
            ll_buf_printf(&text, "%s%s", classes[i].class, message);
            return ll_duck_fail(err, text.ptr);
        }
    return ll_duck_fail(err, message);
}
