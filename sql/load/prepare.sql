-- Staging tables of this connection. load/clear_stages empties them.
CREATE TEMP TABLE IF NOT EXISTS stage_run (
    slot BIGINT, run_id TEXT, day DATE, cadence_s INTEGER, source TEXT, status TEXT, attempt INTEGER, started_at TIMESTAMP,
    finished_at TIMESTAMP, pages BIGINT, requests BIGINT, rows_in BIGINT, streams BIGINT, duplicates BIGINT, restarted BIGINT,
    quarantined BIGINT, vanished BIGINT, refound BIGINT, errors BIGINT, sweep_coverage DOUBLE PRECISION,
    why TEXT DEFAULT ''
);
CREATE TEMP TABLE IF NOT EXISTS stage_stream (
    slot BIGINT, stream_id BIGINT, broadcaster_id BIGINT, category_id BIGINT, language TEXT, viewer_count INTEGER, detail_id BIGINT
);
CREATE TEMP TABLE IF NOT EXISTS stage_detail (
    day DATE, stream_id BIGINT, detail_id BIGINT, started_at TIMESTAMP, login TEXT, display_name TEXT, category_name TEXT,
    type TEXT, title TEXT, tags TEXT[]
);
CREATE TEMP TABLE IF NOT EXISTS stage_user (
    asserted_at BIGINT, broadcaster_id BIGINT, login TEXT, display_name TEXT, type TEXT, broadcaster_type TEXT, description TEXT,
    profile_image_url TEXT, offline_image_url TEXT, created_at TIMESTAMP
);
CREATE TEMP TABLE IF NOT EXISTS stage_category (asserted_at BIGINT, category_id BIGINT, name TEXT, igdb_id BIGINT, box_art_url TEXT);
CREATE TEMP TABLE IF NOT EXISTS stage_game (
    asserted_at BIGINT, igdb_id BIGINT, name TEXT, genres BIGINT[], game_modes BIGINT[], themes BIGINT[], player_perspectives BIGINT[]
);
CREATE TEMP TABLE IF NOT EXISTS stage_term (asserted_at BIGINT, kind TEXT, id BIGINT, name TEXT, slug TEXT);
CREATE TEMP TABLE IF NOT EXISTS stage_language (asserted_at BIGINT, code TEXT, name TEXT);
CREATE TEMP TABLE IF NOT EXISTS stage_category_link (asserted_at BIGINT, category_id BIGINT, igdb_id BIGINT);
CREATE TEMP TABLE IF NOT EXISTS stage_track (
    day DATE, stream_id BIGINT, broadcaster_id BIGINT, category_id BIGINT, language TEXT, started_at TIMESTAMP, step_s INTEGER,
    first_slot BIGINT, samples INTEGER, peak INTEGER, viewers INTEGER[]
);
CREATE TEMP TABLE IF NOT EXISTS stage_text_span (
    day DATE, stream_id BIGINT, from_slot BIGINT, to_slot BIGINT, title TEXT, tags TEXT[]
);
CREATE TEMP TABLE IF NOT EXISTS stage_broadcaster_day (
    day DATE, broadcaster_id BIGINT, login TEXT, display_name TEXT, first_slot BIGINT, last_slot BIGINT, samples BIGINT,
    viewers_sum BIGINT, viewer_seconds BIGINT, live_seconds BIGINT, peak INTEGER, complete_samples BIGINT,
    complete_viewer_seconds BIGINT, complete_live_seconds BIGINT, complete_peak INTEGER
);
CREATE TEMP TABLE IF NOT EXISTS stage_category_day (
    day DATE, category_id BIGINT, name TEXT, first_slot BIGINT, last_slot BIGINT, samples BIGINT
);
CREATE TEMP TABLE IF NOT EXISTS stage_ledger (
    run_id TEXT, generation INTEGER, manifest_sha256 TEXT, schema_version INTEGER, loaded_at TIMESTAMP
);
CREATE TEMP TABLE IF NOT EXISTS stage_override (category_id BIGINT, igdb_id BIGINT, non_game BOOLEAN, name TEXT);

-- Working tables of the loads themselves: slots whose roll-ups are made anew, term versions as they
-- should be, and the categories whose versions changed.
CREATE TEMP TABLE IF NOT EXISTS stage_slot (slot BIGINT);
CREATE TEMP TABLE IF NOT EXISTS stage_version (
    kind TEXT, category_id BIGINT, term_id BIGINT, k INTEGER, valid_from DATE, valid_to DATE
);
CREATE TEMP TABLE IF NOT EXISTS stage_change (kind TEXT, category_id BIGINT);
