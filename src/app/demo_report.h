/* What the demo shows of its lake. */
#ifndef LL_APP_DEMO_REPORT_H
#define LL_APP_DEMO_REPORT_H

#include "app/demo_fill.h"
#include "app/demo_world.h"

/* Platform and top categories of [start, to_s), as text. */
enum ll_status ll_demo_report_early(struct ll_warehouse *warehouse,
                                    const struct ll_demo_world *world, int64_t to_s,
                                    struct ll_buf *out, struct ll_error *err) LL_MUST_CHECK;
/* Platform by day, categories, genres, game modes, languages of [start, to_s). As JSON: members of
 * an object, without braces. */
enum ll_status ll_demo_report(struct ll_warehouse *warehouse, const struct ll_demo_world *world,
                              int64_t to_s, bool json, struct ll_buf *out,
                              struct ll_error *err) LL_MUST_CHECK;
/* What was done, as a line; nothing when nothing was. */
void ll_demo_report_fill(const struct ll_fill_result *fill, struct ll_buf *out);
/* Commands to try next on the lake. */
void ll_demo_report_hints(struct ll_app *app, const struct ll_demo_world *world, int64_t to_s,
                          struct ll_buf *out);

#endif
