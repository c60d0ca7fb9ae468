"""Command lines and configurations that are wrong."""
from program import environment

INVALID, NOT_FOUND, USAGE, LIMIT, UNSUPPORTED = 3, 4, 2, 11, 9
RANGE = ("--from", "2026-05-11", "--to", "2026-05-14")

# (words, exit code, phrases of standard error)
COMMANDS = [
    (("frobnicate",), USAGE, 'unknown command "frobnicate"', "livelake --help"),
    (("statsu",), USAGE, "did you mean `livelake status`?"),
    (("status", "--lkae=x"), USAGE, "unknown option --lkae: did you mean --lake?"),
    (("status", "a", "b"), USAGE, 'unexpected "b"', "livelake status --help"),
    (("query",), USAGE, "query needs SQL"),
    (("import", "origin"), USAGE, "which folder?"),
    (("import", "elsewhere", "x"), USAGE, "only `origin` can be imported"),
    (("report", "platform", "--from", "yesterday"), USAGE, "from 'yesterday' is no time", "now-7d"),
    (("report", "platform", "--from", "2026-02-30"), USAGE, "from '2026-02-30' is no time"),
    (("report", "platform", "--from", "2026-05-12", "--to", "2026-05-11"), USAGE,
     "the range is empty"),
    (("report", "platform", "--tz", "Mars/Olympus", *RANGE), USAGE,
     "unknown time zone 'Mars/Olympus'", "IANA name"),
    (("report", "categories", "--sort", "fun", *RANGE), USAGE, "sort 'fun' is not one of",
     "hours_watched", "peak_viewers"),
    (("report", "teams", *RANGE), USAGE, "'teams' is not one of", "game-modes"),
    (("report", "categories", "--filter", "colour=red", *RANGE), USAGE,
     "filter 'colour' is not one of category"),
    (("report", "categories", "--filter", "category=No Such Game", *RANGE), USAGE,
     "no category is called 'No Such Game'"),
    (("report", "categories", "--filter", "category"), USAGE, "filter 'category' is not KEY:VALUE"),
    (("report", "categories", "--grain", "minute"), USAGE, '"minute" is not one of none|slot|hour'),
    (("report", "categories", "--limit", "-3"), USAGE, "-3 is out of range"),
    (("import", "origin", ".", "--timezone", "Mars/Olympus"), INVALID,
     'unknown time zone "Mars/Olympus"', "America/Los_Angeles"),
    (("import", "origin", ".", "--cadence", "7m"), USAGE, "divides a day"),
    (("close-day", "2026-13-01"), USAGE, "not a date such as"),
    (("replay",), USAGE, "needs --from and --to"),
    (("replay", "--from", "soon", "--to", "now"), USAGE, '"soon" is not a time such as'),
    (("status", "20200101T000000Z"), NOT_FOUND, "no raw manifest of 20200101T000000Z"),
    (("status", "xyz"), INVALID, '"xyz" is no run id', "20261123T154500Z"),
    (("query", "SELECT"), INVALID, "Parser Error"),
    (("query", "SELECT nope FROM run"), INVALID, '"nope" not found', "Candidate bindings"),
    (("query", "DROP TABLE run"), INVALID, "only SELECT"),
    (("query", "SELECT 1; DROP TABLE run"), INVALID, "only SELECT"),
    (("query", "SELECT * FROM read_csv('x')"), INVALID, "read_csv cannot be used here"),
    (("query", "SELECT count(*) FROM range(100000000000)", "--timeout", "1s"), LIMIT,
     "time limit of 1 s"),
]

# (text of livelake.conf, phrases)
FILES = [
    ("foo.bar = 1\n", 'livelake.conf:1: unknown key "foo.bar"'),
    ("\n# x\nduckdb.memori = 1GiB\n", "livelake.conf:3:", 'did you mean "duckdb.memory"?'),
    ("duckdb.memory = lots\n", 'duckdb.memory: "lots" is not a size such as 512MB'),
    ("duckdb.memory = 1\n", "out of range"),
    ("duckdb.threads = -1\n", "-1 is out of range: 0 to 1024"),
    ("query.timeout = soon\n", '"soon" is not a duration such as 90s'),
    ("log.level = loud\n", '"loud" is not one of debug|info'),
    ("log.level\n", "livelake.conf:1: not a line of the form `section.key = value`"),
    ("log.level = info\nlog.level = warn\n", "livelake.conf:2:", "already set on line 1"),
    ("lake.dir = x\n", "livelake.conf:1:", "lake.dir"),
    (b"log.level = \xff\n", "livelake.conf:1: not UTF-8"),
]


def cases(bench):
    program = bench.lake("arguments")

    def command(words, code, *phrases):
        return lambda: bench.expect(program, words, code, *phrases)

    def file(text, *phrases):
        def check():
            path = program.lake / "livelake.conf"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            bench.expect(program, ("status",), INVALID, *phrases)
            bench.expect(program, ("config", "check"), INVALID, *phrases)
            path.unlink()
        return check

    def partial_answer():
        rows = bench.expect(program, ("query", "SELECT * FROM range(9)", "--max-rows", "2",
                                      "--format", "csv"), LIMIT, "more than 2 rows", "--max-rows",
                            out=None)
        assert rows.stdout.split() == ["range", "0", "1"], rows.stdout

    def json_error():
        done = bench.expect(program, ("query", "SELECT", "--json"), INVALID, '"exit_code":3',
                            '"status":"invalid"')
        assert done.stderr.count("\n") == 1, done.stderr

    found = [(" ".join(words), command(words, code, *phrases))
             for words, code, *phrases in COMMANDS]
    found += [(f"livelake.conf with {text!r}", file(text, *phrases)) for text, *phrases in FILES]
    return found + [
        ("--set with an unknown key",
         command(("status", "--set", "a.b=1"), INVALID, '--set: unknown key "a.b"')),
        ("--set without a value", command(("status", "--set", "x"), INVALID, "not KEY=VALUE")),
        ("a configuration file that does not exist",
         command(("status", "--config", "nope.conf"), NOT_FOUND, "nope.conf: no such file")),
        ("a wrong value in the environment",
         lambda: bench.expect(program, ("status",), INVALID, "LIVELAKE_LOG_LEVEL", '"loud"',
                              env=environment(LIVELAKE_LOG_LEVEL="loud"))),
        ("no DuckDB", command(("status", "--set", "duckdb.library=/nowhere/lib.so"), UNSUPPORTED,
                              "DuckDB cannot be loaded", "LIVELAKE_DUCKDB")),
        ("more rows than may be printed", partial_answer),
        ("an error as JSON", json_error),
        ("no lake there", lambda: bench.expect(bench.lake("nowhere", None), ("status",), NOT_FOUND,
                                               "no lake at", "livelake init")),
    ]
