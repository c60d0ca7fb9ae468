INSERT INTO load_ledger (run_id, generation, manifest_sha256, schema_version, loaded_at)
VALUES ($run_id, CAST($generation AS INTEGER), $manifest_sha256, CAST($schema_version AS INTEGER),
    LL_TIMESTAMP_US(CAST($loaded_at_us AS BIGINT)))
ON CONFLICT (run_id) DO UPDATE SET generation = excluded.generation, manifest_sha256 = excluded.manifest_sha256,
    schema_version = excluded.schema_version, loaded_at = excluded.loaded_at;
