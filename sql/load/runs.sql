-- Replaces everything of the slots in stage_run, all of open days, from stage_run, stage_stream and
-- stage_detail (what load/new_details asked for).
DELETE FROM stage_slot;
INSERT INTO stage_slot (slot) SELECT slot FROM stage_run;
DELETE FROM hot WHERE slot IN (SELECT slot FROM stage_slot);
DELETE FROM rollup_slot WHERE slot IN (SELECT slot FROM stage_slot);
DELETE FROM run WHERE slot IN (SELECT slot FROM stage_slot);

INSERT INTO run (LL_RUN_COLUMNS)
SELECT LL_RUN_COLUMNS FROM stage_run;
INSERT INTO day_state (day, closed, dirty, sealed, generation, manifest_sha256)
SELECT DISTINCT day, FALSE, FALSE, FALSE, 0, '' FROM stage_run
WHERE day NOT IN (SELECT day FROM day_state);

-- Failed and missed runs carry nothing.
INSERT INTO hot (slot, stream_id, broadcaster_id, category_id, language, viewer_count, detail_id)
SELECT slot, stream_id, broadcaster_id, category_id, language, viewer_count, detail_id
FROM stage_stream
WHERE slot IN (SELECT slot FROM stage_run WHERE status IN ('complete', 'partial'));
INSERT INTO hot_detail (day, stream_id, detail_id, started_at, login, display_name, category_name, type, title, tags)
SELECT day, stream_id, detail_id, started_at, login, display_name, category_name, type, title, tags
FROM stage_detail;

LL_ROLLUP_BASE((
    SELECT slot, category_id, language, viewer_count FROM stage_stream
    WHERE slot IN (SELECT slot FROM stage_run WHERE status IN ('complete', 'partial'))
))
LL_ROLLUP_TERMS

DELETE FROM stage_run;
DELETE FROM stage_stream;
DELETE FROM stage_detail;
DELETE FROM stage_slot;
