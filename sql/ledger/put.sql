-- What has been loaded, from stage_ledger.
INSERT INTO load_ledger (run_id, generation, manifest_sha256, schema_version, loaded_at)
SELECT run_id, generation, manifest_sha256, schema_version, loaded_at FROM stage_ledger
WHERE TRUE
ON CONFLICT (run_id) DO UPDATE SET generation = excluded.generation, manifest_sha256 = excluded.manifest_sha256,
    schema_version = excluded.schema_version, loaded_at = excluded.loaded_at;
DELETE FROM stage_ledger;
