-- The curated model (design: docs/internals/curated.md). Slots are epoch seconds UTC; days are DATE.
-- Stored measures are integers; divisions happen when read.

CREATE TABLE meta (key TEXT LL_KEY, value TEXT NOT NULL);

-- What has been loaded: one row for every run and every reference dump, in the data's transaction.
CREATE TABLE load_ledger (
    run_id TEXT LL_KEY,
    generation INTEGER NOT NULL,
    manifest_sha256 TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    loaded_at TIMESTAMP NOT NULL
);

-- One row for every UTC day that has runs. step_s is the slot grid of its tracks.
CREATE TABLE day_state (
    day DATE LL_KEY,
    closed BOOLEAN NOT NULL,
    dirty BOOLEAN NOT NULL,           -- closed, and a late run waits for a rebuild
    sealed BOOLEAN NOT NULL,          -- closed, and can no longer be rebuilt (inputs are gone)
    generation INTEGER NOT NULL,      -- of its history manifest; 0 while open
    manifest_sha256 TEXT NOT NULL     -- '' while open
);

-- One authoritative run a slot. cadence_s is its weight.
CREATE TABLE run (
    slot BIGINT LL_KEY,
    run_id TEXT NOT NULL,
    day DATE NOT NULL,
    cadence_s INTEGER NOT NULL,
    source TEXT NOT NULL,
    status TEXT NOT NULL,             -- complete | partial | failed | missed
    attempt INTEGER NOT NULL,
    started_at TIMESTAMP,
    finished_at TIMESTAMP,
    pages BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    rows_in BIGINT NOT NULL,
    streams BIGINT NOT NULL,          -- distinct, as loaded
    duplicates BIGINT NOT NULL,
    restarted BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    vanished BIGINT NOT NULL,
    refound BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    sweep_coverage DOUBLE PRECISION,            -- 0..1; NULL = unknown
    why TEXT DEFAULT ''               -- partial, failed, missed: the reason, in words
);

-- Open days: one row a stream and slot, and what of a stream changes slowly, once a day and text.
CREATE TABLE hot (
    slot BIGINT NOT NULL,
    stream_id BIGINT NOT NULL,
    broadcaster_id BIGINT NOT NULL,
    category_id BIGINT NOT NULL,
    language TEXT NOT NULL,
    viewer_count INTEGER NOT NULL,
    detail_id BIGINT NOT NULL
);
CREATE TABLE hot_detail (
    day DATE NOT NULL,
    stream_id BIGINT NOT NULL,
    detail_id BIGINT NOT NULL,
    started_at TIMESTAMP,
    login TEXT NOT NULL,
    display_name TEXT NOT NULL,
    category_name TEXT NOT NULL,
    type TEXT NOT NULL,
    title TEXT NOT NULL,
    tags TEXT[] NOT NULL
);

-- Closed days, as in history/<table>/date=…/<table>.parquet.
CREATE TABLE track (                  -- one stream x day x (category, language, broadcaster) stint
    day DATE NOT NULL,
    stream_id BIGINT NOT NULL,
    broadcaster_id BIGINT NOT NULL,
    category_id BIGINT NOT NULL,
    language TEXT NOT NULL,
    started_at TIMESTAMP,
    step_s INTEGER NOT NULL,          -- the day's slot grid
    first_slot BIGINT NOT NULL,
    samples INTEGER NOT NULL,
    peak INTEGER NOT NULL,
    viewers INTEGER[] NOT NULL        -- index i = first_slot + i * step_s; NULL = not seen
);
CREATE TABLE text_span (
    day DATE NOT NULL,
    stream_id BIGINT NOT NULL,
    from_slot BIGINT NOT NULL,
    to_slot BIGINT NOT NULL,          -- the last slot it was seen in
    title TEXT NOT NULL,
    tags TEXT[] NOT NULL
);
CREATE TABLE broadcaster_day (        -- one row for each name a broadcaster bore that day
    day DATE NOT NULL,
    broadcaster_id BIGINT NOT NULL,
    login TEXT NOT NULL,
    display_name TEXT NOT NULL,
    first_slot BIGINT NOT NULL,
    last_slot BIGINT NOT NULL,
    samples BIGINT NOT NULL,
    viewers_sum BIGINT NOT NULL,
    viewer_seconds BIGINT NOT NULL,   -- sum of viewers x weight, all good slots
    live_seconds BIGINT NOT NULL,
    peak INTEGER NOT NULL,
    complete_samples BIGINT NOT NULL, -- the same over complete slots only
    complete_viewer_seconds BIGINT NOT NULL,
    complete_live_seconds BIGINT NOT NULL,
    complete_peak INTEGER             -- NULL without a complete slot
);
CREATE TABLE category_day (           -- one row for each name a category bore that day
    day DATE NOT NULL,
    category_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    first_slot BIGINT NOT NULL,
    last_slot BIGINT NOT NULL,
    samples BIGINT NOT NULL
);

