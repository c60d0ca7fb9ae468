-- One name in quarantined records. In a scratch database. $pattern, $stars.
UPDATE forget_row SET record = LL_REPLACED(record, $pattern, $stars) WHERE LL_MATCHES(record, $pattern)
