/* Forgetting a person from start to end (pipeline/forget.h), with the lake's locks: who is
 * forgotten is noted while nobody collects, so that no sweep under way brings the person back; the
 * layers are worked on while sweeps go on; garbage goes while nobody collects. Between these the
 * lake is closed, and it is closed when this returns. */
#ifndef LL_APP_FORGETTING_H
#define LL_APP_FORGETTING_H

#include "app/app.h"
#include "app/work.h"
#include "pipeline/forget.h"

struct ll_forgetting_result {
    struct ll_forget_counts counts;
    int64_t processed, curated, closed; /* runs, runs, days that were made anew */
    int64_t failures;
    struct ll_error failure; /* the first one */
};

/* LL_OK with failures in *ret: something could not be read, and the work stays noted. *person may
 * learn names. */
enum ll_status ll_forgetting_run(struct ll_app *app, struct ll_person *person,
                                 struct ll_forgetting_result *ret,
                                 struct ll_error *err) LL_MUST_CHECK;
/* Goes on with all that was noted and not finished; nothing where there is nothing. The first
 * failure of anything is the status. */
enum ll_status ll_forgetting_resume(struct ll_app *app, struct ll_error *err) LL_MUST_CHECK;
/* Counts what would be done. */
enum ll_status ll_forgetting_preview(struct ll_app *app, struct ll_person *person,
                                     struct ll_forgetting_result *ret,
                                     struct ll_error *err) LL_MUST_CHECK;

#endif
