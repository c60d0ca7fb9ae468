-- One name in the texts of processed users. In a scratch database. $pattern, $stars.
UPDATE forget_row SET description = LL_REPLACED(description, $pattern, $stars) WHERE LL_MATCHES(description, $pattern)
