#!/usr/bin/env python3
"""A person is forgotten: out of every byte of a lake, and not collected again. Writes TAP.

Usage: forget.py LIVELAKE SIM DUCKDB_LIBRARY KILLER ROOT

A person with a unique id and names is planted in a capture: own rows, renames, quarantined records,
a record cut off in the middle, users dumps, titles, tags and descriptions of others; on days that are
closed and on one that is open. After `forget`, every file of the lake is searched, as it is and
decompressed. LIVELAKE_TEST_KILLS is the number of kills (6); LIVELAKE_TEST_SEED their seed.
"""
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("support", "kill"):
    sys.path.insert(0, str(HERE.parent / folder))
sys.path.insert(0, str(HERE))
from kill import DIGEST, Plan
from program import Program, Tap, environment, hash_tree
from simulator import Simulator, next_slot
from world import (LOGIN, NAME, OLD_LOGIN, PERSON_ID, WORDS, ZONE, Duck, Search, busiest,
                   make_capture, others, plant, query, sweeps, titles)

USAGE, INVALID, NOT_FOUND = 2, 3, 4
FORGET = ("forget", PERSON_ID, "--yes", "--json")


class Bench:
    """The programs, the capture, and the lake that cases begin with."""

    def __init__(self, livelake, simulator, library, killer, root, folder):
        self.path, self.simulator, self.killer, self.folder = livelake, simulator, killer, folder
        self.duck = Duck(library, folder)
        self.search = Search(self.duck)
        self.capture, self.clean = folder / "capture", folder / "capture-as-it-was"
        # Two days that are over, and one that is not.
        for seed, slots, start in ((3, 30, "2026-05-11T14:30"), (4, 6, "2099-01-02T08:00")):
            make_capture(root, self.capture, "--slots", slots, "--streams", 10, "--seed", seed,
                         "--start", start)
        self.planted = {busiest(self.capture)}
        for path in sweeps(self.capture):  # the open day has other channels: one of them, too
            if "2099" in path.name:
                rows = json.loads(path.read_text())["data"]
                self.planted.add(str(rows[0]["user_id"]))
                break
        for user in sorted(self.planted):
            plant(self.capture, user)
        begin = self.lake("begin")
        begin.must("import", "origin", self.capture, *ZONE)
        begin.must("reconcile")
        self.make_lake_without_raw()
        self.make_lake_of_attempts()
        self.plain = {}  # base: (calls of a forget that nobody kills, what comes out)

    def make_lake_without_raw(self):
        """Raw is gone, of one day processed too: its history is all there is."""
        lake = self.lake("no-raw", "begin").lake
        shutil.rmtree(lake / "raw")
        shutil.rmtree(lake / "manifests/raw")
        first = sorted((lake / "manifests/processed").glob("2026-05-1*"))[0].name
        shutil.rmtree(lake / "manifests/processed" / first)
        for layer in ("processed", "quarantine"):
            for folder in lake.glob(f"{layer}/stream/date={first}"):
                shutil.rmtree(folder)

    def make_lake_of_attempts(self):
        """Every sweep of raw has a second attempt, which holds: the first of its objects alone."""
        program = self.lake("attempts", "begin")
        for path in program.lake.glob("manifests/raw/*/2*.g0001.json"):
            manifest = json.loads(path.read_text())
            manifest["generation"], manifest["attempt"] = 2, 2
            manifest["objects"] = manifest["objects"][:1]
            path.with_name(path.name.replace(".g0001", ".g0002")).write_text(json.dumps(manifest))
        program.must("reconcile")

    def undisturbed(self, base):
        """({call: how many}, the lake) of a forget that nobody kills."""
        if base not in self.plain:
            log, program = self.folder / "calls", self.lake(f"good-{base}", base)
            program.must(*FORGET, env=environment(LD_PRELOAD=str(self.killer), KILL_LOG=str(log)))
            calls = {c: int(n) for c, n in (li.split() for li in log.read_text().splitlines())}
            self.plain[base] = {c: n for c, n in calls.items() if n > 0}, program
        return self.plain[base]

    def lake(self, name, base=None):
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        if base is not None:
            shutil.copytree(self.folder / base, path)
        return Program(self.path, path)


def is_clean(bench, program, search=None):
    traces = (search or bench.search).traces(program)
    assert traces == [], f"{len(traces)} traces:\n" + "\n".join(traces[:20])
    verified = program.must("verify")
    assert verified.startswith("good: 0 differences"), verified
    assert list((program.lake / "forget").glob("*")) == [], "an intent is left"


def masked(text):
    """What the title of another must have become; by other means than the program's."""
    out = text.replace("@" + LOGIN.upper(), "@" + "*" * len(LOGIN)).replace(NAME, "*" * len(NAME))
    return out.replace(OLD_LOGIN.title(), "*" * len(OLD_LOGIN))


