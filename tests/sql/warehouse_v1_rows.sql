-- A few rows of a warehouse of schema 1.
INSERT INTO meta (key, value) VALUES ('schema_version', '1');
INSERT INTO run (slot, run_id, day, cadence_s, source, status, attempt, pages, requests, rows_in, streams, duplicates, restarted,
    quarantined, vanished, refound, errors)
VALUES (1795428000, '20261123T100000Z', DATE '2026-11-23', 900, 'twitch', 'complete', 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0),
    (1795428900, '20261123T101500Z', DATE '2026-11-23', 900, 'twitch', 'missed', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO hot (slot, stream_id, broadcaster_id, category_id, language, viewer_count, detail_id)
VALUES (1795428000, 1, 2, 3, 'en', 4, 5);
