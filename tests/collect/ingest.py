#!/usr/bin/env python3
"""Slots, attempts, kills and clocks of collecting. Writes TAP. Usage: ingest.py LIVELAKE SIM

LIVELAKE_TEST_KILLS is the number of kills (12); LIVELAKE_TEST_SEED their seed, which is printed.
"""
import http.server
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
for folder in ("support", "bad_input", "kill"):
    sys.path.insert(0, str(TESTS / folder))
from disks import DISK_FULL, remount, small_disk
from kill import Committed, TWO_DAYS_S
from program import Program, Tap, hash_tree
from simulator import Simulator, found, millis, next_slot, raw_objects

INVALID, BUSY, NETWORK, SIGTERM = 3, 5, 10, 143
DAY = "2026-11-23"
RUN_ONCE = ("run", "--once")
STREAMS = 1000
LOGIN = re.compile(rb"[?&](user_)?login=")


class Bench:
    """The programs, and a folder in which every case gets a lake of its own."""

    def __init__(self, livelake, simulator, folder):
        self.path, self.simulator, self.folder = livelake, simulator, folder
        self.lakes = 0

    def lake(self):
        self.lakes += 1
        return Program(self.path, self.folder / f"lake-{self.lakes}")

    def sim(self, *words, streams=STREAMS, **options):
        return Simulator(self.simulator, "--streams", streams, *words, **options)


def asked(sim):
    return sum(sim.json("/sim/stats")["requests"].values())


def fail_from(sim, skip):
    """Every request but the next `skip` is answered with 500."""
    first = asked(sim) + skip + 1
    sim.ask("/sim/faults", b"4@%d-%d\n" % (first, first + 100000))


def manifests(lake, layer, run):
    """{generation: manifest} of a run."""
    paths = lake.glob(f"manifests/{layer}/*/{run}.g*.json")
    return {m["generation"]: m for m in (json.loads(p.read_text()) for p in paths)}


def query(program, sql):
    return json.loads(program.must("query", sql, "--format", "json"))["data"]


def targets(lake):
    """What was asked of Twitch, by the raw layer; read by zstd and a pattern: not our code."""
    objects = sorted(lake.glob("raw/twitch/**/*.zst"))
    text = subprocess.run(["zstd", "-dcq", *objects], stdout=subprocess.PIPE, check=True).stdout
    return re.findall(rb'^{"request":{"method":"GET","path":"([^"]*)"', text, re.MULTILINE)