def planted_is_found(bench):
    program = bench.lake("planted", "begin")
    traces = "\n".join(bench.search.traces(program))
    for where in ("raw/", "processed/stream", "processed/user", "quarantine/", "history/track",
                  "history/text_span", "history/broadcaster_day", "table hot:", "table hot_detail:",
                  "table ref_user:", "table track:", "table text_span:"):
        assert where in traces, f"no trace in {where}: the search sees nothing there"
    assert "warehouse.duckdb (bytes)" in traces
    days = query(program, "SELECT closed, count(*) AS days FROM day_state GROUP BY closed")
    assert {d["closed"] for d in days} == {True, False}, days


def nothing_is_left(bench):
    program = bench.lake("forgotten", "begin")
    before, before_titles = others(program), titles(program)
    tree = hash_tree(program.lake, ("lake.lock", "warehouse.duckdb"))
    dry = json.loads(program.must("forget", LOGIN, "--dry-run", "--json"))
    assert dry["raw"]["rows"] > 20 and dry["raw"]["texts"] > 20 and dry["warehouse"]["rows"] > 20, dry
    assert hash_tree(program.lake, ("lake.lock", "warehouse.duckdb")) == tree, "a dry run changed it"
    done = json.loads(program.must("forget", LOGIN, "--yes", "--json"))
    assert done["forgotten"] and done["failures"] == 0, done
    assert done["raw"]["rows"] == dry["raw"]["rows"], (done, dry)
    assert done["untouched"] == ["backups", "exports"], done
    is_clean(bench, program)
    after = others(program)
    for name, rows in before.items():
        assert rows == after[name], f"{name} of others changed"
    expected = [dict(t, title=masked(t["title"]), tags=masked(json.dumps(t["tags"], ensure_ascii=False)))
                for t in before_titles]
    got = [dict(t, tags=json.dumps(t["tags"], ensure_ascii=False)) for t in titles(program)]
    assert got == expected, next((g, e) for g, e in zip(got, expected) if g != e)
    assert any("*" * len(NAME) in t["title"] and LOGIN + "s" in t["title"] for t in got), "not whole words"
    listed = json.loads(program.must("forget", "--list", "--json"))
    assert listed["count"] == 1 and listed["unfinished"] == 0 and len(listed["dates"]) == 1, listed
    secret = program.lake / ".secret"
    assert secret.stat().st_mode & 0o777 == 0o600 and len(secret.read_bytes()) == 32


def again_changes_nothing(bench):
    program = bench.lake("twice", "forgotten")
    before = hash_tree(program.lake, ("lake.lock", "warehouse.duckdb", ".tmp"))
    done = json.loads(program.must(*FORGET))
    assert done["raw"]["objects"] == 0 and done["processed"]["runs"] == 0, done
    assert hash_tree(program.lake, ("lake.lock", "warehouse.duckdb", ".tmp")) == before


def replayed_stays_the_same(bench):
    program = bench.lake("replayed", "forgotten")
    digest = query(program, DIGEST)
    program.must("replay", "--from", "2026-05-11", "--to", "2026-05-14")
    assert query(program, DIGEST) == digest
    (program.lake / "warehouse.duckdb").unlink()
    program.must("curate")
    assert query(program, DIGEST) == digest
    is_clean(bench, program)


def import_brings_nobody_back(bench):
    program = bench.lake("imported-again", "forgotten")
    report = json.loads(program.must("import", "origin", bench.capture, *ZONE, "--json"))
    assert report["files"]["new"] == 0 and report["runs"] == 0, report["files"]
    is_clean(bench, program)


def a_new_lake_that_knows_imports_without(bench):
    """The list comes first, then the files: rows are cut before raw is written."""
    program = bench.lake("listed-first")
    program.must("init")
    for name in (".secret", "forgotten.json"):
        shutil.copy(bench.folder / "forgotten" / name, program.lake / name)
    program.must("import", "origin", bench.capture, *ZONE)
    program.must("reconcile")
    gone = Search(bench.duck, [PERSON_ID])
    assert gone.traces(program) == []
    known = others(bench.lake("known", "forgotten"))
    assert others(program)["observation"] == known["observation"]
    assert program.must("verify").startswith("good: 0 differences")
    again = json.loads(program.must("import", "origin", bench.capture, *ZONE, "--json"))
    assert again["runs"] == 0, again


