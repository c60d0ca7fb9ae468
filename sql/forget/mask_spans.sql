-- One name in the texts of a day. In a scratch database. $pattern, $stars.
UPDATE forget_text_span SET title = LL_REPLACED(title, $pattern, $stars), tags = LL_REPLACED_ALL(tags, $pattern, $stars)
WHERE LL_MATCHES(title, $pattern) OR LL_MATCHES(LL_JOINED(tags), $pattern)
