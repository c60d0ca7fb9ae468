/* The app access token (OAuth 2.0 client credentials, contract A): fetched when needed, kept in a
 * file (mode 0600) beside the lake, shared by all processes that use the same client id, and
 * replaced when the server refuses it.
 *
 * Single flight: a process that wants a new one takes the file's lock (<path>.lock), reads the file
 * again, and asks the server only when the file still holds the refused token. At most one request
 * in 3 s is made, whoever asks. */
#ifndef LL_NET_TOKEN_H
#define LL_NET_TOKEN_H

#include "base/rand.h"
#include "base/secret.h"
#include "net/http.h"

struct ll_token_options {
    struct ll_http *http; /* of its own: no other requests go through it */
    struct ll_clock *clock;
    struct ll_rand *rand;
    struct ll_str auth_url; /* …/oauth2, normalised */
    struct ll_str client_id;
    const struct ll_secret *client_secret;
    const char *path;                 /* of the file; NULL: not kept */
    bool (*cancelled)(void *context); /* NULL = never */
    void *cancel_context;
};

struct ll_token;

struct ll_token *ll_token_new(const struct ll_token_options *options); /* options are copied, the
                                                                          secret by reference */
void ll_token_free(struct ll_token *token);                            /* takes NULL; wipes */

/* The token to use now: from memory, file, or server. *ret is valid until the next call.
 * LL_AUTH for a wrong client id or secret (never asked again by this object), with what to do;
 * LL_TRANSIENT, LL_NOT_FOUND … when the server cannot be reached after a few tries with back-off;
 * LL_CANCELLED when asked to stop meanwhile. */
enum ll_status ll_token_get(struct ll_token *token, const struct ll_secret **ret,
                            struct ll_error *err) LL_MUST_CHECK;
/* The server refused the token that ll_token_get gave: the next get must not give it again. */
void ll_token_refused(struct ll_token *token);

#endif
