-- One name in the texts of processed streams. In a scratch database. $pattern, $stars.
UPDATE forget_row SET title = LL_REPLACED(title, $pattern, $stars), tags = LL_REPLACED_ALL(tags, $pattern, $stars)
WHERE LL_MATCHES(title, $pattern) OR LL_MATCHES(LL_JOINED(tags), $pattern)
