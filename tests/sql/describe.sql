-- One hash a table over its rows, in whatever order they lie. Left out: when and by which generation a
-- thing was loaded, and details that no hot row names any more.
m4_define({{LL_DESCRIBE}}, {{SELECT '$1' AS name,
    (SELECT md5(COALESCE(string_agg(line, chr(10) ORDER BY line), '')) FROM (SELECT CAST(t AS TEXT) AS line FROM $2 AS t)) AS hash}})m4_dnl
LL_DESCRIBE(run, run)
UNION ALL LL_DESCRIBE(hot, hot)
UNION ALL LL_DESCRIBE(hot_detail, {{(
    SELECT d.* FROM hot_detail d
    WHERE EXISTS (SELECT 1 FROM hot h WHERE h.stream_id = d.stream_id AND h.detail_id = d.detail_id))}})
UNION ALL LL_DESCRIBE(track, track)
UNION ALL LL_DESCRIBE(text_span, text_span)
UNION ALL LL_DESCRIBE(broadcaster_day, broadcaster_day)
UNION ALL LL_DESCRIBE(category_day, category_day)
UNION ALL LL_DESCRIBE(rollup_slot, rollup_slot)
UNION ALL LL_DESCRIBE(category_term, category_term)
UNION ALL LL_DESCRIBE(ref_category, ref_category)
UNION ALL LL_DESCRIBE(ref_category_link, ref_category_link)
UNION ALL LL_DESCRIBE(ref_game, ref_game)
UNION ALL LL_DESCRIBE(ref_user, ref_user)
UNION ALL LL_DESCRIBE(ref_term, ref_term)
UNION ALL LL_DESCRIBE(load_ledger, (SELECT run_id FROM load_ledger))
UNION ALL LL_DESCRIBE(day_state, {{(SELECT day, closed, dirty, sealed FROM day_state)}})
UNION ALL LL_DESCRIBE(observation, observation)
UNION ALL LL_DESCRIBE(session, session)
UNION ALL LL_DESCRIBE(text_span_all, text_span_all)
UNION ALL LL_DESCRIBE(broadcaster_name, broadcaster_name)
ORDER BY name
