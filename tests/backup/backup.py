#!/usr/bin/env python3
"""Backups, and the lakes that are restored from them. Writes TAP.

Usage: backup.py LIVELAKE SIM KILLER ROOT

A restored lake has the files and rows of the one that was backed up, at that moment; whatever is
killed, damaged or full on the way. LIVELAKE_TEST_KILLS is the number of kills (16),
LIVELAKE_TEST_SEED their seed.
"""
import hashlib
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("support", "kill", "daemon"):
    sys.path.insert(0, str(HERE.parent / folder))
from daemon_support import Daemon, Lake, wait_for
from kill import DIGEST
from program import Program, Tap, differences, environment, hash_tree
from simulator import Simulator

DIFFERENT, INVALID, NOT_FOUND, CORRUPT, DISK_FULL, UNSUPPORTED = 1, 3, 4, 6, 7, 9
OWN = ("lake.lock", ".spill", ".tmp", "warehouse.duckdb", "warehouse.duckdb.wal", ".token")
REPORT = ("report", "platform", "--from", "2026-05-11", "--to", "2026-05-13", "--format", "csv")


class Bench:
    def __init__(self, paths, folder):
        self.path, self.simulator, self.killer, root = paths
        self.folder, self.count = folder, 0
        self.capture = folder / "capture"
        # Two days that are over, and one that is not.
        for seed, slots, start in ((3, 12, "2026-05-11T18:30"), (4, 4, "2099-01-02T08:00")):
            subprocess.run([sys.executable, root / "tests/origin/make-capture", self.capture,
                            "--slots", str(slots), "--streams", "10", "--seed", str(seed),
                            "--start", start], check=True, stdout=subprocess.DEVNULL)
        self.early = folder / "early"
        shutil.copytree(self.capture, self.early)
        for late in sorted((self.early / "raw_streams_data").rglob("*.json"))[::4]:
            late.unlink()
        early = self.new("early-lake")
        self.bring(early, self.early)
        self.early_lake = early
        self.done = self.new("done", early)
        self.bring(self.done, self.capture)

    @staticmethod
    def bring(program, capture):
        program.must("import", "origin", capture, "--timezone", "America/Los_Angeles")
        program.must("reconcile")

    def name(self, what):
        self.count += 1
        return self.folder / f"{what}-{self.count}"

    def new(self, what, base=None):
        path = self.name(what)
        if base is not None:
            shutil.copytree(base.lake, path)
        return Program(self.path, path)

    def restored(self, backups, *words, code=0):
        program = self.new("restored")
        program.must("restore", backups, *words, code=code)
        return program


def rows(program):
    return program.must("query", DIGEST, "--format", "csv").splitlines()


def backup(program, folder, *words, **options):
    return json.loads(program.must("backup", folder, "--json", *words, **options))


def names(program, folder):
    return json.loads(program.must("restore", folder, "--list", "--json"))["backups"]


def is_same(original, restored):
    verified = restored.must("verify")
    assert verified.startswith("good: 0 differences"), verified
    found = differences(hash_tree(original.lake, OWN), hash_tree(restored.lake, OWN))
    assert not found, found
    for one, other in zip(rows(original), rows(restored)):
        assert one == other, (one, other)
    assert original.must(*REPORT) == restored.must(*REPORT)


def the_lake(bench):
    folder = bench.name("backups")
    done = backup(bench.done, folder)
    assert done["files"] >= done["copied_files"] > 50 and done["damaged"] == 0, done
    program = bench.restored(folder)
    is_same(bench.done, program)
    again = json.loads(program.must("reconcile", "--json"))
    assert again["curated"]["done"] == again["processed"]["done"] == again["closed"]["done"] == 0
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (folder / "objects").rglob("*") if p.is_file()}
    assert modes == {0o600}, modes


def without_the_warehouse(bench):
    folder = bench.name("backups")
    backup(bench.done, folder, "--without-warehouse")
    program = bench.new("restored")
    done = json.loads(program.must("restore", folder, "--json"))
    assert done["curated"]["done"] > 0 and done["files"] == done["copied_files"], done
    is_same(bench.done, program)