def old_raw_is_filtered(bench):
    """As after a restore of an old backup: raw holds the person, the list does too."""
    program = bench.lake("restored", "begin")
    for name in (".secret", "forgotten.json"):
        shutil.copy(bench.folder / "forgotten" / name, program.lake / name)
    for layer in ("processed", "quarantine", "history", "manifests/processed", "manifests/history"):
        shutil.rmtree(program.lake / layer)
    (program.lake / "warehouse.duckdb").unlink()
    program.must("reconcile")
    rows = query(program, f"SELECT * FROM observation WHERE broadcaster_id = {PERSON_ID}")
    assert rows == [], rows
    gone = [t for t in Search(bench.duck, [PERSON_ID]).traces(program) if not t.startswith("raw/")]
    assert gone == [], gone
    counted = [json.loads(p.read_text()).get("forgotten", 0)
               for p in program.lake.glob("manifests/processed/**/*.json")]
    assert sum(counted) > 20, counted
    assert program.must("verify").startswith("good: 0 differences")
    program.must(*FORGET)
    is_clean(bench, program, Search(bench.duck, [PERSON_ID]))


def the_attempt_that_holds_stays(bench):
    program = bench.lake("attempts-forgotten", "attempts")
    before = others(program)
    program.must(*FORGET)
    is_clean(bench, program)
    assert others(program) == before
    program.must("replay", "--from", "2026-05-11", "--to", "2026-05-14")
    assert others(program) == before
    names = {p.name for p in program.lake.glob("manifests/raw/*/2*.json")}
    assert any(n.endswith(".g0004.json") for n in names), names


def what_retention_left_is_rewritten(bench):
    for layers in (("raw",), ("raw", "processed")):
        name = "-".join(("retained", *layers))
        program = bench.lake(name, "begin")
        words = [w for layer in layers for w in ("--set", f"retention.{layer}=1")]
        told = json.loads(program.must("retention", "--json", *words))["layers"]
        assert all(told[layer]["dropped"] > 0 for layer in layers), told
        assert program.must("verify").startswith("good: 0 differences")
        rewritten(bench, program)
        is_clean(bench, program)
        told = json.loads(program.must("retention", "--json", *words))["layers"]
        assert all(told[layer]["dropped"] == 0 for layer in layers), told
        (program.lake / "warehouse.duckdb").unlink()
        program.must("reconcile")
        is_clean(bench, program)


def what_has_no_raw_is_rewritten(bench):
    rewritten(bench, bench.lake("no-raw-forgotten", "no-raw"))


def rewritten(bench, program):
    before = others(program)
    done = json.loads(program.must(*FORGET))
    assert done["in_place"]["tables"] > 5 and done["in_place"]["rows"] > 10, done
    traces = bench.search.traces(program)
    assert traces == [], "\n".join(traces[:20])
    after = others(program)
    assert {n: r for n, r in before.items() if n != "users"} == \
        {n: r for n, r in after.items() if n != "users"}, "others changed"
    sums = query(program, "SELECT (SELECT sum(samples) FROM category_day) AS categories, "
                 "(SELECT sum(samples) FROM track) AS tracks, (SELECT sum(viewers) FROM rollup_slot "
                 "WHERE dim = 'platform') AS viewers, (SELECT sum(viewer_count) FROM observation) AS seen")
    assert sums[0]["categories"] == sums[0]["tracks"] and sums[0]["viewers"] == sums[0]["seen"], sums


def who_it_is(bench):
    program = bench.lake("who", "begin")
    done = program.run("forget", "nobody_of_that_name", "--yes")
    assert done.returncode == NOT_FOUND and "numeric id" in done.stderr, done
    assert not (program.lake / "forgotten.json").exists()
    done = program.run("forget", LOGIN)
    assert done.returncode == INVALID and "--yes" in done.stderr, done
    assert program.run("forget").returncode == USAGE
    assert not (program.lake / ".secret").exists()
    names = {json.dumps(r) for r in query(program, "SELECT DISTINCT login FROM broadcaster_day_all "
                                          f"WHERE broadcaster_id = {PERSON_ID}")}
    assert len(names) == 2, names
    # A login that two people bore.
    other = query(program, "SELECT max(broadcaster_id) AS id FROM broadcaster_day_all WHERE "
                  f"broadcaster_id <> {PERSON_ID}")[0]["id"]
    capture = bench.folder / "same-login"
    shutil.copytree(bench.capture, capture)
    for path in (capture / "raw_users_data").rglob("*.json"):
        body = json.loads(path.read_text())
        body["data"].append({"id": str(other), "login": LOGIN, "display_name": "Other"})
        path.write_text(json.dumps(body))
    program.must("import", "origin", capture, *ZONE)
    done = program.run("forget", LOGIN, "--yes")
    assert done.returncode == INVALID and str(PERSON_ID) in done.stderr and str(other) in done.stderr
    assert not (program.lake / "forgotten.json").exists()


def unknown_id_is_kept_out(bench):
    program = bench.lake("unknown-id", "begin")
    done = json.loads(program.must("forget", "424242424242", "--yes", "--json"))
    assert done["raw"]["objects"] == 0, done
    assert json.loads(program.must("forget", "--list", "--json"))["count"] == 1
    assert program.must("verify").startswith("good: 0 differences")


