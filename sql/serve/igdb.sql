-- How many categories are known to be a game of IGDB's, or no game at all; and their share of the hours watched.
SELECT CAST(count(*) AS BIGINT) AS categories, CAST(count(igdb_id) AS BIGINT) AS mapped,
    CAST(sum(CASE WHEN non_game THEN 1 ELSE 0 END) AS BIGINT) AS non_games,
    (
        SELECT CAST(sum(CASE WHEN c.igdb_id IS NOT NULL OR c.non_game THEN r.viewers * run.cadence_s ELSE 0 END) AS DOUBLE PRECISION)
            / sum(r.viewers * run.cadence_s)
        FROM rollup_slot r JOIN run ON run.slot = r.slot LEFT JOIN category c ON c.category_id = r.key
        WHERE r.dim = 'category' AND r.slot >= $from_s AND r.slot < $to_s
    ) AS share_of_hours
FROM category WHERE category_id <> 0
