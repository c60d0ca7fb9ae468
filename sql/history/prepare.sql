-- Inputs of one day's history, in a scratch database.
CREATE TABLE IF NOT EXISTS day_run (
    slot BIGINT, run_id TEXT, day DATE, cadence_s INTEGER, source TEXT, status TEXT, attempt INTEGER, started_at TIMESTAMP,
    finished_at TIMESTAMP, pages BIGINT, requests BIGINT, rows_in BIGINT, streams BIGINT, duplicates BIGINT, restarted BIGINT,
    quarantined BIGINT, vanished BIGINT, refound BIGINT, errors BIGINT, sweep_coverage DOUBLE PRECISION, why TEXT
);
CREATE TABLE IF NOT EXISTS day_stream (
    slot BIGINT, stream_id BIGINT, broadcaster_id BIGINT, login TEXT, display_name TEXT, category_id BIGINT, category_name TEXT,
    type TEXT, title TEXT, tags TEXT[], viewer_count BIGINT, started_at TIMESTAMP, language TEXT, is_mature BOOLEAN,
    detail_id BIGINT, received_at TIMESTAMP
);
-- A run off the grid would be lost in the lists: the cadence changes only at 00:00 UTC.
CREATE OR REPLACE VIEW day_step AS
SELECT day, CASE WHEN bool_and((slot - LL_EPOCH(CAST(day AS TIMESTAMP))) % step_s = 0) THEN any_value(step_s)
    ELSE error('runs of ' || CAST(day AS TEXT) || ' do not lie on one slot grid') END AS step_s
FROM (SELECT day, slot, min(cadence_s) OVER (PARTITION BY day) AS step_s FROM day_run)
GROUP BY day;
CREATE OR REPLACE VIEW day_sample AS
SELECT r.day, r.cadence_s, r.status, s.*
FROM day_stream s JOIN day_run r ON r.slot = s.slot AND r.status IN ('complete', 'partial');
