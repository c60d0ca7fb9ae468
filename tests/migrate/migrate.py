#!/usr/bin/env python3
"""Lakes of schema 1 become lakes of this program's schema. Writes TAP.

Usage: migrate.py LIVELAKE SIM DUCKDB KILLER ROOT

An old lake is made of a new one: its warehouse by the SQL of that time (tests/sql/warehouse_v1.sql),
its lake.json by the number in it. LIVELAKE_TEST_KILLS is at how many calls `migrate` is killed (6,
or "all").
"""
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("support", "bad_input", "daemon"):
    sys.path.insert(0, str(HERE.parent / folder))
from daemon_support import Daemon, Lake
from damage import foreign_sql
from disks import remount, small_disk
from program import Tap, VOLATILE, differences, environment, hash_tree
from simulator import Simulator

OK, DIFFERENT, INVALID, DISK_FULL, UNSUPPORTED, OUTDATED = 0, 1, 3, 7, 9, 14
SCHEMAS = {"lake": 2, "warehouse": 3}  # this program's
TABLES = ("run", "observation", "session", "rollup_slot", "track", "text_span_all",
          "broadcaster_day_all", "category_day_all", "category_term", "coverage", "day_state",
          "(SELECT run_id, generation, manifest_sha256, schema_version FROM load_ledger)")
DIGEST = " UNION ALL ".join(
    f"SELECT {number} AS number, count(*) AS rows, md5(coalesce(string_agg(r::VARCHAR, chr(10) "
    f"ORDER BY r::VARCHAR), '')) AS digest FROM {t} AS r" for number, t in enumerate(TABLES))
DAYS = ("--from", "2026-05-11", "--to", "2026-05-13")
READERS = (("status",), ("query", "SELECT 1"), ("report", "platform", *DAYS), ("verify",),
           ("export", "run", *DAYS, "--format", "csv", "--out", "/dev/null"))
WRITERS = (("reconcile",), ("process",), ("curate",), ("close-day",), ("replay", *DAYS),
           ("retention",), ("init",), ("forget", "4711", "--yes"))
CREDENTIALS = {"TWITCH_CLIENT_ID": "id", "TWITCH_CLIENT_SECRET": "secret"}


class Bench:
    def __init__(self, arguments, folder):
        self.path, self.simulator, self.duckdb, self.killer, self.root = arguments
        self.folder, self.lakes = folder, 0
        self.capture = folder / "capture"
        self.v1 = (self.root / "tests/sql/warehouse_v1.sql").read_text()
        for seed, slots, start in ((3, 20, "2026-05-11T14:30"), (4, 6, "2099-01-02T08:00")):
            subprocess.run([sys.executable, self.root / "tests/origin/make-capture", self.capture,
                            "--slots", str(slots), "--streams", "10", "--seed", str(seed),
                            "--start", start], check=True, stdout=subprocess.DEVNULL)
        new = Lake(self.path, folder / "new")
        new.must("import", "origin", self.capture, "--timezone", "America/Los_Angeles")
        new.must("reconcile")
        self.expected = self.digest(new)
        assert {row["closed"] for row in json.loads(
            new.must("query", "SELECT closed FROM day_state", "--format", "json"))["data"]} \
            == {True, False}
        self.make_old(new.lake)
        (folder / "new").rename(folder / "old")

    def make_old(self, lake):
        path, new = lake / "warehouse.duckdb", lake / "warehouse.new"
        path.rename(new)
        tables = re.findall(r"^CREATE TABLE (\w+)", self.v1, re.M)
        copies = [f"INSERT INTO {t} BY NAME SELECT * "
                  f"{'EXCLUDE (why) ' if t == 'run' else ''}FROM new.{t}" for t in tables]
        foreign_sql(self, path, self.v1, f"ATTACH '{new}' AS new", *copies,
                    "UPDATE meta SET value = '1' WHERE key = 'schema_version'", "DETACH new")
        new.unlink()
        self.set_schema(lake, 1)

    @staticmethod
    def set_schema(lake, number):
        path = lake / "lake.json"
        text, count = re.subn(r'"schema":\d+', f'"schema":{number}', path.read_text())
        assert count == 1, text
        path.write_text(text)

    def lake(self, base="old", folder=None):
        self.lakes += 1
        path = (folder or self.folder) / f"lake-{self.lakes}"
        shutil.copytree(self.folder / base, path)
        return Lake(self.path, path)

    def digest(self, program):
        return program.must("query", DIGEST, "--format", "csv").splitlines()

    def is_migrated(self, program):
        """Clean, of the rows it had, and of those that its layers make."""
        assert versions(program) == tuple(SCHEMAS.values())
        verified = program.must("verify")
        assert verified.startswith("good: 0 differences"), verified
        assert self.digest(program) == self.expected, "other rows"
        left = [p.name for p in program.lake.iterdir() if p.name.endswith(".tmp")
                and p.name != ".tmp" or p.name == "migrate.json"]
        assert not left, left

    def rebuilt(self, program):
        (program.lake / "warehouse.duckdb").unlink()
        program.must("curate")
        program.must("reconcile")
        self.is_migrated(program)


