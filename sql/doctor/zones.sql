-- Does the engine know the IANA zones and their summer time? Berlin is two hours ahead in July.
SELECT LL_EPOCH(LL_LOCAL('Europe/Berlin', TIMESTAMP '2026-07-01 00:00:00'))
    - LL_EPOCH(TIMESTAMP '2026-07-01 00:00:00') AS summer_offset_s,
    LL_EPOCH(LL_LOCAL('Europe/Berlin', TIMESTAMP '2026-01-01 00:00:00'))
    - LL_EPOCH(TIMESTAMP '2026-01-01 00:00:00') AS winter_offset_s