def collected_no_more(bench):
    with Simulator(bench.simulator, "--streams", "300", "--port", "0") as sim:
        program = bench.lake("collected")
        runs = []
        for _ in range(2):
            runs.append(sim.collect(program, command=("run", "--once"))["run"])
            next_slot(sim)
        person = query(program, "SELECT broadcaster_id, any_value(stream_id) AS stream FROM observation GROUP BY broadcaster_id HAVING "
                       "count(*) = 2 ORDER BY sum(viewer_count) DESC LIMIT 1")[0]
        who = query(program, "SELECT * FROM broadcaster WHERE broadcaster_id = "
                    f"{person['broadcaster_id']}")[0]
        search = Search(bench.duck, [person["broadcaster_id"], who["login"], who["display_name"]])
        assert search.traces(program) != []
        before = others(program, person["broadcaster_id"])
        program.must("forget", person["broadcaster_id"], "--yes")
        is_clean(bench, program, search)
        assert others(program, person["broadcaster_id"]) == before
        live = sim.truth(sim.now_ms(), sim.now_ms())
        assert str(person["stream"]).encode() in live, "the person is no longer live: take another seed"
        third = sim.collect(program, command=("run", "--once"))["run"]
        assert third["status"] == "complete", third
        is_clean(bench, program, search)
        held = [json.loads(p.read_text()).get("forgotten", 0)
                for p in program.lake.glob(f"manifests/raw/*/{third['id']}.*")]
        assert sum(held) > 0, "the person was not on any page"


def killed(bench, rng, story, base):
    program = bench.lake("killed", base)
    calls, good = bench.undisturbed(base)
    plan = Plan(rng, 0, calls, True)
    was = plan.start(program, FORGET, bench.killer)
    again = rng.choice(("forget", "reconcile", "login"))
    story.append(f"{'killed' if was else 'not reached'} {plan}, then {again}")
    noted = list((program.lake / "forget").glob("*")) != []
    program.must(*(("reconcile",) if again == "reconcile" and noted else
                   ("forget", OLD_LOGIN, "--yes") if again == "login" and noted else FORGET))
    traces = bench.search.traces(program)
    assert traces == [], f"{len(traces)} traces:\n" + "\n".join(traces[:20])
    if base != "no-raw":  # where nothing would be whole
        is_clean(bench, program)
    assert query(program, DIGEST) == query(good, DIGEST), "other rows than without a kill"
    assert others(program) == others(good)
    for layer in ("processed", "history"):
        assert hash_tree(program.lake / layer) == hash_tree(good.lake / layer), layer
    if (good.lake / "raw").exists():
        assert sorted(hash_tree(program.lake / "raw").values()) == \
            sorted(hash_tree(good.lake / "raw").values()), "other raw objects"


CASES = [
    ("what is planted is found everywhere", planted_is_found),
    ("nothing is left, and others stay as they were", nothing_is_left),
    ("again changes nothing", again_changes_nothing),
    ("a replay and a new warehouse are the same", replayed_stays_the_same),
    ("the same files imported again bring nobody back", import_brings_nobody_back),
    ("files imported into a lake that knows come without", a_new_lake_that_knows_imports_without),
    ("raw of an old backup is filtered, then forgotten", old_raw_is_filtered),
    ("the attempt that holds stays the one that holds", the_attempt_that_holds_stays),
    ("what has no raw is rewritten", what_has_no_raw_is_rewritten),
    ("what retention left is rewritten", what_retention_left_is_rewritten),
    ("who it is", who_it_is),
    ("an unknown id is kept out", unknown_id_is_kept_out),
    ("collected no more", collected_no_more),
]


def main():
    livelake, simulator, library, killer, root = (pathlib.Path(a).resolve() for a in sys.argv[1:6])
    kills = int(os.environ.get("LIVELAKE_TEST_KILLS", "6"))
    seed = int(os.environ.get("LIVELAKE_TEST_SEED", "20261124"))
    only = sys.argv[6:]
    rng = random.Random(seed)
    print(f"# LIVELAKE_TEST_SEED={seed}")
    with tempfile.TemporaryDirectory(prefix="livelake-forget-") as folder:
        bench = Bench(livelake, simulator, str(library), killer, root, pathlib.Path(folder))
        tap = Tap(len(CASES) + kills)
        for name, function in CASES:
            if not only or function.__name__ in only:
                tap.case(name, function, bench)
        for number in range(kills):
            story = []
            base = ("begin", "no-raw", "attempts")[number % 3]
            tap.case(f"killed, of the lake {base}", killed, bench, rng, story, base)
            print(f"#   {'; '.join(story)}", flush=True)
        tap.end()


main()