def start(program, sim, words):
    return subprocess.Popen(program.arguments(*words, "--json", "--sim-clock", sim.url),
                            env=sim.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def start_and_reach(program, sim, words, requests):
    """Starts it and comes back when the simulator has seen so many requests of it."""
    before = asked(sim)
    process = start(program, sim, words)
    while asked(sim) - before < requests:
        assert process.poll() is None, f"ended early: {process.communicate()[1]}"
    return process


def partial_then_complete(bench, sim):
    """A lake whose second slot has a partial and a complete attempt."""
    program = bench.lake()
    sim.collect(program)
    next_slot(sim)
    fail_from(sim, 6)
    first = sim.collect(program)["run"]
    sim.ask("/sim/faults", b"clear\n")
    assert (first["status"], first["attempt"]) == ("partial", 1), first
    assert "broke off" in first["why"], first
    return program, first


def forge(lake, run, source, generation):
    """The generation `source` of a run's manifest once more, as a later one."""
    path = next(lake.glob(f"manifests/raw/*/{run}.g{source:04d}.json"))
    text = path.read_text().replace(f'"generation":{source},', f'"generation":{generation},')
    (path.parent / f"{run}.g{generation:04d}.json").write_text(text)


def processed_of(lake, run):
    made = manifests(lake, "processed", run)
    return made[max(made)]


# --- slots and attempts


def complete_is_skipped(bench):
    with bench.sim() as sim:
        program = bench.lake()
        first = sim.collect(program)["run"]
        assert first["status"] == "complete" and first["sweep_coverage"] is None, first
        assert "sweep_coverage" not in manifests(program.lake, "raw", first["id"])[1]
        before, stats = hash_tree(program.lake), sim.json("/sim/stats")
        again = sim.collect(program)["run"]
        assert again == {"id": first["id"], "status": "skipped"}, again
        assert sim.json("/sim/stats")["requests"] == stats["requests"], "something was asked"
        assert hash_tree(program.lake)["lake.json"] == before["lake.json"]
        assert {k: v for k, v in hash_tree(program.lake).items() if not k.startswith("lake.lock")} \
            == {k: v for k, v in before.items() if not k.startswith("lake.lock")}
        next_slot(sim)
        warm = sim.collect(program)["run"]
        assert warm["id"] != first["id"] and warm["sweep_coverage"] >= 0.999, warm


def after_an_absence(bench):
    """Nobody of the last sweep is live any more: it tells as little as none. Days have passed, and
    this machine's clock, which was wrong, says that it is the next slot."""
    with bench.sim() as sim:
        program = bench.lake()
        sim.collect(program)
        days_ms = 6 * 24 * 3600 * 1000
        sim.advance_to(sim.now_ms() + days_ms)
        sim.json("/sim/clock", {"skew_ms": -days_ms})
        next_slot(sim)
        back = sim.collect(program)["run"]
        assert back["status"] == "complete" and back["sweep_coverage"] is None, back
        run = manifests(program.lake, "raw", back["id"])[1]
        assert run["counts"]["vanished"] > 0 and run["counts"]["refound"] == 0, run
        next_slot(sim)
        warm = sim.collect(program)["run"]
        assert warm["status"] == "complete" and warm["sweep_coverage"] >= 0.999, warm


def partial_gets_another_attempt(bench):
    with bench.sim() as sim:
        program, first = partial_then_complete(bench, sim)
        before = hash_tree(program.lake / "raw")
        second = sim.collect(program)["run"]
        assert (second["id"], second["status"], second["attempt"]) == (first["id"], "complete", 2)
        after = hash_tree(program.lake / "raw")
        assert before.items() <= after.items(), "the first attempt was changed"
        names = [str(p.parent.name) for p in raw_objects(program.lake, "streams", first["id"])]
        assert names == ["attempt=0001", "attempt=0002"], names
        raw = manifests(program.lake, "raw", first["id"])
        assert [raw[g]["status"] for g in sorted(raw)] == ["partial", "complete"], raw
        assert raw[1]["why"] == first["why"] and "why" not in raw[2], raw
        assert sim.collect(program)["run"]["status"] == "skipped"
        forge(program.lake, first["id"], 1, 3)
        program.must("process")
        made = processed_of(program.lake, first["id"])
        assert made["status"] == "complete" and made["inputs"][0]["generation"] == 2, made


def of_partial_ones_the_last(bench):
    with bench.sim() as sim:
        program, first = partial_then_complete(bench, sim)
        program.must("process")
        made = processed_of(program.lake, first["id"])
        assert made["inputs"][0]["generation"] == 1 and made["why"] == first["why"], made
        fail_from(sim, 8)
        second = sim.collect(program)["run"]
        assert (second["status"], second["attempt"]) == ("partial", 2), second
        program.must("process")
        made = processed_of(program.lake, first["id"])
        assert made["inputs"][0]["generation"] == 2, made
        assert made["counts"]["rows_out"] == second["streams"] > 0, made


def another_slot_is_refused(bench):
    with bench.sim() as sim:
        program = bench.lake()
        next_slot(sim)
        for slot in ("2026-11-23T00:00:00Z", "2026-11-23T00:30:00Z", "2025-01-01"):
            done = program.run("ingest", "--slot", slot, "--sim-clock", sim.url,
                               env=sim.environment())
            assert done.returncode == INVALID, done
            assert "is not the current one (2026-11-23T00:15:00Z)" in done.stderr, done.stderr
        assert asked(sim) == 0
        assert sim.collect(program, "--slot", "2026-11-23T00:20:00Z")["run"]["id"] == \
            "20261123T001500Z"


def run_once_is_seen(bench):
    with bench.sim() as sim:
        program = bench.lake()
        run = sim.collect(program, command=RUN_ONCE)["run"]
        report = json.loads(program.must("report", "platform", "--from", DAY, "--to", "2026-11-24",
                                         "--json"))
        assert report["data"][0]["samples"] == run["streams"] > 0, report
        assert program.must("verify").startswith("good: 0 differences")


# --- what servers do


def edge_15_a_hidden_stream_is_found_by_its_user(bench):
    with bench.sim() as sim:
        program = bench.lake()
        sim.collect(program, command=RUN_ONCE)
        next_slot(sim)
        sim.ask("/sim/faults", b"15:0.05\n")
        run = sim.collect(program, command=RUN_ONCE)["run"]
        assert int(sim.json("/sim/stats")["faults"]["15"]) > 0 and run["refound"] > 0, run
        truth = sim.truth(millis(run["started_at"]), millis(run["finished_at"]))
        assert len(truth & found(program.lake, run["id"])) >= 0.995 * len(truth), run
        sim.ask("/sim/faults", b"clear\n")
        next_slot(sim)
        last = sim.collect(program, command=RUN_ONCE)["run"]
        truth &= found(program.lake, last["id"])
        begun = "(SELECT min(slot) FROM run)"
        holes = query(program, "SELECT stream_id FROM observation GROUP BY stream_id "
                      f"HAVING min(slot) = {begun} AND max(slot) = (SELECT max(slot) FROM run) "
                      "AND count(*) <> 3")
        assert holes == [], f"{len(holes)} streams have a hole"
        ended = query(program, "SELECT stream_id FROM session WHERE ended_at IS NOT NULL "
                      "AND last_slot = (SELECT max(slot) FROM run)")
        assert ended == [], ended
        twice = query(program, "SELECT stream_id FROM session GROUP BY stream_id "
                      "HAVING count(*) > 1")
        assert twice == [], twice


def edge_16_short_pages_do_not_end_the_list(bench):
    with bench.sim("--fault", "16:1") as sim:
        program = bench.lake()
        run = sim.collect(program)["run"]
        assert run["status"] == "complete", run
        assert int(sim.json("/sim/stats")["faults"]["16"]) > STREAMS / 100
        truth = sim.truth(millis(run["started_at"]), millis(run["finished_at"]))
        assert len(truth & found(program.lake, run["id"])) >= 0.99 * len(truth), run


def edge_41_streams_of_banned_users_are_kept(bench):
    with bench.sim("--fault", "41:0.3") as sim:
        program = bench.lake()
        run = sim.collect(program, command=RUN_ONCE)["run"]
        assert int(sim.json("/sim/stats")["faults"]["41"]) > 0, run
        met = found(program.lake, run["id"])
        count = query(program, "SELECT count(*) AS n FROM observation")[0]["n"]
        assert run["status"] == "complete" and count == run["streams"] == len(met), (count, run)
        assert program.must("verify").startswith("good: 0 differences")


def edge_44_top_games_are_never_asked_for(bench):
    with bench.sim("--fault", "44:1") as sim:
        program = bench.lake()
        for _ in range(2):
            sim.collect(program, command=RUN_ONCE)
            next_slot(sim)
        stats = sim.json("/sim/stats")
        assert stats["requests"]["/helix/games"] > 0, stats
        assert stats["requests"]["/helix/games/top"] == 0, stats


def edge_46_nobody_is_asked_for_by_login(bench):
    with bench.sim("--fault", "46:1") as sim:
        program = bench.lake()
        sim.collect(program)
        next_slot(sim)
        sim.ask("/sim/faults", b"15:0.05\n")
        run = sim.collect(program)["run"]
        asked_for = targets(program.lake)
        assert any(b"user_id=" in t for t in asked_for), "nobody was asked for again"
        assert any(t.startswith(b"/helix/users?id=") for t in asked_for), "nobody was looked up"
        assert [t for t in asked_for if LOGIN.search(t)] == []
        assert run["status"] == "complete" and "46" not in sim.json("/sim/stats")["faults"], run


# --- the client's own


def no_run_is_doubled(program):
    rows = query(program, "SELECT run_id, count(*) AS n FROM run GROUP BY run_id "
                 "HAVING count(*) > 1 UNION ALL SELECT run_id || ':' || stream_id, count(*) "
                 "FROM observation GROUP BY run_id, stream_id HAVING count(*) > 1")
    assert rows == [], rows


def no_leftovers(program):
    """After reconcile, everything in the layers is named by a manifest."""
    for left in (program.lake / ".tmp").iterdir():  # goes when it is a day old, and so must be
        os.utime(left, (time.time() - TWO_DAYS_S,) * 2)
    program.must("reconcile")
    assert list((program.lake / ".tmp").iterdir()) == []
    named = set()
    for path in program.lake.glob("manifests/**/*.json"):
        named |= {o["key"] for o in json.loads(path.read_text())["objects"]}
    there = {str(path.relative_to(program.lake))
             for layer in ("raw", "processed", "quarantine", "history")
             for path in (program.lake / layer).rglob("*") if path.is_file()}
    assert there == named, f"without a manifest: {there - named}; lost: {named - there}"


def is_sound(program):
    program.must("reconcile")
    verified = program.must("verify")
    assert verified.startswith("good: 0 differences"), verified
    no_run_is_doubled(program)
    no_leftovers(program)


def edge_54_killed(bench):
    kills = int(os.environ.get("LIVELAKE_TEST_KILLS", "12"))
    seed = int(os.environ.get("LIVELAKE_TEST_SEED", "20261123"))
    rng = random.Random(seed)
    with bench.sim() as sim:
        program = bench.lake()
        seconds, story = {}, []
        for words in (("ingest",), RUN_ONCE, ("ingest",), RUN_ONCE):  # the first ones are cold
            begin = time.monotonic()
            sim.collect(program, command=words)
            seconds[words] = time.monotonic() - begin
            next_slot(sim)
        for number in range(kills):
            words = RUN_ONCE if number % 2 else ("ingest",)
            before, delay = Committed(program.lake), rng.uniform(0, seconds[words])
            process = start(program, sim, words)
            try:
                process.communicate(timeout=delay)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
            story.append(f"{words[0]} {delay * 1000:.0f} ms: {process.returncode}")
            before.check()
            run = sim.collect(program, command=RUN_ONCE)["run"]
            before.check()
            assert run["status"] in ("complete", "partial", "skipped"), run
            raw = manifests(program.lake, "raw", run["id"])
            assert len(raw) == 1, f"{run}: {sorted(raw)}"
            next_slot(sim)
        print(f"# LIVELAKE_TEST_SEED={seed}; {'; '.join(story)}", flush=True)
        is_sound(program)
        assert query(program, "SELECT count(*) AS n FROM run")[0]["n"] == kills + 4


def edge_54_disk_full(bench, size):
    with small_disk(bench, size) as folder, bench.sim(streams=2000) as sim:
        program = Program(bench.path, folder / "lake")
        done = program.run(*RUN_ONCE, "--sim-clock", sim.url, env=sim.environment())
        assert done.returncode == DISK_FULL and "o space left" in done.stderr, done
        remount(folder, "size=200m")
        run = sim.collect(program, command=RUN_ONCE)["run"]
        assert run["status"] in ("complete", "skipped"), run
        is_sound(program)
        assert query(program, "SELECT count(*) AS n FROM run")[0]["n"] == 1


def edge_54_asked_to_stop(bench):
    with bench.sim(streams=10000) as sim:
        program = bench.lake()
        process = start_and_reach(program, sim, ("ingest",), 30)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
        assert process.returncode == SIGTERM, process.returncode
        run = sorted(program.lake.glob("manifests/raw/*/2*.json"))[0].name.split(".")[0]
        first = manifests(program.lake, "raw", run)[1]
        assert first["status"] == "partial" and first["counts"]["pages"] > 0, first
        met = found(program.lake, run)
        assert 0 < len(met) < 10000, len(met)
        again = sim.collect(program, command=RUN_ONCE)["run"]
        assert (again["id"], again["status"], again["attempt"]) == (run, "complete", 2), again
        is_sound(program)


def edge_55_longer_than_its_slot(bench):
    """It ends with its slot, and what it had met by then is kept."""
    with bench.sim("--latency-ms", "10000") as sim:
        program = bench.lake()
        runs = []
        for _ in range(3):
            next_slot(sim, 120)  # every other slot is passed over
            run = sim.collect(program, "--cadence", "60s", "--plan", "chain",
                              command=RUN_ONCE)["run"]
            assert millis(run["finished_at"]) - millis(run["started_at"]) == 60000, run
            assert run["status"] == "partial" and run["attempt"] == 1, run
            assert "the slot ended at 2026-11-23T" in run["why"], run
            assert run["sweep_coverage"] is None, run
            assert 0 < run["streams"] == len(found(program.lake, run["id"])) < STREAMS, run
            runs.append(run["id"])
        assert runs == sorted(set(runs)), runs
        is_sound(program)
        row = query(program, "SELECT sum(expected) AS expected, sum(good) AS good FROM coverage")[0]
        assert int(row["good"]) == 3 and int(row["expected"]) > 3, row


def edge_55_a_server_that_says_wait(bench):
    """Waiting ends with the slot, in the first pass as in the second."""
    for passes, errors, waits in ((1, "", 4), (2, "4@4-18", 22)):  # by number of the request
        with bench.sim("--fault", f"7@{waits}-100000", *(("--fault", errors) if errors else ())) as sim:
            next_slot(sim, 60)
            run = sim.collect(bench.lake(), "--cadence", "60s", "--plan", "chain")["run"]
            assert millis(run["finished_at"]) - millis(run["started_at"]) == 60000, run
            assert run["status"] == "partial" and run["passes"] == passes, run
            assert run["streams"] > 0, run
            assert passes > 1 or "the slot ended at" in run["why"] and "HTTP 429" in run["why"], run


class Clock(http.server.BaseHTTPRequestHandler):
    """A simulator's clock that stands still and keeps what it is told."""

    def answer(self):
        self.server.told.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"now_ms":1795392000000}')

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


