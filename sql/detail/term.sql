-- The genre or game mode $id ($kind), and how many categories have it now.
SELECT CAST(t.id AS TEXT) AS id, t.name, t.slug, (
        SELECT CAST(count(*) AS BIGINT) FROM category_term b
        WHERE b.kind = t.kind AND b.term_id = t.id AND b.valid_to = DATE '9999-12-31'
    ) AS categories
FROM term t WHERE t.kind = $kind AND t.id = $id
