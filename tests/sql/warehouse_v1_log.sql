-- A run that the log has, and not yet the file.
SET checkpoint_threshold = '1GB';
PRAGMA disable_checkpoint_on_shutdown;
INSERT INTO meta (key, value) VALUES ('schema_version', '1');
INSERT INTO run (slot, run_id, day, cadence_s, source, status, attempt, pages, requests, rows_in, streams, duplicates, restarted,
    quarantined, vanished, refound, errors)
VALUES (1795428000, '20261123T100000Z', DATE '2026-11-23', 900, 'twitch', 'complete', 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0);