def edge_55_in_use_by_another(bench):
    with bench.sim(streams=10000) as sim, \
            http.server.ThreadingHTTPServer(("127.0.0.1", 0), Clock) as clock:
        clock.told = []
        threading.Thread(target=clock.serve_forever, daemon=True).start()
        follow = ("--sim-clock", f"http://127.0.0.1:{clock.server_port}")
        program = bench.lake()
        first = start_and_reach(program, sim, ("ingest",), 10)
        first.send_signal(signal.SIGSTOP)
        try:
            for words in (("ingest", *follow), (*RUN_ONCE, *follow), ("process",)):
                done = program.run(*words, env=sim.environment())
                assert done.returncode == BUSY and str(first.pid) in done.stderr, done
        finally:
            first.send_signal(signal.SIGCONT)
            out, said = first.communicate(timeout=120)
            clock.shutdown()
        assert clock.told == [b"", b""], "a clock that another process follows is not touched"
        assert first.returncode == 0, said
        assert json.loads(out)["run"]["status"] == "complete", out
        sim.collect(program, command=RUN_ONCE)
        is_sound(program)


def edge_56_slots_go_on_evenly(bench, date):
    with bench.sim("--start", f"{date}T00:30:00Z", streams=200) as sim:
        program, expected, runs = bench.lake(), [], []
        for number in range(8):  # 00:30 to 02:15, over both zones' change at 01:00
            minutes = 30 + 15 * number
            expected.append(f"{date.replace('-', '')}T{minutes // 60:02d}{minutes % 60:02d}00Z")
            run = sim.collect(program, command=RUN_ONCE, TZ="Europe/Berlin")["run"]
            runs.append(run["id"])
            next_slot(sim)
        assert runs == expected, runs
        slots = [int(row["slot"]) for row in query(program, "SELECT slot FROM run ORDER BY slot")]
        assert len(slots) == 8 and {b - a for a, b in zip(slots, slots[1:])} == {900}, slots