def what_is_new(bench):
    program, folder = bench.new("growing", bench.early_lake), bench.name("backups")
    first = backup(program, folder)
    same = backup(program, folder)
    assert same["copied_files"] <= 1 and same["files"] == first["files"], same  # the warehouse
    bench.bring(program, bench.capture)
    second = backup(program, folder)
    assert 0 < second["copied_files"] < second["files"], second
    assert names(program, folder) == [first["backup"], same["backup"], second["backup"]]
    is_same(bench.early_lake, bench.restored(folder, "--at", first["backup"]))
    is_same(program, bench.restored(folder))
    third = backup(program, folder, "--keep", "2")
    assert third["removed"]["backups"] == 2 and third["removed"]["objects"] > 0, third
    assert names(program, folder) == [second["backup"], third["backup"]]
    is_same(program, bench.restored(folder, "--at", second["backup"]))
    backup(program, folder, "--keep", "1")
    [last] = (folder / "backups").glob("*.json")
    named = {f["sha256"] for f in json.loads(last.read_text())["files"]}
    there = {p.name for p in (folder / "objects").rglob("*") if p.is_file()}
    assert named == there, len(named ^ there)
    is_same(program, bench.restored(folder))


def damaged_in_the_lake(bench):
    program, folder = bench.new("damaged", bench.done), bench.name("backups")
    first = backup(bench.early_lake, folder)["backup"]
    early = {str(p.relative_to(bench.early_lake.lake)) for p in
             (bench.early_lake.lake / "raw").rglob("*")}
    files = sorted(p for p in (program.lake / "raw").rglob("*") if p.is_file())
    new = [p for p in files if str(p.relative_to(program.lake)) not in early]
    torn, gone = new[0], new[1]
    torn.write_bytes(torn.read_bytes()[:-1] + b"\0")
    gone.unlink()
    done = program.run("backup", folder, "--keep", "1", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == CORRUPT and told["damaged"] == 2, done
    assert told["removed"]["backups"] == 0 and names(program, folder)[0] == first
    restored = bench.restored(folder, code=CORRUPT)
    assert not (restored.lake / gone.relative_to(program.lake)).exists()
    restored.must("verify", code=DIFFERENT)
    is_same(bench.early_lake, bench.restored(folder, "--at", first))
    # What the folder has is not taken from the lake again.
    backup(bench.done, folder)
    backup(program, folder)
    is_same(bench.done, bench.restored(folder))


def damaged_in_the_folder(bench):
    folder = bench.name("backups")
    made = backup(bench.done, folder)
    files = {f["path"]: f for f in json.loads(
        (folder / f"backups/{made['backup']}.json").read_text())["files"]}
    raw = next(f for path, f in sorted(files.items()) if path.startswith("raw/"))
    path = folder / "objects" / raw["sha256"][:2] / raw["sha256"]
    whole = path.read_bytes()
    program = bench.new("restored")
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    done = program.run("restore", folder)
    assert done.returncode == CORRUPT and raw["path"] in done.stderr, done
    done = program.run("status")
    assert done.returncode == NOT_FOUND and "half restored" in done.stderr, done
    path.write_bytes(whole)
    program.must("restore", folder)
    is_same(bench.done, program)
    for spoil in (path.unlink, lambda: path.write_bytes(whole[:-1])):
        spoil()
        program = bench.new("restored")
        done = program.run("restore", folder)
        assert done.returncode == CORRUPT and raw["path"] in done.stderr, done
        assert not [p for p in program.lake.iterdir() if p.name not in OWN], "something was written"
    path.write_bytes(whole)
    listed = folder / f"backups/{made['backup']}.json"
    text = listed.read_text()
    for spoilt in (text[:-20], "", "[]", text.replace('"path":"lake.json"', '"path":"../lake.json"'),
                   text.replace('"sha256":"', '"sha256":"x', 1)):
        listed.write_text(spoilt)
        done = bench.new("restored").run("restore", folder)
        assert done.returncode == CORRUPT and "list" in done.stderr, (spoilt[:30], done)
    listed.write_text(text.replace('"schema":1', '"schema":2', 1))
    done = bench.new("restored").run("restore", folder)
    assert done.returncode == UNSUPPORTED and "newer livelake" in done.stderr, done


def refused(bench):
    program, folder = bench.new("refusing", bench.done), bench.name("backups")
    before = hash_tree(program.lake, OWN)
    done = program.run("backup", program.lake / "backups")
    assert done.returncode == INVALID and "lies in the lake" in done.stderr, done
    assert not (program.lake / "backups").exists()
    done = program.run("backup", bench.folder / "no/such")
    assert done.returncode == NOT_FOUND, done
    backup(program, folder)
    done = program.run("restore", folder)
    assert done.returncode == INVALID and "there is a lake" in done.stderr, done
    assert not differences(before, hash_tree(program.lake, OWN))
    full = bench.new("full")
    full.lake.mkdir()
    (full.lake / "letters").write_text("mine")
    done = full.run("restore", folder)
    assert done.returncode == INVALID and "letters" in done.stderr, done
    assert [p.name for p in full.lake.iterdir()] == ["letters"]
    done = bench.new("unknown").run("restore", folder, "--at", "20010101T000000000Z")
    assert done.returncode == NOT_FOUND and "20010101T000000000Z" in done.stderr, done
    done = bench.new("nowhere").run("restore", bench.folder / "nowhere")
    assert done.returncode == NOT_FOUND, done
    (bench.folder / "empty").mkdir()
    done = bench.new("nothing").run("restore", bench.folder / "empty")
    assert done.returncode == NOT_FOUND and "no backup" in done.stderr, done
    assert bench.new("no-lake").run("backup", folder).returncode == NOT_FOUND


def the_forgotten(bench):
    program, folder = bench.new("forgetting", bench.done), bench.name("backups")
    person = json.loads(program.must(
        "query", "SELECT max(broadcaster_id) AS id FROM observation", "--format", "json"))
    person = person["data"][0]["id"]
    backup(program, folder)
    program.must("forget", person, "--yes")
    backup(program, folder, "--keep", "1")
    restored = bench.restored(folder)
    is_same(program, restored)
    assert stat.S_IMODE((restored.lake / ".secret").stat().st_mode) == 0o600
    assert json.loads(restored.must("forget", "--list", "--json"))["count"] == 1
    restored.must("import", "origin", bench.capture, "--timezone", "America/Los_Angeles")
    restored.must("reconcile")
    count = restored.must("query", "SELECT count(*) FROM observation WHERE broadcaster_id = "
                          f"{person}", "--format", "csv").split()
    assert count[-1] == "0", count


def calls_of(bench, program, *words):
    log = bench.folder / "calls"
    program.must(*words, env=environment(LD_PRELOAD=str(bench.killer), KILL_LOG=str(log)))
    calls = {c: int(n) for c, n in (line.split() for line in log.read_text().splitlines())}
    return {c: n for c, n in calls.items() if n > 0}


def kill(bench, program, rng, calls, *words):
    call = rng.choice(sorted(calls))
    at, how = rng.randrange(1, calls[call] + 1), rng.choice(("before", "after"))
    env = environment(LD_PRELOAD=str(bench.killer), KILL_CALL=call, KILL_AT=str(at), KILL_HOW=how)
    done = program.run(*words, env=env)
    assert done.returncode in (0, -signal.SIGKILL), done
    return f"{words[0]} {'killed' if done.returncode else 'not killed'} {how} {call} {at}"


def killed(bench):
    kills = int(os.environ.get("LIVELAKE_TEST_KILLS", "16"))
    seed = int(os.environ.get("LIVELAKE_TEST_SEED", "20261124"))
    rng, base, story = random.Random(seed), bench.name("base"), []
    first = backup(bench.early_lake, base)["backup"]
    counted = bench.name("counted")
    shutil.copytree(base, counted)
    making = calls_of(bench, bench.done, "backup", counted)
    coming_back = calls_of(bench, bench.new("counted"), "restore", counted)
    for _ in range(kills):
        folder = bench.name("backups")
        shutil.copytree(base, folder)
        story.append(kill(bench, bench.done, rng, making, "backup", folder))
        there = names(bench.done, folder)
        assert there[0] == first and len(there) <= 2, there
        last = backup(bench.done, folder, "--keep", "2")["backup"]
        assert last in names(bench.done, folder)
        program = bench.new("restored")
        story.append(kill(bench, program, rng, coming_back, "restore", folder))
        looked = program.run("status")
        if looked.returncode != 0:
            assert looked.returncode == NOT_FOUND, looked
            program.must("restore", folder)
        is_same(bench.done, program)
        shutil.rmtree(folder)
        shutil.rmtree(program.lake)
    print(f"# LIVELAKE_TEST_SEED={seed}; calls {making}, {coming_back}; " + "; ".join(story[:12]))


def clocks_and_power(bench):
    """A backup of the future; objects without a list, as a power cut leaves them."""
    folder, program = bench.name("backups"), bench.new("set-back", bench.done)
    made = backup(bench.early_lake, folder)["backup"]
    ahead = "20770101T000000999Z"
    (folder / f"backups/{made}.json").rename(folder / f"backups/{ahead}.json")
    for path in (program.lake / "raw").rglob("*.zst"):
        from_lake = path.read_bytes()
        sha256 = hashlib.sha256(from_lake).hexdigest()
        torn = folder / "objects" / sha256[:2] / sha256
        if not torn.exists():
            torn.parent.mkdir(exist_ok=True)
            torn.write_bytes(bytes(len(from_lake)))
    told = backup(program, folder, "--keep", "1")
    assert told["backup"] == "20770101T000001000Z", told
    assert names(program, folder) == [told["backup"]]
    restored = bench.new("restored")
    restored.lake.mkdir()
    (restored.lake / "livelake.conf").write_text("collect.cadence = 1h\n")
    (program.lake / "livelake.conf").write_text("collect.cadence = 30m\n")
    backup(program, folder)
    restored.must("restore", folder)
    assert (restored.lake / "livelake.conf").read_text() == "collect.cadence = 1h\n"
    (restored.lake / "livelake.conf").write_text("collect.cadence = 30m\n")
    is_same(program, restored)


def full_disk(bench):
    size = (bench.done.lake / "warehouse.duckdb").stat().st_size
    folder = bench.name("backups")

    def confine():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, resource.RLIM_INFINITY))
    done = bench.done.run("backup", folder, preexec_fn=confine)
    assert done.returncode == DISK_FULL, done
    assert names(bench.done, folder) == []
    backup(bench.done, folder)
    program = bench.new("restored")
    done = program.run("restore", folder, preexec_fn=confine)
    assert done.returncode == DISK_FULL, done
    assert "half restored" in program.run("status").stderr
    told = json.loads(program.must("restore", folder, "--json"))
    assert 0 < told["copied_files"] < told["files"], told
    is_same(bench.done, program)


