#!/usr/bin/env python3
"""The daemon `livelake run` on simulated time, and on the real one. Writes TAP.

Usage: daemon.py LIVELAKE SIM. LIVELAKE_TEST_SEED is the seed of the kills, which is printed.
"""
import json
import os
import pathlib
import random
import signal
import socket
import sys
import tempfile

from daemon_support import DAY_S, Daemon, Lake, run_id, stamp, wait_for
from program import Skip, Tap
from simulator import Simulator, asked, cadence_of_now

START_S = 1795392000  # 2026-11-23T00:00:00Z, where the simulator begins
HOUR_S = 3600
HUGE = "10TiB"


class Bench:
    def __init__(self, livelake, simulator, folder):
        self.path, self.simulator, self.folder = livelake, simulator, folder
        self.lakes = 0

    def lake(self, **keys):
        self.lakes += 1
        lake = Lake(self.path, self.folder / f"lake-{self.lakes}")
        lake.configure(**{"collect_cadence": "1h", **keys})
        return lake

    def sim(self, *words, **options):
        return Simulator(self.simulator, "--streams", 50, *words, **options)


def run_to(daemon, sim, epoch_s):
    wait_for(stamp(epoch_s), lambda: daemon.running() and sim.now_ms() >= epoch_s * 1000)


def slots(from_s, to_s, cadence_s=HOUR_S):
    return [run_id(at) for at in range(from_s, to_s, cadence_s)]


def days_pass(bench):
    lake = bench.lake(collect_cadence="2h")
    with bench.sim() as sim, Daemon(lake, sim) as daemon:
        run_to(daemon, sim, START_S + 2 * DAY_S + 3 * HOUR_S + 60)
        daemon.stop()
        assert daemon.events("daemon.stopped")
        now_s = sim.now_ms() // 1000  # where this machine is slow, much later than asked for
    # Before reconcile, by whose clock, the real one, more days have ended.
    closed = [str(row[0]) for row in lake.query("SELECT day FROM day_state WHERE closed ORDER BY 1")]
    lake.good()
    statuses = lake.statuses()
    for slot in slots(START_S, START_S + 2 * DAY_S + 3 * HOUR_S, 2 * HOUR_S):
        assert statuses.get(slot) == "complete", f"{slot}: {statuses.get(slot)}"
    assert closed[:2] == ["2026-11-23", "2026-11-24"], closed
    assert START_S + len(closed) * DAY_S + 2 * HOUR_S <= now_s, (closed, now_s)
    coverage = lake.query("SELECT slot_coverage FROM coverage ORDER BY day LIMIT 2")
    assert coverage == [[1.0], [1.0]], coverage


def retention(bench):
    """Its limits are those of the configuration, also as read again."""
    lake = bench.lake(collect_cadence="6h")
    with bench.sim() as sim, Daemon(lake, sim) as daemon:
        run_to(daemon, sim, START_S + 2 * DAY_S)
        assert not daemon.events("retention.dropped")
        lake.configure(collect_cadence="6h", retention_raw=24)
        daemon.hang_up()
        assert daemon.wait_event("retention.dropped")["layer"] == "raw"
        daemon.stop()
    lake.good()
    first = lake.manifests()[run_id(START_S)]
    assert [m["dropped"]["reason"] for m in first.values()] == ["retention"], first


def damage(bench):
    """An old manifest that cannot be read hinders cleaning, which is tried hourly; not new runs."""
    lake = bench.lake(collect_cadence="2h")
    with bench.sim() as sim:
        with Daemon(lake, sim) as daemon:
            run_to(daemon, sim, START_S + 4 * HOUR_S)
            daemon.stop()
        manifest = next(lake.lake.glob(f"manifests/raw/*/{run_id(START_S)}.g*.json"))
        manifest.write_text("{")
        with Daemon(lake, sim) as daemon:
            run_to(daemon, sim, START_S + 2 * DAY_S + 4 * HOUR_S)
            daemon.stop()
            failed = daemon.events("daemon.work_failed")
    assert 1 <= len(failed) <= 60, len(failed)
    ingested = lake.query("SELECT count(*) FROM run WHERE status = 'complete'")[0][0]
    assert ingested >= 25, ingested


def kills(bench):
    lake = bench.lake()
    seed = int(os.environ.get("LIVELAKE_TEST_SEED", random.randrange(1 << 30)))
    print(f"# LIVELAKE_TEST_SEED={seed}", flush=True)
    dice = random.Random(seed)
    with bench.sim() as sim:
        for _ in range(6):
            with Daemon(lake, sim) as daemon:
                before = asked(sim)
                limit = before + dice.randrange(1, 20)
                wait_for("requests", lambda: daemon.running() and asked(sim) >= limit)
                for _ in range(dice.randrange(4000)):  # into a sweep, a stage, between
                    pass
                daemon.kill()
        with Daemon(lake, sim) as daemon:
            daemon.wait_event("run.ingested", 2)
            daemon.stop()
        now_s = sim.now_ms() // 1000
    lake.good()
    statuses = lake.statuses()
    assert list(sorted(statuses))[0] == run_id(START_S)
    for slot in slots(START_S, now_s - now_s % HOUR_S):
        assert slot in statuses, f"nothing of {slot}"
    assert "missed" not in statuses.values(), "time stood still while it was dead"


