-- What has been loaded, from stage_ledger.
DELETE FROM load_ledger WHERE run_id IN (SELECT run_id FROM stage_ledger);
INSERT INTO load_ledger (run_id, generation, manifest_sha256, schema_version, loaded_at)
SELECT run_id, generation, manifest_sha256, schema_version, loaded_at FROM stage_ledger;
DELETE FROM stage_ledger;
