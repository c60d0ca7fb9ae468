-- What readers see. Run after schema.sql and again at each open, so every statement replaces.
-- Names ending in _all hold closed days (stored) and open days (computed from hot) alike.

-- The slot grid of each day.
CREATE OR REPLACE VIEW day_step AS
SELECT day, min(cadence_s) AS step_s FROM run GROUP BY day;

-- Open days, with what changes slowly beside each sample.
CREATE OR REPLACE VIEW hot_sample AS
SELECT run.day, run.cadence_s, run.status, hot.slot, hot.stream_id, hot.broadcaster_id, hot.category_id, hot.language,
    hot.viewer_count, hot.detail_id, d.started_at, d.login, d.display_name, d.category_name, d.type, d.title, d.tags
FROM hot
JOIN run ON run.slot = hot.slot
JOIN hot_detail d ON d.day = run.day AND d.stream_id = hot.stream_id AND d.detail_id = hot.detail_id;

-- One row for each stream and good slot. A filter on time belongs to observations(), which prunes.
CREATE OR REPLACE VIEW observation AS
LL_OBSERVATIONS(TRUE, TRUE, TRUE);

-- observations(from_s, to_s): the observations of [from_s, to_s), epoch seconds. Reads only the days it needs.
LL_TABLE_FUNCTION(observations, from_s, to_s, {{run_id TEXT, slot BIGINT, observed_at TIMESTAMP, day DATE, stream_id BIGINT,
    broadcaster_id BIGINT, category_id BIGINT, language TEXT, viewer_count INTEGER, weight_s INTEGER, complete BOOLEAN}})
LL_OBSERVATIONS({{slot >= from_s AND slot < to_s}}, {{day >= LL_DAY(from_s) AND day <= LL_DAY(to_s - 1)}},
    {{o.slot >= from_s AND o.slot < to_s}})
LL_TABLE_FUNCTION_END

CREATE OR REPLACE VIEW track_all AS
SELECT LL_TRACK_COLUMNS FROM track
UNION ALL
SELECT LL_TRACK_COLUMNS FROM (LL_TRACKS(hot_sample, day_step)) AS open_days;

CREATE OR REPLACE VIEW text_span_all AS
SELECT LL_TEXT_SPAN_COLUMNS FROM text_span
UNION ALL
SELECT LL_TEXT_SPAN_COLUMNS FROM (LL_TEXT_SPANS(hot_sample)) AS open_days;

-- Open days are summed by detail before the names are looked up: there are far fewer details than samples.
CREATE OR REPLACE VIEW hot_sum AS
SELECT run.day, hot.stream_id, hot.detail_id, hot.broadcaster_id, hot.category_id, min(hot.slot) AS first_slot,
    max(hot.slot) AS last_slot, count(*) AS samples, sum(hot.viewer_count) AS viewers_sum,
    sum(CAST(hot.viewer_count AS BIGINT) * run.cadence_s) AS viewer_seconds, sum(run.cadence_s) AS live_seconds,
    max(hot.viewer_count) AS peak, sum(CASE WHEN run.status = 'complete' THEN 1 ELSE 0 END) AS complete_samples,
    sum(CASE WHEN run.status = 'complete' THEN CAST(hot.viewer_count AS BIGINT) * run.cadence_s ELSE 0 END)
        AS complete_viewer_seconds,
    sum(CASE WHEN run.status = 'complete' THEN run.cadence_s ELSE 0 END) AS complete_live_seconds,
    max(CASE WHEN run.status = 'complete' THEN hot.viewer_count END) AS complete_peak
FROM hot JOIN run ON run.slot = hot.slot
GROUP BY run.day, hot.stream_id, hot.detail_id, hot.broadcaster_id, hot.category_id;

