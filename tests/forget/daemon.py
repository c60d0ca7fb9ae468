#!/usr/bin/env python3
"""A person is forgotten in a lake that a daemon owns. Writes TAP.

Usage: daemon.py LIVELAKE SIM DUCKDB_LIBRARY KILLER

Through the socket while it collects; and what a kill -9 interrupted, of the command or of the
daemon, is finished by a daemon alone.
"""
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "daemon"))
from daemon_support import HANGS_S, Daemon, Lake, wait_for
from program import Tap, environment
from simulator import Simulator
from world import Duck, Search, others, query

START_S = 1795392000  # 2026-11-23T00:00:00Z, where the simulator begins
DAY_S = 86400
CALLS = ("rename", "unlink")
IO = 13  # exit code


class Bench:
    """A lake of a day and more, and somebody in it who streams often."""

    def __init__(self, livelake, simulator, library, killer, folder):
        self.path, self.simulator, self.killer, self.folder = livelake, simulator, killer, folder
        self.duck, self.base = Duck(library, folder), None

    def sim(self):
        return Simulator(self.simulator, "--streams", 100)

    def lake(self, name, base=None):
        path = self.folder / name
        if base is not None:
            shutil.copytree(base.lake, path, ignore=shutil.ignore_patterns(
                "livelake.sock", ".spill", ".tmp"))
        lake = Lake(self.path, path)
        lake.configure(collect_cadence="1h")
        return lake

    def person(self, lake, live=False):
        """Who was live most; of those who are now."""
        row = query(lake, "SELECT broadcaster_id AS id, count(*) AS n FROM observation GROUP BY 1 "
                    + ("HAVING max(slot) = (SELECT max(slot) FROM observation) " if live else "")
                    + "ORDER BY 2 DESC, 1 LIMIT 1")[0]
        who = query(lake, f"SELECT * FROM broadcaster WHERE broadcaster_id = {row['id']}")[0]
        words = [row["id"], who["login"]]
        if not who["display_name"].isdigit():
            words.append(who["display_name"])
        return row["id"], Search(self.duck, words)


def runs(lake):
    return [m for made in lake.manifests().values() for m in made.values()]


def kept_out(lake):
    """How many rows of the forgotten were left out of what was collected, before it was written."""
    return sum(m.get("forgotten", 0) for m in runs(lake) if m["generation"] == 1)


def clean(lake, search):
    traces = search.traces(lake)
    assert traces == [], f"{len(traces)} traces:\n" + "\n".join(traces[:20])
    assert noted(lake) == [], "an intent is left"
    lake.good()


def noted(lake):
    return list((lake.lake / "forget").glob("*"))


def while_it_collects(bench):
    lake = bench.lake("live")
    with bench.sim() as sim, Daemon(lake, sim) as daemon:
        wait_for("a day and more", lambda: daemon.running() and
                 sim.now_ms() > (START_S + DAY_S + 5 * 3600) * 1000)
        daemon.halt()
        bench.base = bench.lake("base", lake)  # as a kill would leave it
        person, search = bench.person(bench.lake("asked", bench.base), live=True)
        assert search.traces(bench.base) != [], "the search sees nothing"
        daemon.go_on()
        done = json.loads(lake.must("forget", person, "--yes", "--json"))
        assert done["forgotten"] and done["failures"] == 0 and done["raw"]["rows"] > 0, done
        wait_for("the person on a page", lambda: daemon.running() and kept_out(lake) > 0)
        count = len(daemon.events("run.ingested"))
        daemon.wait_event("run.ingested", count + 2)
        daemon.stop()
    clean(lake, search)


def finish(bench, lake, search, before, person):
    """A daemon alone, and nobody asks it."""
    assert noted(lake) != []
    with bench.sim() as sim:
        sim.advance_to((START_S + 2 * DAY_S) * 1000)
        with Daemon(lake, sim) as daemon:
            wait_for("its end", lambda: daemon.running() and noted(lake) == [])
            daemon.stop()
    clean(lake, search)
    rows = query(lake, f"SELECT count(*) AS n FROM observation WHERE slot <= {before}")[0]["n"]
    gone = query(bench.base, f"SELECT count(*) AS n FROM observation WHERE slot <= {before} AND "
                 f"broadcaster_id <> {person}")[0]["n"]
    assert rows == gone, f"{rows} rows of others, not {gone}"


def newest(lake):
    return query(lake, "SELECT max(slot) AS s FROM observation")[0]["s"]


def the_command_is_killed(bench):
    bench.base.must("reconcile")
    person, search = bench.person(bench.base)
    before, log = newest(bench.base), bench.folder / "calls"
    bench.lake("counted", bench.base).must(
        "forget", person, "--yes", env=environment(LD_PRELOAD=str(bench.killer), KILL_LOG=str(log)))
    calls = {c: int(n) for c, n in (line.split() for line in log.read_text().splitlines())}
    for share, call in enumerate(c for c in CALLS if calls[c] > 2):
        lake = bench.lake(f"killed-{call}", bench.base)
        at = max(3, calls[call] * (share + 1) // 3)
        env = environment(LD_PRELOAD=str(bench.killer), KILL_CALL=call, KILL_AT=str(at),
                          KILL_HOW="after")
        lake.must("forget", person, "--yes", env=env, code=-signal.SIGKILL)
        print(f"# killed after {call} {at} of {calls[call]}", flush=True)
        finish(bench, lake, search, before, person)


def the_daemon_is_killed(bench):
    lake = bench.lake("killed-daemon", bench.base)
    person, search = bench.person(lake)
    before = newest(lake)
    with bench.sim() as sim:
        sim.advance_to((START_S + 2 * DAY_S) * 1000)
        with Daemon(lake, sim) as daemon:
            daemon.wait_event("run.ingested")
            client = subprocess.Popen(lake.arguments("forget", person, "--yes"), text=True,
                                      stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
            wait_for("the intent", lambda: daemon.running() and noted(lake))
            daemon.kill()
            said = client.communicate(timeout=HANGS_S)[1]
            assert client.returncode == IO and "broke off" in said, (client.returncode, said)
    finish(bench, lake, search, before, person)


def main():
    with tempfile.TemporaryDirectory(prefix="livelake-forget-") as folder:
        livelake, simulator, library, killer = (pathlib.Path(a).resolve() for a in sys.argv[1:])
        bench = Bench(livelake, simulator, str(library), killer, pathlib.Path(folder))
        tap = Tap(3)
        tap.case("a daemon that collects forgets, and collects no more", while_it_collects, bench)
        tap.case("what a killed command left, a daemon finishes", the_command_is_killed, bench)
        tap.case("what a killed daemon left, the next one finishes", the_daemon_is_killed, bench)
        tap.end()


main()
