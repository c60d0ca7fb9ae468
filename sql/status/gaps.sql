-- The newest runs that say why they are not complete.
SELECT slot, status, why FROM run
WHERE why <> ''
ORDER BY slot DESC LIMIT 3