CREATE OR REPLACE VIEW broadcaster_day_all AS
SELECT LL_BROADCASTER_DAY_COLUMNS FROM broadcaster_day
UNION ALL
SELECT h.day, h.broadcaster_id, d.login, d.display_name, min(h.first_slot), max(h.last_slot),
    CAST(sum(h.samples) AS BIGINT), CAST(sum(h.viewers_sum) AS BIGINT), CAST(sum(h.viewer_seconds) AS BIGINT),
    CAST(sum(h.live_seconds) AS BIGINT), max(h.peak), CAST(sum(h.complete_samples) AS BIGINT),
    CAST(sum(h.complete_viewer_seconds) AS BIGINT), CAST(sum(h.complete_live_seconds) AS BIGINT), max(h.complete_peak)
FROM hot_sum h
JOIN hot_detail d ON d.day = h.day AND d.stream_id = h.stream_id AND d.detail_id = h.detail_id
GROUP BY h.day, h.broadcaster_id, d.login, d.display_name;

CREATE OR REPLACE VIEW category_day_all AS
SELECT LL_CATEGORY_DAY_COLUMNS FROM category_day
UNION ALL
SELECT h.day, h.category_id, d.category_name, min(h.first_slot), max(h.last_slot), CAST(sum(h.samples) AS BIGINT)
FROM hot_sum h
JOIN hot_detail d ON d.day = h.day AND d.stream_id = h.stream_id AND d.detail_id = h.detail_id
GROUP BY h.day, h.category_id, d.category_name;