def versions(program):
    said = json.loads(program.must("migrate", "--dry-run", "--json"))
    return said["lake"]["from"], said["warehouse"]["from"]


def snapshots(lake):
    return (sorted(p.name for p in lake.glob("lake.v*.json")),
            sorted(p.name for p in lake.glob("warehouse.v*.duckdb")))


def expect(program, words, code, *phrases, **env):
    done = program.run(*words, env=environment(**env))
    assert done.returncode == code, \
        f"{' '.join(map(str, words))}: exit code {done.returncode}, not {code}: {done.stderr}"
    for phrase in phrases:
        assert phrase in done.stderr + done.stdout, (words, phrase, done.stderr)
    return done


def readers_refuse(bench):
    program = bench.lake()
    before = hash_tree(program.lake, VOLATILE)
    for words in READERS:
        expect(program, words, OUTDATED, "at schema 1", "run `livelake migrate`")
        assert snapshots(program.lake) == ([], []), words
    error = json.loads(program.run("status", "--json").stderr)["error"]
    assert error["exit_code"] == OUTDATED and error["status"] == "unsupported", error
    expect(program, ("doctor",), DIFFERENT, "livelake migrate")
    said = program.must("migrate", "--dry-run")
    for schema in SCHEMAS.values():
        assert said.count(f"schema 1, would be migrated to {schema}") == 1, said
    assert not differences(before, hash_tree(program.lake, VOLATILE)), "something was changed"


def only_the_warehouse_is_old(bench):
    program = bench.lake()
    bench.set_schema(program.lake, SCHEMAS["lake"])
    expect(program, ("query", "SELECT 1"), OUTDATED, "schema 1", "run `livelake migrate`")
    expect(program, ("doctor",), DIFFERENT, "livelake migrate")
    program.must("reconcile")
    bench.is_migrated(program)


def migrated(bench):
    program = bench.lake()
    settings = (program.lake / "lake.json").read_bytes()
    layers = hash_tree(program.lake, (*VOLATILE, "warehouse.duckdb", "lake.json"))
    said = json.loads(program.must("migrate", "--json"))
    for part in ("lake", "warehouse"):
        assert (said[part]["from"], said[part]["to"]) == (1, SCHEMAS[part]), said
    [[kept], [copy]] = snapshots(program.lake)
    assert said["lake"]["snapshot"] == kept and said["warehouse"]["snapshot"].endswith(copy), said
    assert (program.lake / kept).read_bytes() == settings
    bench.is_migrated(program)
    after = hash_tree(program.lake, (*VOLATILE, "warehouse.duckdb", "lake.json", kept, copy))
    assert not differences(layers, after), differences(layers, after)
    again = json.loads(program.must("migrate", "--json"))
    for part, schema in SCHEMAS.items():
        assert again[part] == {"from": schema, "to": schema, "snapshot": None}, again
    bench.rebuilt(program)
    # Closed days are the bytes that they were: no run of theirs says why.
    history = hash_tree(program.lake / "history")
    program.must("close-day", "2026-05-11", "--rebuild")
    assert hash_tree(program.lake / "history") == history
    assert len(list(program.lake.glob("manifests/history/2026-05-11/*"))) == 1


def back_again(bench):
    program = bench.lake()
    program.must("migrate")
    [[kept], [copy]] = snapshots(program.lake)
    (program.lake / kept).rename(program.lake / "lake.json")
    (program.lake / copy).rename(program.lake / "warehouse.duckdb")
    assert versions(program) == (1, 1)
    expect(program, ("status",), OUTDATED)
    program.must("migrate")
    bench.is_migrated(program)


