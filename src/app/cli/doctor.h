/* What `livelake doctor` finds, check by check. */
#ifndef LL_APP_CLI_DOCTOR_H
#define LL_APP_CLI_DOCTOR_H

#include "app/app.h"
#include "base/arena.h"

enum ll_verdict { LL_VERDICT_OK, LL_VERDICT_WARN, LL_VERDICT_FAIL };

struct ll_finding {
    const char *check;
    enum ll_verdict verdict;
    const char *advice; /* NULL where there is nothing to do */
    struct ll_str what; /* in the arena */
};

#define LL_FINDINGS_MAX 32
struct ll_findings {
    struct ll_finding items[LL_FINDINGS_MAX];
    size_t count;
    struct ll_arena arena;
};

void ll_doctor_say(struct ll_findings *findings, const char *check, enum ll_verdict verdict,
                   const char *advice, const char *format, ...) LL_PRINTF(5, 6);

/* Clock, limits, terminal (doctor_machine.c). */
void ll_doctor_machine(struct ll_app *app, struct ll_findings *findings);
/* Configuration and credentials, which are not tried (doctor_machine.c). */
void ll_doctor_config(struct ll_app *app, struct ll_findings *findings);
void ll_doctor_duckdb(struct ll_app *app, struct ll_findings *findings);
/* The lake, who holds it, its warehouse, its token file, its disk (doctor_lake.c). */
void ll_doctor_lake(struct ll_app *app, struct ll_findings *findings);
/* Asks each service for one page without credentials: is it there, can its certificate be trusted,
 * and does it have the same time (doctor_online.c)? */
void ll_doctor_online(struct ll_app *app, struct ll_findings *findings);

#endif