def while_a_daemon_collects(bench):
    """Each is a lake that verifies, with the rows that the daemon's has up to its newest run."""
    lake, folder = Lake(bench.path, bench.name("live")), bench.name("backups")
    lake.configure(collect_cadence="1h")
    made = []
    with Simulator(bench.simulator, "--streams", 200) as sim, Daemon(lake, sim) as daemon:
        for number in range(4):
            daemon.wait_event("run.ingested", 8 * (number + 1))
            words = ("--without-warehouse",) if number == 2 else ()
            made.append(backup(lake, folder, *words)["backup"])
            wait_for("an answer", lambda: daemon.running() and lake.run("status").returncode == 0)
        daemon.stop()
    lake.must("reconcile")
    counts = []
    for name in made:
        program = bench.restored(folder, "--at", name)
        verified = program.must("verify")
        assert verified.startswith("good: 0 differences"), verified
        newest = program.must("query", "SELECT max(slot) FROM run", "--format", "csv").split()[-1]
        digest = ("query", "SELECT count(*), md5(string_agg(CAST(o AS TEXT), '|' ORDER BY slot, "
                  "stream_id)) FROM (SELECT slot, stream_id, broadcaster_id, category_id, language, "
                  f"viewer_count FROM observation WHERE slot <= {newest}) AS o", "--format", "csv")
        assert lake.must(*digest) == program.must(*digest), name
        counts.append(int(program.must(*digest).split()[-1].split(",")[0]))
    assert 0 < counts[0] < counts[1] < counts[2] < counts[3], counts
    print(f"# rows: {counts}")


CASES = (
    ("what is restored is the lake that was", the_lake),
    ("without its warehouse, which is made anew", without_the_warehouse),
    ("the next backup copies what is new; older ones stay, until they are removed", what_is_new),
    ("files damaged in the lake are left out, and told", damaged_in_the_lake),
    ("a damaged backup makes no lake", damaged_in_the_folder),
    ("it goes where it may", refused),
    ("the forgotten stay so", the_forgotten),
    ("clocks set back, power cuts, and a configuration in place", clocks_and_power),
    ("a full disk", full_disk),
    ("killed at calls of its own", killed),
    ("while a daemon collects", while_a_daemon_collects),
)


def main():
    paths = [pathlib.Path(p).resolve() for p in sys.argv[1:5]]
    with tempfile.TemporaryDirectory(prefix="livelake-backup-") as name:
        bench = Bench(paths, pathlib.Path(name))
        tap = Tap(len(CASES))
        for title, function in CASES:
            tap.case(title, function, bench)
        tap.end()


main()
