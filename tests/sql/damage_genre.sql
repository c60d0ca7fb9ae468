DELETE FROM rollup_slot WHERE slot = 1772784000 AND dim = 'genre';
