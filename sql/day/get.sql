SELECT CAST(day AS TEXT) AS day, closed, dirty, sealed, generation, manifest_sha256
FROM day_state WHERE day = CAST($day AS DATE)
