UPDATE rollup_slot SET channels = channels + 1 WHERE slot = 1772784000 AND dim = 'language';
