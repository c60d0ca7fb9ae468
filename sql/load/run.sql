-- Replaces everything of one slot of an open day from stage_run and stage_stream. $slot, $day.
DELETE FROM hot WHERE slot = $slot;
DELETE FROM rollup_slot WHERE slot = $slot;
DELETE FROM run WHERE slot = $slot;

INSERT INTO run (LL_RUN_COLUMNS)
SELECT LL_RUN_COLUMNS FROM stage_run WHERE slot = $slot;

-- Failed and missed runs carry nothing.
INSERT INTO hot (slot, stream_id, broadcaster_id, category_id, language, viewer_count, detail_id)
SELECT s.slot, s.stream_id, s.broadcaster_id, s.category_id, s.language, CAST(s.viewer_count AS INTEGER), s.detail_id
FROM stage_stream s
JOIN run ON run.slot = s.slot AND run.status IN ('complete', 'partial')
WHERE s.slot = $slot;

INSERT INTO hot_detail (day, stream_id, detail_id, started_at, login, display_name, category_name, type, title, tags)
SELECT run.day, s.stream_id, s.detail_id, s.started_at, s.login, s.display_name, s.category_name, s.type, s.title, s.tags
FROM stage_stream s
JOIN run ON run.slot = s.slot AND run.status IN ('complete', 'partial')
WHERE s.slot = $slot AND NOT EXISTS (
    SELECT 1 FROM hot_detail d
    WHERE d.day = CAST($day AS DATE) AND d.stream_id = s.stream_id AND d.detail_id = s.detail_id
);

DELETE FROM stage_slot;
INSERT INTO stage_slot (slot) VALUES ($slot);
LL_ROLLUP_BASE((SELECT slot, category_id, language, viewer_count FROM hot WHERE slot = $slot))
LL_ROLLUP_TERMS

INSERT INTO day_state (day, closed, dirty, sealed, generation, manifest_sha256)
VALUES (CAST($day AS DATE), FALSE, FALSE, FALSE, 0, '')
ON CONFLICT (day) DO NOTHING;

DELETE FROM stage_run;
DELETE FROM stage_stream;
DELETE FROM stage_slot;
