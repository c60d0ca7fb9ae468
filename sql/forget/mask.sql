-- One name in the texts of others. $pattern, $stars.
UPDATE hot_detail SET title = LL_REPLACED(title, $pattern, $stars),
    tags = LL_REPLACED_ALL(tags, $pattern, $stars)
WHERE LL_MATCHES(title, $pattern) OR LL_MATCHES(LL_JOINED(tags), $pattern);
UPDATE text_span SET title = LL_REPLACED(title, $pattern, $stars),
    tags = LL_REPLACED_ALL(tags, $pattern, $stars)
WHERE LL_MATCHES(title, $pattern) OR LL_MATCHES(LL_JOINED(tags), $pattern);
UPDATE ref_user SET description = LL_REPLACED(description, $pattern, $stars)
WHERE LL_MATCHES(description, $pattern)