def says_why(lake, text):
    """In the tables, in status, and still when the warehouse was made anew from its layers."""
    runs = "SELECT * FROM run ORDER BY slot"
    before = lake.query(runs)
    assert lake.query("SELECT DISTINCT status, why FROM run WHERE why <> ''") == [["missed", text]]
    assert lake.query("SELECT why FROM coverage WHERE missed > 0 LIMIT 1") == [[text]]
    assert lake.query("SELECT bool_or(closed) FROM day_state") == [[True]]
    [gap, *_] = json.loads(lake.must("status", "--json"))["gaps"]
    assert (gap["status"], gap["why"]) == ("missed", text), gap
    (lake.lake / "warehouse.duckdb").unlink()
    lake.must("curate")
    lake.must("reconcile")
    assert lake.query(runs) == before, "made anew, it says something else"


def absence(bench):
    lake = bench.lake()
    with bench.sim() as sim:
        with Daemon(lake, sim) as daemon:
            daemon.wait_event("run.ingested", 2)
            daemon.kill()
        last = max(lake.statuses())
        last_s = next(at for at in range(START_S, START_S + DAY_S, HOUR_S) if run_id(at) == last)
        back_s = START_S + DAY_S + 5 * HOUR_S
        sim.advance_to(back_s * 1000)
        with Daemon(lake, sim) as daemon:
            daemon.wait_event("run.ingested", 2)
            missed = daemon.events("slots.missed")
            daemon.stop()
        now_s = sim.now_ms() // 1000
    expected = slots(last_s + HOUR_S, back_s)
    assert [m["count"] for m in missed] == [len(expected)], missed
    lake.good()
    statuses = lake.statuses()
    assert sorted(r for r, s in statuses.items() if s == "missed") == expected
    assert min(statuses) == run_id(START_S), "slots before the first run"
    rows = dict(lake.query("SELECT status, count(*) FROM run GROUP BY 1"))
    assert rows["missed"] == len(expected), rows
    says_why(lake, "livelake was not running")
    good = sum(1 for s in statuses.values() if s == "complete")
    hours = (now_s - START_S) // HOUR_S
    assert good <= hours + 1
    [[of_day, found]] = lake.query("SELECT expected, good FROM coverage WHERE day = '2026-11-23'")
    assert (of_day, found) == (24, (last_s - START_S) // HOUR_S + 1), (of_day, found)


def no_network(bench):
    lake = bench.lake()
    with bench.sim() as sim, Daemon(lake, sim) as daemon:
        daemon.wait_event("run.ingested", 1)
        first = asked(sim) + 1
        sim.ask("/sim/faults", b"4@%d-%d\n" % (first, first + 1000000))
        daemon.wait_event("run.failed", 3)
        sim.ask("/sim/faults", b"clear\n")
        before = len([e for e in daemon.events("run.ingested") if e["status"] == "complete"])
        wait_for("a good run", lambda: daemon.running() and len(
            [e for e in daemon.events("run.ingested") if e["status"] == "complete"]) > before)
        daemon.stop()
    lake.good()
    statuses = lake.statuses()
    assert len(set(statuses)) == len(slots(START_S, START_S + len(statuses) * HOUR_S))
    assert sorted(statuses) == slots(START_S, START_S + len(statuses) * HOUR_S), statuses


def list_is_damaged(bench):
    """Attempts that make no run come later and later, up to a quarter of a long slot."""
    lake = bench.lake(collect_cadence="24h")
    lake.must("init")
    (lake.lake / "forgotten.json").write_text("{")
    with bench.sim() as sim, Daemon(lake, sim) as daemon:
        run_to(daemon, sim, START_S + DAY_S - HOUR_S)
        (lake.lake / "forgotten.json").unlink()
        daemon.wait_event("run.ingested")
        daemon.stop()
        failed = len(daemon.events("run.not_made"))
    assert 5 <= failed <= 20, failed
    lake.good()
    assert lake.statuses().get(run_id(START_S)) == "missed", lake.statuses()


def secret_is_mended(bench):
    lake = bench.lake()
    secret = bench.folder / "secret"
    secret.write_text("wrong\n")
    with bench.sim() as sim:
        daemon = Daemon(lake, sim, TWITCH_CLIENT_SECRET_FILE=str(secret))
        del daemon.env["TWITCH_CLIENT_SECRET"]
        with daemon:
            daemon.wait_event("run.not_made")
            assert daemon.events("collect.paused")[0]["by"] == "auth"
            secret.write_text("secret\n")
            daemon.hang_up()
            daemon.wait_event("collect.resumed")
            daemon.wait_event("run.ingested")
            daemon.stop()
    lake.good()


def disk_is_full(bench):
    lake = bench.lake(run_min_free=HUGE)
    with bench.sim() as sim, Daemon(lake, sim) as daemon:
        assert daemon.wait_event("collect.paused")["by"] == "disk"
        assert not daemon.events("run.ingested")
        lake.configure(collect_cadence="1h", run_min_free="1MB")
        daemon.hang_up()
        daemon.wait_event("run.ingested", 2)
        lake.configure(collect_cadence="1h", run_min_free=HUGE)
        daemon.hang_up()
        daemon.wait_event("collect.paused", 2)
        last_s = START_S + (sim.now_ms() // 1000 - START_S) // HOUR_S * HOUR_S
        run_to(daemon, sim, last_s + 3 * HOUR_S + 60)
        lake.configure(collect_cadence="1h", run_min_free="1MB")
        daemon.hang_up()
        missed = daemon.wait_event("slots.missed")
        daemon.wait_event("collect.resumed", 2)
        daemon.stop()
    assert missed["count"] >= 2, missed
    lake.good()
    [[why]] = lake.query("SELECT DISTINCT why FROM run WHERE status = 'missed'")
    assert "MB of disk are free, fewer than run.min_free" in why, why
    statuses = sorted(lake.statuses())
    first_s = next(at for at in range(START_S, START_S + 400 * DAY_S, HOUR_S)
                   if run_id(at) == statuses[0])
    assert statuses == slots(first_s, first_s + len(statuses) * HOUR_S), "a slot is unaccounted for"


def cadence_changes_at_midnight(bench):
    lake = bench.lake(collect_cadence="4h")
    with bench.sim() as sim, Daemon(lake, sim) as daemon:
        daemon.wait_event("run.ingested", 2)
        lake.configure(collect_cadence="3h")
        daemon.hang_up()
        daemon.wait_event("config.reloaded")
        lake.configure(collect_cadence="7h")
        daemon.hang_up()
        assert "divide" in daemon.wait_event("config.refused")["message"]
        (lake.lake / "livelake.conf").write_text("collect.cadance = 1h\n")
        daemon.hang_up()
        assert "cadance" in daemon.wait_event("config.refused", 2)["message"]
        run_to(daemon, sim, START_S + 2 * DAY_S + 60)
        daemon.stop()
    lake.configure(collect_cadence="3h")
    lake.good()
    found = {run: max(m["cadence_s"] for m in made.values())
             for run, made in lake.manifests().items()}
    days = sorted({run[:8] for run in found})[:2]
    of_first = [c for run, c in found.items() if run.startswith(days[0])]
    of_second = [c for run, c in found.items() if run.startswith(days[1])]
    assert of_first == [14400] * 6, of_first
    assert of_second in ([14400] * 6, [10800] * 8), of_second  # if the first day was over by then
    third = [c for run, c in found.items() if run > days[1] + "Z"]
    assert set(third) <= {10800}, third


def clock_jumps(bench):
    """Forward by five hours, and later back by three."""
    lake = bench.lake()
    with bench.sim() as sim, Daemon(lake, sim) as daemon:
        daemon.wait_event("run.ingested", 3)
        sim.json("/sim/clock", {"skew_ms": 5 * HOUR_S * 1000})
        assert daemon.wait_event("slots.missed")["count"] in (4, 5)
        count = len(daemon.events("run.ingested"))
        daemon.wait_event("run.ingested", count + 3)
        sim.json("/sim/clock", {"skew_ms": 2 * HOUR_S * 1000})
        pause = wait_for("pause", lambda: [e for e in daemon.events("collect.paused")
                                           if e["by"] == "clock"])[0]
        assert "went back" in pause["why"], pause
        daemon.wait_event("collect.resumed")
        count = len(daemon.events("run.ingested"))
        daemon.wait_event("run.ingested", count + 2)
        daemon.stop()
        ingested = [e["run_id"] for e in daemon.events("run.ingested")]
    assert ingested == sorted(set(ingested)), "a slot was collected twice, or an earlier one"
    lake.good()
    statuses = sorted(lake.statuses())
    assert statuses == slots(START_S, START_S + len(statuses) * HOUR_S), statuses


def old_raw_goes(bench):
    """By the limits as they are now: they come with SIGHUP."""
    lake = bench.lake(collect_cadence="6h")
    with bench.sim() as sim, Daemon(lake, sim) as daemon:
        run_to(daemon, sim, START_S + DAY_S + 60)
        lake.configure(collect_cadence="6h", retention_raw=30)
        daemon.hang_up()
        dropped = daemon.wait_event("retention.dropped")
        assert dropped["layer"] == "raw" and dropped["count"] > 0, dropped
        daemon.stop()
    assert not list(lake.lake.glob("raw/twitch/streams/date=2026-11-23/run=20261123T00*/**/*.zst"))
    lake.good()


def forgetting_that_cannot_end(bench):
    """A raw object that is damaged: the person stays noted, and all else goes on."""
    lake = bench.lake(collect_cadence="6h")
    with bench.sim() as sim:
        with Daemon(lake, sim) as daemon:
            daemon.wait_event("run.ingested", 2)
            daemon.stop()
        damaged = sorted(lake.lake.glob("raw/twitch/streams/**/*.zst"))[0]
        whole = damaged.read_bytes()
        damaged.write_bytes(whole[:-9])
        [[person]] = lake.query("SELECT min(broadcaster_id) FROM observation")
        done = lake.run("forget", person, "--yes")
        assert done.returncode != 0 and list(lake.lake.glob("forget/*")), done
        done = lake.run("reconcile", "--json")
        assert done.returncode != 0 and '"curated"' in done.stdout, done
        with Daemon(lake, sim) as daemon:
            daemon.wait_event("forget.unfinished", 2)
            last = daemon.wait_event("run.ingested", 2)["run_id"]
            wait_for("its rows", lambda: daemon.running() and lake.query(
                f"SELECT 1 FROM run WHERE run_id = '{last}' AND streams > 0"))
            damaged.write_bytes(whole)
            wait_for("the end", lambda: daemon.running() and not list(lake.lake.glob("forget/*")))
            daemon.stop()
    lake.good()
    assert lake.query(f"SELECT count(*) FROM observation WHERE broadcaster_id = {person}") == [[0]]


# --- real time


def notified(bench, address):
    lake = bench.lake(collect_cadence="1m")
    with bench.sim(clock="real") as sim, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address.replace("@", "\0", 1) if address.startswith("@") else address)
        listener.settimeout(60)
        said = []

        def hear(word):
            while not any(word in text for text in said):
                said.append(listener.recv(4096).decode())

        with Daemon(lake, sim, simulated=False, NOTIFY_SOCKET=address, WATCHDOG_USEC="100000") as daemon:
            hear("READY=1")
            hear("STATUS=")
            hear("WATCHDOG=1")
            daemon.wait_event("run.ingested")
            said.clear()
            daemon.hang_up()
            hear("RELOADING=1\nMONOTONIC_USEC=")
            said.clear()
            hear("READY=1")
            daemon.stop(signal.SIGINT)
            hear("STOPPING=1")
    lake.good()
    assert "complete" in lake.statuses().values(), lake.statuses()


def stopped_in_a_sweep(bench):
    cadence = cadence_of_now()
    if cadence is None:
        raise Skip("every slot ends at midnight UTC, in a few minutes")
    lake = bench.lake(collect_cadence=cadence)
    with bench.sim("--latency-ms", 1500, "--streams", 1000, clock="real") as sim, \
            Daemon(lake, sim, simulated=False) as daemon:
        wait_for("requests", lambda: daemon.running() and asked(sim) >= 3)
        daemon.stop()
    lake.good()
    assert list(lake.statuses().values()) == ["partial"], lake.statuses()


def main():
    livelake, simulator = map(pathlib.Path, sys.argv[1:3])
    with tempfile.TemporaryDirectory(prefix="livelake-daemon-") as folder:
        bench = Bench(livelake, simulator, pathlib.Path(folder))
        cases = [
            ("days pass: every slot has a run, days are closed", days_pass),
            ("raw is dropped after its time", retention),
            ("a damaged manifest", damage),
            ("killed in sweeps and stages", kills),
            ("slots of an absence are missed", absence),
            ("without network slots fail, and it goes on", no_network),
            ("a damaged list of the forgotten, for a long slot", list_is_damaged),
            ("a wrong secret is mended by SIGHUP", secret_is_mended),
            ("too little free disk", disk_is_full),
            ("cadence and wrong configurations by SIGHUP", cadence_changes_at_midnight),
            ("the clock jumps forward and back", clock_jumps),
            ("old raw goes", old_raw_goes),
            ("a forget that cannot end", forgetting_that_cannot_end),
            ("systemd hears of it", lambda b: notified(b, str(b.folder / "notify"))),
            ("also by an abstract address", lambda b: notified(b, f"@livelake-test-{os.getpid()}")),
            ("stopped in a sweep", stopped_in_a_sweep),
        ]
        tap = Tap(len(cases))
        for name, function in cases:
            if len(sys.argv) > 3 and sys.argv[3] not in name:
                continue
            tap.case(name, function, bench)
        tap.end()


main()
