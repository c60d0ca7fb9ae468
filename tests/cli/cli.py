#!/usr/bin/env python3
"""Drives the program from outside and writes TAP. Usage: cli.py LIVELAKE SOURCE_ROOT

Each test is a function test_* of one Case: a folder of its own and a way to run the program in it.
"""
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

PROGRAM = sys.argv[1]
ROOT = pathlib.Path(sys.argv[2])
SECRET = "correct-horse-battery-staple"
LONG_QUERY = "SELECT count(*) FROM range(100000000000) a(x), range(100000) b(y) WHERE x + y = 3"


class Case:
    def __init__(self, folder):
        self.folder = folder

    def environment(self, extra):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LIVELAKE_")}
        # A program under ThreadSanitizer or AddressSanitizer keeps its settings.
        return {**kept, **extra}

    def run(self, *arguments, env=None, stdout=subprocess.PIPE):
        return subprocess.run([PROGRAM, *arguments], cwd=self.folder, env=self.environment(env or {}),
                              stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
                              timeout=300, check=False, encoding="utf-8")

    def expect(self, code, *arguments, says="", prints=None, **options):
        """Runs it; the exit code, a part of stderr and a part of stdout must be these."""
        done = self.run(*arguments, **options)
        told = f"{arguments}: exit {done.returncode}\nstdout: {done.stdout}\nstderr: {done.stderr}"
        assert done.returncode == code, told
        assert says in done.stderr, told
        if code not in (0, 1, 11) and done.stdout is not None:
            assert done.stdout == "", told
        if prints is not None:
            assert prints in done.stdout, told
        return done

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def commands(case):
    names = re.findall(r"^### (.+)$", case.expect(0, "help", "--markdown", "cli").stdout, re.M)
    listed = re.findall(r"^  (\S+)", case.expect(0, "help").stdout, re.M)
    assert set(names) <= set(listed), set(names) - set(listed)
    return names


def test_help_is_the_same_by_every_way(case):
    names = commands(case)
    assert {"init", "run", "ingest", "report", "query", "export", "config", "doctor", "help"} <= set(names), names
    for name in names:
        wanted = case.expect(0, "help", name)
        assert wanted.stderr == "" and f"livelake {name}" in wanted.stdout
        for arguments in ((name, "--help"), ("--help", name), (name, "-h"), (name, "--help", "--bogus")):
            assert case.expect(0, *arguments).stdout == wanted.stdout
    assert case.expect(0, "--help").stdout == case.expect(0, "help").stdout
    assert list(case.folder.iterdir()) == [], "help leaves nothing"


def test_version(case):
    assert case.expect(0, "--version").stdout.startswith("livelake 0.")


