#include "app/cli/topics.h"

#include "app/exit.h"

static void write_exit_codes(struct ll_buf *out)
{
    size_t count;
    const struct ll_exit_info *codes = ll_exit_table(&count);
    for (size_t i = 0; i < count; i++)
        ll_buf_printf(out, "%4d  %-14s%s\n", codes[i].code, codes[i].name, codes[i].meaning);
}

static void write_formats(struct ll_buf *out)
{
    ll_buf_add(
        out,
        LL_STR(
            "What goes in\n"
            "  times      2026-11-23 (00:00 UTC), 2026-11-23T15:45:00Z, now, now-7d; the end of a\n"
            "             range is not in it\n"
            "  durations  a whole number and one of s m h d w: 90s, 15m, 36h, 7d, 2w\n"
            "  sizes      a whole number and a unit: 512MB (of 1000), 2GiB (of 1024)\n"
            "  runs       the start of their slot: 20261123T154500Z\n"
            "  zones      IANA names: Europe/Berlin; UTC where none is given\n"
            "\n"
            "What comes out\n"
            "  table      for people; the layout may change\n"
            "  csv        RFC 4180 with a line of names; an empty field is NULL\n"
            "  json       {\"data\":[…],\"meta\":{…}}; query has data alone\n"
            "  ndjson     one JSON object a line\n"
            "  parquet    export only, to a file; zstd\n"
            "\n"
            "With --json every command answers in JSON, and an error is one line on standard\n"
            "error: {\"error\":{\"status\",\"message\",\"exit_code\"}}. Data goes to standard "
            "output\n"
            "and nothing else does. Times in answers are UTC, but where --tz names a zone.\n"));
}

const struct ll_topic ll_topics[] = {
    {"exit-codes", "What the exit codes mean", write_exit_codes},
    {"formats", "How times, sizes and answers are written", write_formats},
};
const size_t ll_topic_count = LL_COUNT(ll_topics);