def edge_56_cadences(bench):
    with bench.sim(streams=200) as sim:
        program = bench.lake()
        for cadence in ("7m", "50m", "30s", "2d", "25h"):
            done = program.run("ingest", "--cadence", cadence, "--sim-clock", sim.url,
                               env=sim.environment())
            assert done.returncode == INVALID and "must divide a day" in done.stderr, done
        assert asked(sim) == 0
        sim.advance_to(sim.now_ms() + 5 * 3600 * 1000 + 123456)
        for cadence, run in (("5m", "20261123T050000Z"), ("4h", "20261123T040000Z"),
                             ("24h", "20261123T000000Z")):
            got = sim.collect(program, "--cadence", cadence)["run"]["id"]
            assert got == run, f"{cadence}: {got}"


CASES = [
    ("a complete slot is left alone; a cold run has no coverage", complete_is_skipped),
    ("nor has one after a long absence", after_an_absence),
    ("a partial slot gets another attempt, and the complete one holds",
     partial_gets_another_attempt),
    ("of two partial attempts the later one holds", of_partial_ones_the_last),
    ("no slot but the current one", another_slot_is_refused),
    ("run --once makes the slot visible", run_once_is_seen),
    ("edge_15: a hidden stream is found by its user", edge_15_a_hidden_stream_is_found_by_its_user),
    ("edge_16: short pages do not end the list", edge_16_short_pages_do_not_end_the_list),
    ("edge_41: streams of banned users are kept", edge_41_streams_of_banned_users_are_kept),
    ("edge_44: top games are never asked for", edge_44_top_games_are_never_asked_for),
    ("edge_46: nobody is asked for by login", edge_46_nobody_is_asked_for_by_login),
    ("edge_54: killed", edge_54_killed),
    ("edge_54: a disk of 60k", lambda b: edge_54_disk_full(b, "60k")),
    ("edge_54: a disk of 400k", lambda b: edge_54_disk_full(b, "400k")),
    ("edge_54: asked to stop", edge_54_asked_to_stop),
    ("edge_55: longer than its slot", edge_55_longer_than_its_slot),
    ("edge_55: a server that says wait", edge_55_a_server_that_says_wait),
    ("edge_55: in use by another", edge_55_in_use_by_another),
    ("edge_56: into summer time", lambda b: edge_56_slots_go_on_evenly(b, "2026-03-29")),
    ("edge_56: out of summer time", lambda b: edge_56_slots_go_on_evenly(b, "2026-10-25")),
    ("edge_56: cadences", edge_56_cadences),
]


def main():
    livelake, simulator = (pathlib.Path(a).resolve() for a in sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="livelake-test-") as folder:
        bench = Bench(livelake, simulator, pathlib.Path(folder))
        tap = Tap(len(CASES))
        for name, function in CASES:
            tap.case(name, function, bench)
        tap.end()


main()