def test_usage_errors(case):
    for arguments, says in (
        ([], "which command?"),
        (["--bogus"], "unknown option --bogus"),
        (["--jsn"], "did you mean --json?"),
        (["reprot"], "did you mean `livelake report`?"),
        (["xyzzyplugh"], 'unknown command "xyzzyplugh"'),
        (["help", "xyzzy"], 'no help on "xyzzy"'),
        (["query"], "query needs SQL"),
        (["query", "SELECT 1", "SELECT 2"], 'unexpected "SELECT 2"'),
        (["query", "SELECT 1", "--format", "xml"], '"xml" is not one of table|json|csv|ndjson'),
        (["query", "SELECT 1", "--max-rows", "-1"], "out of range"),
        (["query", "SELECT 1", "--timeout", "soon"], "is not a duration"),
        (["query", "SELECT 1", "--memory", "lots"], "is not a size"),
        (["query", "SELECT 1", "--form", "csv"], "unknown option --form"),
        (["query", "SELECT 1", "--format"], "--format needs a value"),
        (["--lake", "a", "--lake", "b", "doctor"], "--lake was given more than once"),
        (["config"], "config needs check|show"),
        (["config", "edit"], "check or show"),
        (["export", "nothing", "--format", "csv", "--out", "-"], 'no view "nothing"'),
        (["export", "run", "--out", "x"], "needs --format and --out"),
        (["export", "run", "--format", "parquet", "--out", "-"], "Parquet goes to a file"),
        (["export", "genre", "--format", "csv", "--out", "-", "--from", "now"], "has no time"),
        (["export", "run", "--format", "csv", "--out", "-", "--from", "2026-02-30"], "is not a time"),
        (["export", "run", "--format", "csv", "--out", "-", "--from", "2026-02-02", "--to", "2026-02-01"],
         "--from must be before --to"),
        (["report"], "report needs "),
        (["report", "platform", "--filter", "chess"], "is not KEY:VALUE"),
        (["report", "platform", "--grain", "year"], "is not one of"),
        (["help", "--markdown", "poem"], 'no page "poem"'),
        (["run", "--once", "now"], 'unexpected "now"'),
        (["run", "--onec"], "unknown option --onec: did you mean --once?"),
        (["ingest", "--once"], "unknown option --once"),
        (["ingest", "--plan", "guess"], '"guess" is not one of auto|chain|languages|cross-check'),
        (["ingest", "--cadence", "often"], "is not a duration"),
        (["ingest", "--slot", "2026-02-30"], "is not a time"),
    ):
        case.expect(2, *arguments, says=says)
        case.expect(2, *arguments, says="try: livelake")
    assert list(case.folder.iterdir()) == [], "usage errors leave nothing"


def test_report_checks_its_request(case):
    case.expect(0, "init")
    for arguments, says in (
        (["nonsense"], "nonsense"),
        (["platform", "--from", "2026-02-30"], "2026-02-30"),
        (["platform", "--from", "2026-02-02", "--to", "2026-02-01"], ""),
        (["platform", "--tz", "Mars/Olympus_Mons"], "Mars/Olympus_Mons"),
        (["platform", "--sort", "beauty"], "beauty"),
    ):
        case.expect(2, "report", *arguments, says=says)


def test_report_answers_an_empty_lake(case):
    case.expect(0, "init")
    for what in "platform categories broadcasters genres game-modes languages sessions".split():
        answer = json.loads(case.expect(0, "report", what, "--json").stdout)
        assert isinstance(answer["data"], list) and "meta" in answer, answer
        assert case.expect(0, "report", what, "--format", "csv").stdout.count("\n") >= 1
    case.expect(0, "report", "genres", prints="IGDB.com")


def test_options_may_stand_anywhere(case):
    case.expect(0, "--lake", "one", "init")
    wanted = case.expect(0, "query", "SELECT 42 AS x", "--format", "csv", "--lake", "one").stdout
    assert wanted == "x\n42\n"
    for arguments in (["--format", "csv", "--lake=one", "query", "SELECT 42 AS x"],
                      ["--lake", "one", "query", "--format=csv", "SELECT 42 AS x"],
                      ["-q", "--lake", "one", "query", "--format=csv", "--", "SELECT 42 AS x"]):
        assert case.expect(0, *arguments).stdout == wanted
    assert case.expect(0, "query", "SELECT 42 AS x", "--format", "csv", env={"LIVELAKE_DIR": "one"}).stdout == wanted


def test_errors_as_json(case):
    for code, status, arguments in ((2, "usage", ["reprot"]), (4, "not found", ["query", "SELECT 1"]),
                                    (3, "invalid", ["config", "show", "--set", "a.b=c"])):
        done = case.expect(code, "--json", *arguments)
        error = json.loads(done.stderr)["error"]
        assert error["exit_code"] == code and error["status"] == status, error
        assert error["message"] and done.stderr.count("\n") == 1