def writers_migrate(bench):
    for words in (*WRITERS, ("import", "origin", bench.capture)):
        program = bench.lake()
        done = subprocess.run([str(bench.path), *map(str, words), "--lake", str(program.lake)],
                              capture_output=True, text=True, check=False, env=environment())
        events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
        told = [e["event"] for e in events if e["event"].endswith(".migrated")]
        if words[0] == "init":  # it has no use for a warehouse
            assert done.returncode == OK and told == ["lake.migrated"], (words, done.stderr)
        elif words[0] == "forget":  # there is no such person, and copies would name them
            assert told == ["lake.migrated", "warehouse.migrated"], (words, done.stderr)
            assert snapshots(program.lake)[1] == [], snapshots(program.lake)
        else:
            assert done.returncode == OK, (words, done.stderr)
            assert told == ["lake.migrated", "warehouse.migrated"], (words, done.stderr)
        program.must("migrate")
        bench.is_migrated(program)


def a_step_fails(bench):
    program = bench.lake()
    foreign_sql(bench, program.lake / "warehouse.duckdb", "ALTER TABLE run ADD COLUMN why INTEGER",
                "CHECKPOINT")
    before = hash_tree(program.lake, (*VOLATILE, "lake.json"))
    for words in (("migrate",), ("reconcile",)):
        expect(program, words, INVALID, "could not be migrated and is of schema 1 as before",
               "livelake curate")
        [kept] = snapshots(program.lake)[0]
        after = hash_tree(program.lake, (*VOLATILE, "lake.json", kept))
        assert not differences(before, after), differences(before, after)
    bench.rebuilt(program)  # what the message says


def killed(bench):
    """At calls of its own, one lake after the other, and once more in what follows."""
    log, program = bench.folder / "calls", bench.lake()
    preload = {"LD_PRELOAD": str(bench.killer)}
    program.must("migrate", env=environment(KILL_LOG=str(log), **preload))
    calls = [line.split() for line in log.read_text().splitlines()]
    places = [(call, at, how) for call, count in calls for at in range(1, int(count) + 1)
              for how in (("before", "after", "torn") if call == "write" else ("before", "after"))]
    wanted = os.environ.get("LIVELAKE_TEST_KILLS", "6")
    seed = int(os.environ.get("LIVELAKE_TEST_SEED", "20261124"))
    print(f"# LIVELAKE_TEST_SEED={seed}; {len(places)} places", flush=True)
    dice = random.Random(seed)
    if wanted != "all":
        places = dice.sample(places, min(int(wanted), len(places)))
    seen, now = set(), tuple(SCHEMAS.values())
    for call, at, how in places:
        program = bench.lake()
        env = environment(KILL_CALL=call, KILL_AT=str(at), KILL_HOW=how, **preload)
        done = program.run("migrate", env=env)
        assert done.returncode in (OK, -signal.SIGKILL), (call, at, how, done.stderr)
        found = versions(program)
        assert found in ((1, 1), (now[0], 1), now), (call, at, how, found)
        seen.add(found)
        reads = program.run("query", "SELECT count(*) FROM run")
        assert reads.returncode == (OK if found == now else OUTDATED), (call, at, how, reads.stderr)
        if dice.random() < 0.3:
            program.run("migrate", env=env)
        program.must("migrate")
        bench.is_migrated(program)
        kept, copies = snapshots(program.lake)
        assert len(kept) <= 1 and len(copies) <= 1, (call, at, how, kept, copies)
        shutil.rmtree(program.lake)
    assert len(seen) >= 2, seen