-- Base roll-up of every day, keyed by run. dim: platform | category | language | category_language |
-- genre | game_mode. k: for genre and game_mode, how many the category has (1 for the others), so
-- that full attribution sums viewers and fractional sums viewers / k. Genre and mode keys:
-- IGDB's ids, 0 = Unmapped, -1 = Non-game.
CREATE TABLE rollup_slot (
    slot BIGINT NOT NULL,
    dim TEXT NOT NULL,
    key BIGINT NOT NULL,
    language TEXT NOT NULL,
    k INTEGER NOT NULL,
    viewers BIGINT NOT NULL,
    channels BIGINT NOT NULL
);

-- Reference assertions: what a dump said, keyed by the dump (ref = its run id, asserted_at = its
-- instant).
CREATE TABLE ref_user (
    ref TEXT NOT NULL, asserted_at BIGINT NOT NULL, broadcaster_id BIGINT NOT NULL, login TEXT NOT NULL,
    display_name TEXT NOT NULL, type TEXT NOT NULL, broadcaster_type TEXT NOT NULL, description TEXT NOT NULL,
    profile_image_url TEXT NOT NULL, offline_image_url TEXT NOT NULL, created_at TIMESTAMP
);
CREATE TABLE ref_category (
    ref TEXT NOT NULL, asserted_at BIGINT NOT NULL, category_id BIGINT NOT NULL, name TEXT NOT NULL, igdb_id BIGINT,
    box_art_url TEXT NOT NULL
);
CREATE TABLE ref_game (
    ref TEXT NOT NULL, asserted_at BIGINT NOT NULL, igdb_id BIGINT NOT NULL, name TEXT NOT NULL, genres BIGINT[],
    game_modes BIGINT[], themes BIGINT[], player_perspectives BIGINT[]
);
CREATE TABLE ref_term (
    ref TEXT NOT NULL, asserted_at BIGINT NOT NULL, kind TEXT NOT NULL, id BIGINT NOT NULL, name TEXT NOT NULL, slug TEXT NOT NULL
);
CREATE TABLE ref_language (ref TEXT NOT NULL, asserted_at BIGINT NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL);
-- IGDB's word on which game a category is; it counts where Twitch has never said.
CREATE TABLE ref_category_link (
    ref TEXT NOT NULL, asserted_at BIGINT NOT NULL, category_id BIGINT NOT NULL, igdb_id BIGINT NOT NULL
);

-- Ships with the program: igdb_id for categories that Twitch leaves without one, and what is no game.
CREATE TABLE category_override (category_id BIGINT LL_KEY, igdb_id BIGINT, non_game BOOLEAN NOT NULL, name TEXT NOT NULL);

-- Derived from the assertions by load/bridges: which terms a category has on which days
-- (valid_from <= day < valid_to); the first known mapping also holds for all earlier time.
CREATE TABLE category_term (
    kind TEXT NOT NULL,               -- genre | game_mode | theme | player_perspective
    category_id BIGINT NOT NULL,
    term_id BIGINT NOT NULL,
    k INTEGER NOT NULL,               -- how many of that kind the category has on those days
    valid_from DATE NOT NULL,
    valid_to DATE NOT NULL
);