def test_a_missing_lake(case):
    for arguments in (["query", "SELECT 1"], ["report", "platform"],
                      ["export", "run", "--format", "csv", "--out", "out.csv"]):
        case.expect(4, *arguments, "--lake", "nowhere",
                    says="no lake at nowhere: run `livelake init` or `livelake import`")
    assert list(case.folder.iterdir()) == []
    case.write("lake/notes.txt", "")
    case.expect(4, "query", "SELECT 1", "--lake", "lake", says="no lake at lake")
    case.expect(3, "init", "--lake", "lake", says="not empty")
    case.expect(3, "init", "--lake", "lake/notes.txt", says="is no folder")
    assert [p.name for p in (case.folder / "lake").iterdir()] == ["notes.txt"]


def test_init(case):
    done = json.loads(case.expect(0, "init", "--lake", "l", "--json").stdout)
    assert done == {"lake": "l", "config": "l/livelake.conf", "lake_made": True, "config_written": True}
    settings = json.loads((case.folder / "l/lake.json").read_text())
    assert settings["schema"] == 2 and settings["overrides"] is True
    before = (case.folder / "l/lake.json").read_bytes()
    case.write("l/livelake.conf", "query.timeout = 7s\n")
    case.expect(3, "init", "--lake", "l", says="nothing was changed")
    assert (case.folder / "l/livelake.conf").read_text() == "query.timeout = 7s\n"
    assert (case.folder / "l/lake.json").read_bytes() == before
    case.expect(0, "config", "check", "--lake", "l", prints="ok: l/livelake.conf")
    # A lake that lost its file gets one; a file that waits for its lake stays.
    (case.folder / "l/livelake.conf").unlink()
    case.expect(0, "init", "--lake", "l", prints="wrote l/livelake.conf")
    case.write("m/livelake.conf", "query.timeout = 7s\n")
    case.expect(0, "init", "--lake", "m", prints="kept m/livelake.conf")


def shown(case, *arguments, **options):
    values = json.loads(case.expect(0, "config", "show", "--json", *arguments, **options).stdout)
    return {v["key"]: v for v in values["values"]}


def test_sources_of_the_configuration(case):
    case.write("lake/livelake.conf", "# words\nlog.level = warn\nquery.timeout = 9s\nduckdb.memory = 2GiB\n")
    env = {"LIVELAKE_DIR": "lake", "LIVELAKE_QUERY_TIMEOUT": "8s", "LIVELAKE_DUCKDB_MEMORY": "3GiB"}
    values = shown(case, "--set", "duckdb.memory = 4GiB", env=env)
    assert values["lake.dir"]["where"] == "LIVELAKE_DIR"
    assert (values["log.level"]["value"], values["log.level"]["where"]) == ("warn", "lake/livelake.conf:2")
    assert (values["query.timeout"]["value"], values["query.timeout"]["source"]) == ("8s", "environment")
    assert (values["duckdb.memory"]["value"], values["duckdb.memory"]["source"]) == ("4GiB", "flag")
    assert values["query.max_rows"]["source"] == "default"
    case.expect(0, "config", "show", env=env, prints="(lake/livelake.conf:2)")
    assert shown(case, "--log-level", "error", env=env)["log.level"]["where"] == "--log-level"
    # Another file instead.
    case.write("other.conf", "lake.dir = lake\nquery.timeout = 5s\n")
    assert shown(case, "--config", "other.conf")["query.timeout"]["where"] == "other.conf:2"
    assert shown(case, env={"LIVELAKE_CONFIG": "other.conf"})["query.timeout"]["value"] == "5s"
    case.expect(4, "config", "check", "--config", "missing.conf", says="missing.conf")