def no_room(bench):
    size = (bench.folder / "old/warehouse.duckdb").stat().st_size
    for limit in (size // 2, 4096 * 3):
        program = bench.lake()
        bench.set_schema(program.lake, SCHEMAS["lake"])
        before = hash_tree(program.lake, VOLATILE)

        def confine(limit=limit):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        done = program.run("migrate", preexec_fn=confine)
        assert done.returncode == DISK_FULL, (done.returncode, done.stderr)
        assert "no copy of the warehouse" in done.stderr and "stays as it is" in done.stderr
        after = hash_tree(program.lake, VOLATILE)
        assert not differences(before, after), differences(before, after)
        program.must("migrate")
        bench.is_migrated(program)


def full_disk(bench):
    """Rooms of all sizes: for no copy, for the copy alone, for all."""
    size = (bench.folder / "old/warehouse.duckdb").stat().st_size
    codes, said = set(), set()
    with small_disk(bench, f"{size * 6}") as folder:
        for part in (0.0, 0.5, 1.0, 1.01, 1.05, 1.1, 3.0):
            remount(folder, f"size={size * 6}")
            program = bench.lake(folder=folder)
            space = os.statvfs(folder)
            filler = space.f_bavail * space.f_frsize - int(size * part) - 64 * 1024
            (folder / "filler").write_bytes(bytes(max(filler, 0)))
            done = program.run("migrate")
            codes.add(done.returncode)
            (folder / "filler").unlink()
            assert done.returncode in (OK, DISK_FULL), (part, done.returncode, done.stderr)
            found = versions(program)
            is_old = "no copy of the warehouse" in done.stderr or "is of schema 1" in done.stderr
            assert found[1] == (1 if is_old else SCHEMAS["warehouse"]), (part, found, done.stderr)
            said |= {m for m in ("no copy of", "could not be migrated and is") if m in done.stderr}
            program.must("migrate")
            bench.is_migrated(program)
            shutil.rmtree(program.lake)
    assert codes == {OK, DISK_FULL} and "no copy of" in said, (codes, said)


def newer_is_refused(bench):
    everything = [*READERS, *WRITERS, ("import", "origin", bench.capture), ("migrate",),
                  ("migrate", "--dry-run"), ("ingest",), ("run",)]
    program = bench.lake()
    program.must("migrate")
    bench.set_schema(program.lake, 99)
    before = hash_tree(program.lake, VOLATILE)
    for words in everything:
        expect(program, words, UNSUPPORTED, "newer livelake", "upgrade livelake", **CREDENTIALS)
    expect(program, ("doctor",), DIFFERENT, "upgrade livelake")
    bench.set_schema(program.lake, SCHEMAS["lake"])
    foreign_sql(bench, program.lake / "warehouse.duckdb",
                "UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    for words in everything:
        if words[0] not in ("ingest", "run", "init"):  # these need no warehouse
            expect(program, words, UNSUPPORTED, "newer livelake", "upgrade livelake")
    after = hash_tree(program.lake, VOLATILE)
    changed = set(differences(before, after)) - {"lake.json: changed", "warehouse.duckdb: changed"}
    assert not {c for c in changed if not c.startswith("forget")}, changed


def daemon_migrates(bench):
    program = bench.lake()
    program.configure(collect_cadence="1h")
    with Simulator(bench.simulator, "--streams", 50) as sim:
        with Daemon(program, sim) as daemon:
            daemon.wait_event("daemon.started")
            events = [e["event"] for e in daemon.events()]
            assert events.index("warehouse.migrated") < events.index("daemon.started"), events
            assert events.count("lake.migrated") == events.count("warehouse.migrated") == 1
            said = json.loads(program.must("migrate", "--json"))
            assert said["warehouse"]["from"] == said["warehouse"]["to"] == SCHEMAS["warehouse"], said
            daemon.wait_event("run.ingested")
            daemon.stop()
    program.good()
    runs = "SELECT count(*) FROM run WHERE source = 'import-origin'"
    assert program.query(runs)[0][0] > 20


def main():
    arguments = [pathlib.Path(a).resolve() for a in sys.argv[1:]]
    with tempfile.TemporaryDirectory(prefix="livelake-migrate-") as folder:
        bench = Bench(arguments, pathlib.Path(folder))
        cases = (
            ("commands that only read refuse, and say what to do", readers_refuse),
            ("migrated, it is what its layers make", migrated),
            ("the way back, and forth again", back_again),
            ("only the warehouse is old", only_the_warehouse_is_old),
            ("commands that write migrate by themselves", writers_migrate),
            ("a step that fails changes nothing", a_step_fails),
            ("killed at calls of its own", killed),
            ("no room for the copy", no_room),
            ("a full disk", full_disk),
            ("newer lakes and warehouses are refused", newer_is_refused),
            ("a daemon migrates when it starts", daemon_migrates),
        )
        only = os.environ.get("LIVELAKE_TEST_CASE", "")
        cases = [c for c in cases if only in c[0]]
        tap = Tap(len(cases))
        for name, function in cases:
            tap.case(name, function, bench)
        tap.end()


if __name__ == "__main__":
    main()