-- For each run, the first complete run after it: where a session last seen in it has ended.
CREATE OR REPLACE VIEW run_end AS
SELECT slot, min(CASE WHEN status = 'complete' THEN slot END)
    OVER (ORDER BY slot ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS end_slot
FROM run;

CREATE OR REPLACE VIEW session_start AS
SELECT stream_id, min(started_at) AS started_at
FROM (
    SELECT stream_id, started_at FROM track
    UNION ALL
    SELECT h.stream_id, d.started_at
    FROM (SELECT DISTINCT day, stream_id, detail_id FROM hot_sum) AS h
    JOIN hot_detail d ON d.day = h.day AND d.stream_id = h.stream_id AND d.detail_id = h.detail_id
) AS starts
GROUP BY stream_id;

-- One stream from its first to its last sample. ended_at is NULL until a complete run has not found it.
CREATE OR REPLACE VIEW session AS
SELECT o.stream_id, o.broadcaster_id, s.started_at, o.first_slot, o.last_slot, LL_TIMESTAMP(e.end_slot) AS ended_at,
    o.samples, o.peak, o.viewer_seconds,
    CAST(o.viewer_seconds AS DOUBLE PRECISION) / 3600 AS hours_watched,
    CAST(o.live_seconds AS DOUBLE PRECISION) / 3600 AS airtime_hours,
    CAST(o.viewer_seconds AS DOUBLE PRECISION) / o.live_seconds AS average_viewers
FROM (
    SELECT stream_id, max(broadcaster_id) AS broadcaster_id, min(slot) AS first_slot, max(slot) AS last_slot,
        CAST(count(*) AS BIGINT) AS samples, max(viewer_count) AS peak,
        CAST(sum(CAST(viewer_count AS BIGINT) * weight_s) AS BIGINT) AS viewer_seconds,
        CAST(sum(weight_s) AS BIGINT) AS live_seconds
    FROM observation GROUP BY stream_id
) AS o
LEFT JOIN session_start s ON s.stream_id = o.stream_id
LEFT JOIN run_end e ON e.slot = o.last_slot;

-- What a stream was set to, in order; days are joined where the category went on.
CREATE OR REPLACE VIEW session_category AS
SELECT stream_id, min(category_id) AS category_id, min(first_slot) AS first_slot, max(last_slot) AS last_slot,
    CAST(sum(samples) AS BIGINT) AS samples, max(peak) AS peak
FROM (
    SELECT changes.*, sum(opens) OVER (PARTITION BY stream_id ORDER BY first_slot) AS stint
    FROM (
        SELECT stream_id, category_id, first_slot, first_slot + (array_length(viewers, 1) - 1) * step_s AS last_slot,
            samples, peak,
            CASE WHEN lag(category_id) OVER (PARTITION BY stream_id ORDER BY first_slot) = category_id THEN 0 ELSE 1 END AS opens
        FROM track_all
    ) AS changes
) AS stints
GROUP BY stream_id, stint;

-- Current names: the latest word of a stream row or a user dump.
CREATE OR REPLACE VIEW broadcaster AS
SELECT n.broadcaster_id, n.login, n.display_name, COALESCE(u.broadcaster_type, '') AS broadcaster_type, u.created_at,
    COALESCE(u.description, '') AS description, COALESCE(u.profile_image_url, '') AS profile_image_url
FROM (
    SELECT broadcaster_id, login, display_name,
        row_number() OVER (PARTITION BY broadcaster_id ORDER BY asserted_at DESC, login, display_name) AS place
    FROM (
        SELECT broadcaster_id, login, display_name, last_slot AS asserted_at FROM broadcaster_day_all
        UNION ALL
        SELECT broadcaster_id, login, display_name, asserted_at FROM ref_user
    ) AS names
) AS n
LEFT JOIN (
    SELECT *, row_number() OVER (PARTITION BY broadcaster_id ORDER BY asserted_at DESC, ref DESC) AS place FROM ref_user
) AS u ON u.broadcaster_id = n.broadcaster_id AND u.place = 1
WHERE n.place = 1;

CREATE OR REPLACE VIEW broadcaster_name AS
SELECT broadcaster_id, login, display_name, min(first_slot) AS first_slot, max(last_slot) AS last_slot
FROM (
    SELECT changes.*, sum(opens) OVER (PARTITION BY broadcaster_id ORDER BY first_slot, login, display_name) AS span
    FROM (
        SELECT broadcaster_id, login, display_name, first_slot, last_slot,
            CASE WHEN lag(login) OVER names = login AND lag(display_name) OVER names = display_name THEN 0 ELSE 1 END AS opens
        FROM broadcaster_day_all
        WINDOW names AS (PARTITION BY broadcaster_id ORDER BY first_slot, login, display_name)
    ) AS changes
) AS spans
GROUP BY broadcaster_id, span, login, display_name;

-- Current names; 0 is a stream without a category.
CREATE OR REPLACE VIEW category AS
SELECT k.category_id,
    CASE WHEN k.category_id = 0 THEN 'No category' ELSE COALESCE(n.name, o.name, '') END AS name,
    COALESCE(l.igdb_id, o.igdb_id) AS igdb_id,
    COALESCE(a.box_art_url, '') AS box_art_url,
    COALESCE(o.non_game, FALSE) AND COALESCE(l.igdb_id, o.igdb_id) IS NULL AS non_game
FROM (
    SELECT category_id FROM category_day_all
    UNION SELECT category_id FROM ref_category
    UNION SELECT category_id FROM category_override
    UNION SELECT 0
) AS k
LEFT JOIN (
    SELECT category_id, name, row_number() OVER (PARTITION BY category_id ORDER BY asserted_at DESC, samples DESC, name) AS place
    FROM (
        SELECT category_id, name, last_slot AS asserted_at, samples FROM category_day_all WHERE name <> ''
        UNION ALL
        SELECT category_id, name, asserted_at, 0 FROM ref_category WHERE name <> ''
    ) AS names
) AS n ON n.category_id = k.category_id AND n.place = 1
LEFT JOIN (
    SELECT category_id, igdb_id, row_number() OVER (PARTITION BY category_id ORDER BY asserted_at DESC, ref DESC, igdb_id DESC) AS place
    FROM LL_CATEGORY_LINKS
) AS l ON l.category_id = k.category_id AND l.place = 1
LEFT JOIN (
    SELECT category_id, box_art_url, row_number() OVER (PARTITION BY category_id ORDER BY asserted_at DESC, ref DESC) AS place
    FROM ref_category
) AS a ON a.category_id = k.category_id AND a.place = 1
LEFT JOIN category_override o ON o.category_id = k.category_id;

CREATE OR REPLACE VIEW category_name AS
SELECT category_id, name, min(first_slot) AS first_slot, max(last_slot) AS last_slot
FROM (
    SELECT changes.*, sum(opens) OVER (PARTITION BY category_id ORDER BY first_slot, name) AS span
    FROM (
        SELECT category_id, name, first_slot, last_slot,
            CASE WHEN lag(name) OVER (PARTITION BY category_id ORDER BY first_slot, name) = name THEN 0 ELSE 1 END AS opens
        FROM category_day_all
    ) AS changes
) AS spans
GROUP BY category_id, span, name;

-- Names of IGDB's terms; 0 and -1 are ours.
CREATE OR REPLACE VIEW term AS
SELECT kind, id, name, slug
FROM (
    SELECT kind, id, name, slug, row_number() OVER (PARTITION BY kind, id ORDER BY asserted_at DESC, ref DESC) AS place FROM ref_term
) AS latest
WHERE place = 1
UNION ALL
SELECT kind, id, name, slug
FROM (VALUES ('genre'), ('game_mode')) AS k(kind)
CROSS JOIN (VALUES (0, 'Unmapped', 'unmapped'), (-1, 'Non-game', 'non-game')) AS reserved(id, name, slug);

CREATE OR REPLACE VIEW genre AS
SELECT id AS genre_id, name, slug FROM term WHERE kind = 'genre';
CREATE OR REPLACE VIEW game_mode AS
SELECT id AS game_mode_id, name, slug FROM term WHERE kind = 'game_mode';
CREATE OR REPLACE VIEW theme AS
SELECT id AS theme_id, name, slug FROM term WHERE kind = 'theme';
CREATE OR REPLACE VIEW player_perspective AS
SELECT id AS player_perspective_id, name, slug FROM term WHERE kind = 'player_perspective';

-- Bridges: valid_from <= day < valid_to; k = how many the category has on those days.
CREATE OR REPLACE VIEW category_genre AS
SELECT category_id, term_id AS genre_id, k, valid_from, valid_to FROM category_term WHERE kind = 'genre';
CREATE OR REPLACE VIEW category_game_mode AS
SELECT category_id, term_id AS game_mode_id, k, valid_from, valid_to FROM category_term WHERE kind = 'game_mode';
CREATE OR REPLACE VIEW category_theme AS
SELECT category_id, term_id AS theme_id, k, valid_from, valid_to FROM category_term WHERE kind = 'theme';
CREATE OR REPLACE VIEW category_player_perspective AS
SELECT category_id, term_id AS player_perspective_id, k, valid_from, valid_to
FROM category_term WHERE kind = 'player_perspective';

-- English names of the languages that Twitch knows: its API names codes alone.
CREATE OR REPLACE VIEW language_name AS
SELECT code, name FROM (VALUES
    ('ar', 'Arabic'), ('asl', 'American Sign Language'), ('bg', 'Bulgarian'), ('ca', 'Catalan'), ('cs', 'Czech'),
    ('da', 'Danish'), ('de', 'German'), ('el', 'Greek'), ('en', 'English'), ('es', 'Spanish'), ('et', 'Estonian'),
    ('eu', 'Basque'), ('fi', 'Finnish'), ('fr', 'French'), ('gl', 'Galician'), ('he', 'Hebrew'), ('hi', 'Hindi'),
    ('hr', 'Croatian'), ('hu', 'Hungarian'), ('id', 'Indonesian'), ('is', 'Icelandic'), ('it', 'Italian'),
    ('ja', 'Japanese'), ('ka', 'Georgian'), ('kk', 'Kazakh'), ('ko', 'Korean'), ('lt', 'Lithuanian'),
    ('lv', 'Latvian'), ('mk', 'Macedonian'), ('ms', 'Malay'), ('nl', 'Dutch'), ('no', 'Norwegian'),
    ('other', 'Other'), ('pl', 'Polish'), ('pt', 'Portuguese'), ('ro', 'Romanian'), ('ru', 'Russian'),
    ('sk', 'Slovak'), ('sl', 'Slovenian'), ('sq', 'Albanian'), ('sr', 'Serbian'), ('sv', 'Swedish'), ('th', 'Thai'),
    ('tl', 'Tagalog'), ('tr', 'Turkish'), ('uk', 'Ukrainian'), ('uz', 'Uzbek'), ('vi', 'Vietnamese'),
    ('zh', 'Chinese'), ('zh-hk', 'Cantonese')
) AS known(code, name);

-- Languages of the dumps, and codes seen that no dump names.
CREATE OR REPLACE VIEW language AS
SELECT c.code, COALESCE(n.name, k.name, CASE WHEN c.code = '' THEN 'Unknown' ELSE c.code END) AS name
FROM (SELECT code FROM ref_language UNION SELECT language FROM rollup_slot WHERE dim = 'language') AS c
LEFT JOIN language_name k ON k.code = c.code
LEFT JOIN (
    SELECT code, name, row_number() OVER (PARTITION BY code ORDER BY asserted_at DESC, ref DESC) AS place FROM ref_language
) AS n ON n.code = c.code AND n.place = 1;

-- What was collected of each day. Expected counts the whole day, also of one that is not over. why: the reason
-- that most of its runs give that are not complete.
CREATE OR REPLACE VIEW coverage AS
SELECT days.day, expected, good, complete, partial, failed, missed,
    CAST(good AS DOUBLE PRECISION) / expected AS slot_coverage, sweep_coverage, COALESCE(reasons.why, '') AS why
FROM (
    SELECT day, LL_IDIV(86400, min(cadence_s)) AS expected,
        CAST(sum(CASE WHEN status IN ('complete', 'partial') THEN 1 ELSE 0 END) AS BIGINT) AS good,
        CAST(sum(CASE WHEN status = 'complete' THEN 1 ELSE 0 END) AS BIGINT) AS complete,
        CAST(sum(CASE WHEN status = 'partial' THEN 1 ELSE 0 END) AS BIGINT) AS partial,
        CAST(sum(CASE WHEN status = 'failed' THEN 1 ELSE 0 END) AS BIGINT) AS failed,
        CAST(sum(CASE WHEN status = 'missed' THEN 1 ELSE 0 END) AS BIGINT) AS missed,
        avg(CASE WHEN status IN ('complete', 'partial') THEN sweep_coverage END) AS sweep_coverage
    FROM run GROUP BY day
) AS days
LEFT JOIN (
    SELECT day, why, row_number() OVER (PARTITION BY day ORDER BY count(*) DESC, why) AS place
    FROM run WHERE why <> '' GROUP BY day, why
) AS reasons ON reasons.day = days.day AND reasons.place = 1;

-- The original pipeline's star schema: its tables and columns. Its days and times of day are wall
-- clock of the zone meta('origin_timezone'); ids are text.
CREATE OR REPLACE VIEW origin_slot AS
SELECT slot, cadence_s, LL_LOCAL(zone, LL_TIMESTAMP(slot)) AS local_at
FROM run
CROSS JOIN (
    SELECT COALESCE((SELECT value FROM meta WHERE key = 'origin_timezone'), 'America/Los_Angeles') AS zone
) AS settings
WHERE status IN ('complete', 'partial');

CREATE OR REPLACE VIEW streams AS
SELECT CAST(o.stream_id AS TEXT) AS stream_id,
    LL_FORMAT(s.local_at, '%Y%m%d', 'YYYYMMDD') AS day_date_id,
    LL_FORMAT(s.local_at, '%H%M', 'HH24MI') AS time_of_day_id,
    CAST(o.broadcaster_id AS TEXT) AS user_id, CAST(o.category_id AS TEXT) AS category_id, o.language AS language_id,
    o.viewer_count, CAST(o.viewer_count AS DOUBLE PRECISION) * s.cadence_s / 3600 AS hours_watched
FROM observation o JOIN origin_slot s ON s.slot = o.slot;

CREATE OR REPLACE VIEW users AS
SELECT CAST(broadcaster_id AS TEXT) AS user_id, display_name AS user_name, login AS login_name, broadcaster_type
FROM broadcaster;

CREATE OR REPLACE VIEW categories AS
SELECT CAST(category_id AS TEXT) AS category_id, CAST(igdb_id AS TEXT) AS igdb_id, name AS category_name FROM category;

CREATE OR REPLACE VIEW genres AS
SELECT CAST(genre_id AS TEXT) AS genre_id, name AS genre_name FROM genre WHERE genre_id > 0;

CREATE OR REPLACE VIEW game_modes AS
SELECT CAST(game_mode_id AS TEXT) AS game_mode_id, name AS game_mode_name FROM game_mode WHERE game_mode_id > 0;

CREATE OR REPLACE VIEW genre_bridge AS
SELECT CAST(category_id AS TEXT) AS category_id, CAST(genre_id AS TEXT) AS genre_id
FROM category_genre WHERE genre_id > 0 AND valid_to = DATE '9999-12-31';

CREATE OR REPLACE VIEW game_mode_bridge AS
SELECT CAST(category_id AS TEXT) AS category_id, CAST(game_mode_id AS TEXT) AS game_mode_id
FROM category_game_mode WHERE game_mode_id > 0 AND valid_to = DATE '9999-12-31';

CREATE OR REPLACE VIEW languages AS
SELECT code AS language_id, name AS language_name FROM language;

CREATE OR REPLACE VIEW day_dates AS
SELECT LL_FORMAT(the_date, '%Y%m%d', 'YYYYMMDD') AS day_date_id, the_date,
    LL_FORMAT(the_date, '%m/%d/%Y', 'MM/DD/YYYY') AS "date_MMDDYYYY",
    LL_FORMAT(the_date, '%A', 'FMDay') AS day_of_week, LL_FORMAT(the_date, '%m', 'MM') AS month,
    LL_FORMAT(the_date, '%d', 'DD') AS day, LL_FORMAT(the_date, '%Y', 'YYYY') AS year,
    LL_FORMAT(the_date, '%B', 'FMMonth') AS month_name, upper(LL_FORMAT(the_date, '%b', 'Mon')) AS month_abbrev,
    LL_FORMAT(the_date, '%y', 'YY') AS "year_YY"
FROM (
    SELECT LL_DAY(second) AS the_date
    FROM (
        SELECT LL_SERIES(LL_EPOCH(CAST(first_day AS TIMESTAMP)), LL_EPOCH(CAST(last_day AS TIMESTAMP)), 86400) AS second
        FROM (
            SELECT LEAST(min(day) - 1, DATE '2025-01-01') AS first_day, GREATEST(max(day) + 1, DATE '2027-12-31') AS last_day
            FROM run
        ) AS bounds
    ) AS seconds
) AS dates;

CREATE OR REPLACE VIEW time_of_day AS
SELECT LL_FORMAT(moment, '%H%M', 'HH24MI') AS time_of_day_id, LL_FORMAT(moment, '%H:%M', 'HH24:MI') AS time_24h,
    LL_FORMAT(moment, '%I:%M %p', 'HH12:MI AM') AS time_12h, hour, LL_IDIV(second, 60) % 60 AS minute,
    CASE WHEN hour < 12 THEN 'AM' ELSE 'PM' END AS "AM_PM",
    CASE WHEN hour BETWEEN 5 AND 11 THEN 'morning' WHEN hour BETWEEN 12 AND 16 THEN 'afternoon'
        WHEN hour BETWEEN 17 AND 20 THEN 'evening' ELSE 'night' END AS part_of_day
FROM (
    SELECT second, LL_TIMESTAMP(second) AS moment, LL_IDIV(second, 3600) AS hour
    FROM (
        SELECT LL_SERIES(0, 86399, CAST(LEAST(step_s, 900) AS BIGINT)) AS second
        FROM (SELECT GREATEST(COALESCE(min(cadence_s), 900), 60) AS step_s FROM run) AS grid
    ) AS seconds
) AS times;