def test_mistakes_of_the_configuration(case):
    for text, says in (("log.levle = info\n", 'c.conf:1: unknown key "log.levle": did you mean "log.level"?'),
                       ("\nquery.timeout = soon\n", "c.conf:2: query.timeout:"),
                       ("words\n", "c.conf:1: not a line of the form"),
                       ("log.level = info\nlog.level = info\n", "already set on line 1")):
        case.write("c.conf", text)
        for arguments in (["config", "check"], ["config", "show"], ["doctor"], ["query", "SELECT 1"]):
            case.expect(3, *arguments, "--config", "c.conf", says=says)
    case.expect(3, "config", "check", env={"LIVELAKE_LOG_LEVEL": "loud"}, says="LIVELAKE_LOG_LEVEL: log.level")
    case.expect(3, "config", "check", "--set", "log.level", says="not KEY=VALUE")
    case.write("livelake-data/livelake.conf", "lake.dir = elsewhere\n")
    case.expect(3, "config", "check", says="cannot stand in the lake's own file")


def test_secrets_are_never_shown(case):
    case.write("secret", SECRET + "\n")
    case.write("c.conf", "twitch.client_secret_file = secret\n")
    for options in ({"env": {"TWITCH_CLIENT_SECRET": SECRET}},
                    {"env": {"TWITCH_CLIENT_SECRET_FILE": "secret"}},
                    {"env": {"LIVELAKE_CONFIG": "c.conf"}}):
        assert shown(case, **options)["twitch.client_secret"]["value"] == "********"
        for arguments in (["config", "show"], ["config", "show", "--json"], ["config", "check"], ["doctor"]):
            done = case.run(*arguments, "--log-level", "debug", **options)
            assert done.returncode == 0 and SECRET not in done.stdout + done.stderr, done
    assert shown(case)["twitch.client_secret"]["value"] is None
    done = case.expect(3, "config", "show", "--set", "twitch.client_secret=" + SECRET, says="seen by every user")
    assert SECRET not in done.stderr
    (case.folder / "c.conf").chmod(0o644)
    case.expect(0, "doctor", env={"LIVELAKE_CONFIG": "c.conf"}, prints="others may read it")


def test_collecting_checks_its_settings(case):
    """All before anything is asked: nobody listens there."""
    keys = {"TWITCH_CLIENT_ID": "me", "TWITCH_CLIENT_SECRET": SECRET, "LIVELAKE_TWITCH_URL": "http://127.0.0.1:9/helix",
            "LIVELAKE_TWITCH_AUTH_URL": "http://127.0.0.1:9/oauth2"}
    for command in (["ingest"], ["run", "--once"]):
        none = {"TWITCH_CLIENT_ID": "", "TWITCH_CLIENT_SECRET": ""}
        case.expect(8, *command, says="no Twitch client id", env=none)
        error = json.loads(case.expect(8, *command, "--json", env=none).stderr)["error"]
        assert error["status"] == "auth" and error["exit_code"] == 8, error
        assert list(case.folder.iterdir()) == [], "no lake without credentials"
        case.expect(3, *command, "--cadence", "7m", says="must divide a day", env=keys)
        case.expect(3, *command, "--slot", "2026-01-01", says="is not the current one", env=keys)
        case.expect(3, *command, "--set", "twitch.url=ftp://x", says="twitch.url: not a usable address", env=keys)
        case.expect(3, *command, "--sim-clock", "http://api.example.invalid", says="--sim-clock", env=keys)
        shutil.rmtree(case.folder / "livelake-data")


