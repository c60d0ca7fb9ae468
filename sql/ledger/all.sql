SELECT run_id, generation, manifest_sha256 FROM load_ledger ORDER BY run_id
