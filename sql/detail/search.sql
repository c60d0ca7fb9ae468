-- What is called like $text: names that are it, then that begin with it, then that hold it; categories and terms before
-- broadcasters, those seen most before others.
WITH named AS (
    SELECT 1 AS place, 'category' AS kind, CAST(c.category_id AS TEXT) AS id, c.name, '' AS login, COALESCE(d.samples, 0) AS size
    FROM category c LEFT JOIN (SELECT category_id, sum(samples) AS samples FROM category_day_all GROUP BY category_id) AS d
        ON d.category_id = c.category_id
    UNION ALL
    SELECT 2, kind, CAST(id AS TEXT), name, '', 0 FROM term WHERE kind IN ('genre', 'game_mode')
    UNION ALL
    SELECT 2, 'language', code, name, '', 0 FROM language
    UNION ALL
    SELECT 3, 'broadcaster', CAST(broadcaster_id AS TEXT), max(display_name), max(login), sum(samples)
    FROM broadcaster_day_all
    WHERE contains(lower(login), lower($text)) OR contains(lower(display_name), lower($text))
    GROUP BY broadcaster_id
)
SELECT kind, id, name, login FROM named
WHERE contains(lower(name), lower($text)) OR contains(lower(login), lower($text)) OR (kind = 'language' AND id = lower($text))
ORDER BY CASE WHEN lower(name) = lower($text) OR lower(login) = lower($text) THEN 0
        WHEN starts_with(lower(name), lower($text)) OR starts_with(lower(login), lower($text)) THEN 1 ELSE 2 END,
    place, size DESC, name, id
LIMIT CAST($limit AS BIGINT)
