/* Real captures instead of an invented world: a raw layer of the original pipeline (as the folders
 * that `livelake import origin` takes) is served as if it were Twitch and IGDB.
 *
 * main.c: `--replay DIR [--slot T] [--timezone America/Los_Angeles]` makes one of these;
 * parts.world is then NULL, parts.catalog may be, the four sim_replay_… handlers take the Helix
 * paths, and the virtual clock starts at sim_replay_slot(replay, 0). sim_igdb sees parts.replay by
 * itself.
 *
 * Streams: the files of one slot, in the order of their names, are one list; it is paged through
 * once, every row as it is, duplicates and all. The slot served is the last one not after the
 * virtual time, and none before the first one; a chain stays with the slot it began in. Users and
 * categories: the last dump not after the virtual time that has the row, else the first one after
 * it. IGDB: the union of the bridge dumps, and genres and game modes, whatever the time.
 *
 * A row's bytes are served as they stand in the file, but for ids that are numbers there: id,
 * user_id, game_id and igdb_id of a row get quotes around the same digits, as Helix has only
 * strings. Only JSON files are served (plain, .gz, .zst); CSV files, derived tables and files
 * without a date are left out, and counted. A file that is no whole JSON is an error: it cannot be
 * served as it stands.
 *
 * Local times become UTC as the import has it: streams at the start of their quarter of an hour;
 * the first of two instants when clocks went back; files of times that clocks skipped are left out.
 * Known zones, without a zone library: the US ones by the rule in force since 2007 (second Sunday
 * of March, first Sunday of November), and UTC. */
#ifndef SIM_REPLAY_H
#define SIM_REPLAY_H

#include "base/err.h"
#include "base/time.h"
#include "sim/catalog.h"
#include "sim/sim.h"

struct sim_replay_options {
    const char *dir;
    int64_t slot_ms;      /* only this slot; 0 = all. LL_NOT_FOUND when there is none */
    const char *timezone; /* of the labels; NULL = America/Los_Angeles */
    int32_t cadence_s;    /* of the slots; 0 = 900 */
};

struct sim_replay;

enum ll_status sim_replay_new(const struct sim_replay_options *options, struct sim_replay **ret,
                              struct ll_error *err) LL_MUST_CHECK;
void sim_replay_free(struct sim_replay *replay); /* takes NULL */
size_t sim_replay_slot_count(const struct sim_replay *replay);
int64_t sim_replay_slot(const struct sim_replay *replay, size_t at);     /* ms; ascending */
size_t sim_replay_row_count(const struct sim_replay *replay, size_t at); /* of a slot */
size_t sim_replay_left_out(const struct sim_replay *replay); /* files not served, see above */

/* For sim_igdb. */
const struct sim_catalog *sim_replay_catalog(const struct sim_replay *replay);
const struct sim_term *sim_replay_terms(const struct sim_replay *replay, enum sim_term_kind kind,
                                        size_t *ret_count);

/* A local time of a zone named above as UTC. LL_INVALID: unknown zone; LL_NOT_FOUND: a time that
 * clocks skipped. */
enum ll_status sim_zone_to_utc(const char *zone, struct ll_civil local, int64_t *ret_s,
                               struct ll_error *err) LL_MUST_CHECK;

#endif