def test_a_lake_in_use(case):
    case.expect(0, "init")
    with open(case.folder / "livelake-data/lake.lock", "r+", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711 import\n")
        lock.flush()
        for arguments in (["query", "SELECT 1"], ["report", "platform"], ["init"]):
            case.expect(5, *arguments, says="in use by `livelake import`, pid 4711")
        case.expect(0, "doctor", prints="pid 4711")
        case.expect(0, "config", "show")
    case.expect(0, "query", "SELECT 1")


def test_lakes_that_cannot_be_read(case):
    case.write("newer/lake.json", '{"schema":99}\n')
    case.expect(9, "query", "SELECT 1", "--lake", "newer", says="newer livelake")
    case.expect(1, "doctor", "--lake", "newer", prints="upgrade livelake")
    case.write("broken/lake.json", '{"schema":')
    case.expect(6, "query", "SELECT 1", "--lake", "broken", says="lake.json")
    case.expect(0, "init")
    case.write("livelake-data/warehouse.duckdb", "this is no database " * 1000)
    case.expect(6, "query", "SELECT 1", says="warehouse")
    answer = json.loads(case.expect(1, "doctor", "--json").stdout)
    assert answer["ok"] is False
    assert [c["result"] for c in answer["checks"] if c["check"] == "warehouse"] == ["fail"]


def test_doctor(case):
    case.expect(0, "doctor", prints="livelake init")
    assert list(case.folder.iterdir()) == [], "doctor makes no lake"
    case.expect(0, "init")
    answer = json.loads(case.expect(0, "doctor", "--json").stdout)
    assert answer["ok"] is True
    results = {c["check"]: c["result"] for c in answer["checks"]}
    for check in "clock config disk duckdb files lake lock permissions warehouse zones".split():
        assert check in results, results
    case.expect(1, "doctor", "--set", "duckdb.library=/no/such/library.so", prints="duckdb")


def test_query_formats(case):
    case.expect(0, "init")
    sql = "SELECT i, 't' || i AS t, CASE WHEN i = 1 THEN 0.5 END AS f FROM range(2) r(i) ORDER BY i"
    assert case.expect(0, "query", sql, "--format", "csv").stdout == "i,t,f\n0,t0,\n1,t1,0.5\n"
    lines = case.expect(0, "query", sql, "--format", "ndjson").stdout.splitlines()
    rows = [{"i": 0, "t": "t0", "f": None}, {"i": 1, "t": "t1", "f": 0.5}]
    assert [json.loads(line) for line in lines] == rows
    assert json.loads(case.expect(0, "query", sql, "--json").stdout)["data"] == rows
    case.expect(0, "query", sql, prints="t0")
    many = case.expect(0, "query", "SELECT * FROM range(50000) ORDER BY 1", "--format", "csv").stdout
    assert many == "range\n" + "".join(f"{i}\n" for i in range(50000))


def test_query_is_read_only(case):
    case.expect(0, "init")
    for sql in ("CREATE TABLE x (i INT)", "DROP TABLE run", "INSERT INTO meta VALUES ('a', 'b')",
                "COPY run TO 'out.csv'", "ATTACH 'x.db'", "SET memory_limit = '1TB'", "SELECT 1; DROP TABLE run",
                "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'", "LOAD httpfs"):
        done = case.expect(3, "query", sql)
        assert "root:" not in done.stderr
    case.expect(3, "query", "SELEC 1", says="syntax error")
    case.expect(0, "query", "SELECT count(*) FROM run")


def test_query_limits(case):
    case.expect(0, "init")
    sql = "SELECT * FROM range(10) ORDER BY 1"
    cut = case.expect(11, "query", sql, "--max-rows", "3", "--format", "csv", says="more than 3 rows")
    assert cut.stdout == "range\n0\n1\n2\n"
    case.expect(0, "query", sql, "--max-rows", "10")
    case.expect(0, "query", sql, "--max-rows", "0", "--set", "query.max_rows=1")
    case.expect(11, "query", sql, "--set", "query.max_rows=9", says="more than 9 rows")
    case.expect(11, "query", LONG_QUERY, "--timeout", "1s", says="time limit of 1 s")
    case.expect(11, "query", LONG_QUERY, "--set", "query.timeout=1s", says="time limit of 1 s")


def test_signals_stop_a_query(case):
    case.expect(0, "init")
    lock = case.folder / "livelake-data/lake.lock"
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with subprocess.Popen([PROGRAM, "query", LONG_QUERY, "--timeout", "5m"], cwd=case.folder,
                              env=case.environment({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            while not lock.read_text(encoding="utf-8"):
                assert process.poll() is None
            process.send_signal(number)
            _, errors = process.communicate(timeout=120)
            assert process.returncode == code, (process.returncode, errors)
            assert b"stopped by a signal" in errors
    case.expect(0, "query", "SELECT 1")


def test_write_errors_are_seen(case):
    case.expect(0, "init")
    for arguments in (["help"], ["--version"], ["config", "show"], ["query", "SELECT 1"],
                      ["query", "SELECT * FROM range(200000)", "--format", "csv", "--max-rows", "0"],
                      ["export", "run", "--format", "csv", "--out", "-"], ["report", "platform"]):
        with open("/dev/full", "w", encoding="utf-8") as full:
            case.expect(7, *arguments, stdout=full, says="standard output")
        reader, writer = os.pipe()
        os.close(reader)
        done = case.run(*arguments, stdout=writer)
        os.close(writer)
        assert done.returncode == 141 and "pipe" not in done.stderr, done
    closed = subprocess.run(["sh", "-c", '"$0" query "SELECT 1" >&-', PROGRAM], cwd=case.folder, check=False,
                            env=case.environment({}), stderr=subprocess.PIPE, encoding="utf-8")
    assert closed.returncode == 13 and "standard output" in closed.stderr, closed


def test_export(case):
    case.expect(0, "init")
    for view in ("observation session track text-span run coverage broadcaster broadcaster-name category "
                 "category-genre category-game-mode genre game-mode language").split():
        text = case.expect(0, "export", view, "--format", "csv", "--out", "-",
                           says="Data from Twitch. Game data from IGDB.com.").stdout
        assert "," in text.splitlines()[0]
    for form in ("csv", "ndjson", "parquet"):
        path = case.write("out." + form, "old")
        done = case.expect(0, "export", "genre", "--format", form, "--out", path.name, "--json", "--quiet")
        assert json.loads(done.stdout)["rows"] == 2 and done.stderr == ""
        content = path.read_bytes()
        assert content[:4] == b"PAR1" if form == "parquet" else b"Unmapped" in content
    case.expect(0, "export", "run", "--format", "csv", "--out", "r.csv", "--from", "now-1d", "--to", "now")
    names = {p.name for p in case.folder.iterdir()}
    assert names == {"livelake-data", "out.csv", "out.ndjson", "out.parquet", "r.csv"}, names


def test_export_fails_without_a_trace(case):
    case.expect(0, "init")
    case.write("kept.csv", "old")
    case.expect(4, "export", "run", "--format", "csv", "--out", "no/such/folder.csv")
    case.expect(3, "export", "run", "--format", "csv", "--out", "livelake-data", says="is a folder")
    case.write("livelake-data/warehouse.duckdb", "this is no database " * 1000)
    case.expect(6, "export", "run", "--format", "csv", "--out", "kept.csv")
    case.expect(6, "export", "run", "--format", "parquet", "--out", "new.parquet")
    assert (case.folder / "kept.csv").read_text() == "old"
    assert {p.name for p in case.folder.iterdir()} == {"livelake-data", "kept.csv"}


def test_pages_are_up_to_date(case):
    for page in ("cli", "config"):
        made = case.expect(0, "help", "--markdown", page).stdout
        kept = (ROOT / f"docs/{page}.md").read_text(encoding="utf-8")
        assert made == kept, f"docs/{page}.md is old: livelake help --markdown {page} >docs/{page}.md"


def main():
    tests = [(name, function) for name, function in globals().items() if name.startswith("test_")]
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    for number, (name, function) in enumerate(tests, 1):
        folder = tempfile.mkdtemp(prefix="livelake-cli-")
        try:
            function(Case(pathlib.Path(folder)))
            print(f"ok {number} - {name}", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print("# " + traceback.format_exc().replace("\n", "\n# "))
            print(f"not ok {number} - {name}", flush=True)
        finally:
            shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
