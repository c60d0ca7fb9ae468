-- 2 to 3: tables without keys of the engine's (LL_KEY of the dialect says why).

CREATE TABLE meta_3 (key TEXT NOT NULL, value TEXT NOT NULL);
INSERT INTO meta_3 (key, value)
SELECT key, value FROM meta;
DROP TABLE meta;
ALTER TABLE meta_3 RENAME TO meta;

CREATE TABLE load_ledger_3 (
    run_id TEXT NOT NULL,
    generation INTEGER NOT NULL,
    manifest_sha256 TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    loaded_at TIMESTAMP NOT NULL
);
INSERT INTO load_ledger_3 (run_id, generation, manifest_sha256, schema_version, loaded_at)
SELECT run_id, generation, manifest_sha256, schema_version, loaded_at FROM load_ledger;
DROP TABLE load_ledger;
ALTER TABLE load_ledger_3 RENAME TO load_ledger;

CREATE TABLE day_state_3 (
    day DATE NOT NULL,
    closed BOOLEAN NOT NULL,
    dirty BOOLEAN NOT NULL,
    sealed BOOLEAN NOT NULL,
    generation INTEGER NOT NULL,
    manifest_sha256 TEXT NOT NULL
);
INSERT INTO day_state_3 (day, closed, dirty, sealed, generation, manifest_sha256)
SELECT day, closed, dirty, sealed, generation, manifest_sha256 FROM day_state;
DROP TABLE day_state;
ALTER TABLE day_state_3 RENAME TO day_state;

CREATE TABLE run_3 (
    slot BIGINT NOT NULL,
    run_id TEXT NOT NULL,
    day DATE NOT NULL,
    cadence_s INTEGER NOT NULL,
    source TEXT NOT NULL,
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    started_at TIMESTAMP,
    finished_at TIMESTAMP,
    pages BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    rows_in BIGINT NOT NULL,
    streams BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    restarted BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    vanished BIGINT NOT NULL,
    refound BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    sweep_coverage DOUBLE PRECISION,
    why TEXT DEFAULT ''
);
INSERT INTO run_3 (slot, run_id, day, cadence_s, source, status, attempt, started_at, finished_at, pages, requests,
    rows_in, streams, duplicates, restarted, quarantined, vanished, refound, errors, sweep_coverage, why)
SELECT slot, run_id, day, cadence_s, source, status, attempt, started_at, finished_at, pages, requests,
    rows_in, streams, duplicates, restarted, quarantined, vanished, refound, errors, sweep_coverage, why FROM run;
DROP TABLE run;
ALTER TABLE run_3 RENAME TO run;

CREATE TABLE category_override_3 (category_id BIGINT NOT NULL, igdb_id BIGINT, non_game BOOLEAN NOT NULL, name TEXT NOT NULL);
INSERT INTO category_override_3 (category_id, igdb_id, non_game, name)
SELECT category_id, igdb_id, non_game, name FROM category_override;
DROP TABLE category_override;
ALTER TABLE category_override_3 RENAME TO category_override;
