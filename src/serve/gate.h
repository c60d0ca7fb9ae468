/* Who may ask: a request must be meant for this server (Host), come from its own pages or from no
 * page at all (Origin, Sec-Fetch-Site), and where keys are required, bring one: as
 * "Authorization: Bearer …", or in the cookie that /login sets. */
#ifndef LL_SERVE_GATE_H
#define LL_SERVE_GATE_H

#include "http/server.h"
#include "serve/access.h"

struct ll_gate {
    struct ll_store *store; /* of the keys */
    const char *hosts;      /* names besides this machine's own, with ',' between them */
    bool require_key;
};

enum ll_gate_verdict {
    LL_GATE_OPEN,
    LL_GATE_MISDIRECTED, /* 421: a Host that is not ours, as in DNS rebinding */
    LL_GATE_FOREIGN,     /* 403: asked by a page of another site */
    LL_GATE_NO_KEY,      /* 401 */
    LL_GATE_SCOPE,       /* 403: the key is for less */
    LL_GATE_BROKEN,      /* 500: the keys cannot be read */
};

/* Host and Origin. */
enum ll_gate_verdict ll_gate_check_site(const struct ll_gate *gate,
                                        const struct ll_server_request *request);
enum ll_gate_verdict ll_gate_check_key(const struct ll_gate *gate,
                                       const struct ll_server_request *request,
                                       enum ll_access_scope scope);

/* /login: a form, and what comes from it. Its answer sets the cookie. */
void ll_gate_login(const struct ll_gate *gate, const struct ll_server_request *request,
                   struct ll_server_response *response);

#endif
