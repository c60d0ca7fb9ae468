-- The zone's name as the engine spells it; no row when there is no such zone. $tz.
SELECT name FROM LL_ZONES WHERE lower(name) = lower($tz) ORDER BY name = $tz DESC, name LIMIT 1
