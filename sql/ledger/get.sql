SELECT generation, manifest_sha256 FROM load_ledger WHERE run_id = $run_id
