-- category_term as a pure function of ref_category, ref_category_link, ref_game and category_override,
-- then the genre and game mode roll-ups of the slots that a changed category was live in.
DELETE FROM stage_version;
INSERT INTO stage_version (kind, category_id, term_id, k, valid_from, valid_to)
WITH link AS ( -- the last word of each day: later instant, then larger ref
    SELECT category_id, igdb_id, LL_DAY(asserted_at) AS day,
        row_number() OVER (PARTITION BY category_id, LL_DAY(asserted_at) ORDER BY asserted_at DESC, ref DESC, igdb_id DESC) AS place
    FROM LL_CATEGORY_LINKS
), link_change AS (
    SELECT category_id, igdb_id, day, lag(igdb_id) OVER (PARTITION BY category_id ORDER BY day) AS before
    FROM link WHERE place = 1
), link_version AS (
    SELECT category_id, igdb_id,
        CASE WHEN row_number() OVER category = 1 THEN DATE '0001-01-01' ELSE day END AS valid_from,
        COALESCE(lead(day) OVER category, DATE '9999-12-31') AS valid_to
    FROM link_change WHERE before IS DISTINCT FROM igdb_id
    WINDOW category AS (PARTITION BY category_id ORDER BY day)
    UNION ALL
    SELECT o.category_id, o.igdb_id, DATE '0001-01-01', DATE '9999-12-31'
    FROM category_override o
    WHERE o.igdb_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM link WHERE link.category_id = o.category_id)
), list AS (
    SELECT 'genre' AS kind, igdb_id, asserted_at, ref, genres AS terms FROM ref_game WHERE genres IS NOT NULL
    UNION ALL
    SELECT 'game_mode', igdb_id, asserted_at, ref, game_modes FROM ref_game WHERE game_modes IS NOT NULL
    UNION ALL
    SELECT 'theme', igdb_id, asserted_at, ref, themes FROM ref_game WHERE themes IS NOT NULL
    UNION ALL
    SELECT 'player_perspective', igdb_id, asserted_at, ref, player_perspectives FROM ref_game WHERE player_perspectives IS NOT NULL
), list_day AS (
    SELECT kind, igdb_id, terms, LL_DAY(asserted_at) AS day,
        row_number() OVER (PARTITION BY kind, igdb_id, LL_DAY(asserted_at) ORDER BY asserted_at DESC, ref DESC, terms DESC) AS place
    FROM list
), list_change AS (
    SELECT kind, igdb_id, terms, day, lag(terms) OVER (PARTITION BY kind, igdb_id ORDER BY day) AS before
    FROM list_day WHERE place = 1
), list_version AS (
    SELECT kind, igdb_id, terms,
        CASE WHEN row_number() OVER game = 1 THEN DATE '0001-01-01' ELSE day END AS valid_from,
        COALESCE(lead(day) OVER game, DATE '9999-12-31') AS valid_to
    FROM list_change WHERE before IS DISTINCT FROM terms
    WINDOW game AS (PARTITION BY kind, igdb_id ORDER BY day)
), listed AS (
    SELECT g.kind, c.category_id, unnest(g.terms) AS term_id, array_length(g.terms, 1) AS k,
        GREATEST(c.valid_from, g.valid_from) AS valid_from, LEAST(c.valid_to, g.valid_to) AS valid_to
    FROM link_version c JOIN list_version g ON g.igdb_id = c.igdb_id
        AND c.valid_from < g.valid_to AND g.valid_from < c.valid_to
)
SELECT kind, category_id, term_id, CAST(k AS INTEGER), valid_from, valid_to FROM listed
UNION ALL
SELECT d.kind, o.category_id, -1, 1, DATE '0001-01-01', DATE '9999-12-31'
FROM category_override o CROSS JOIN (VALUES ('genre'), ('game_mode')) AS d(kind)
WHERE o.non_game AND o.igdb_id IS NULL AND NOT EXISTS (SELECT 1 FROM link WHERE link.category_id = o.category_id);

DELETE FROM stage_change;
INSERT INTO stage_change (kind, category_id)
SELECT DISTINCT kind, category_id FROM (
    (SELECT kind, category_id, term_id, k, valid_from, valid_to FROM stage_version
        EXCEPT SELECT kind, category_id, term_id, k, valid_from, valid_to FROM category_term)
    UNION ALL
    (SELECT kind, category_id, term_id, k, valid_from, valid_to FROM category_term
        EXCEPT SELECT kind, category_id, term_id, k, valid_from, valid_to FROM stage_version)
) AS difference;

DELETE FROM category_term
WHERE EXISTS (SELECT 1 FROM stage_change c WHERE c.kind = category_term.kind AND c.category_id = category_term.category_id);
INSERT INTO category_term (kind, category_id, term_id, k, valid_from, valid_to)
SELECT v.kind, v.category_id, v.term_id, v.k, v.valid_from, v.valid_to
FROM stage_version v JOIN stage_change c ON c.kind = v.kind AND c.category_id = v.category_id;

DELETE FROM stage_slot;
INSERT INTO stage_slot (slot)
SELECT DISTINCT slot FROM rollup_slot
WHERE dim = 'category' AND key IN (SELECT category_id FROM stage_change WHERE kind IN ('genre', 'game_mode'));
DELETE FROM rollup_slot WHERE dim IN ('genre', 'game_mode') AND slot IN (SELECT slot FROM stage_slot);
LL_ROLLUP_TERMS

DELETE FROM stage_version;
DELETE FROM stage_change;
DELETE FROM stage_slot;
