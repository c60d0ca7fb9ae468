#!/usr/bin/env python3
"""A month of a daemon's life, with everything that can happen to it. Writes TAP.

Usage: chaos.py LIVELAKE SIM. LIVELAKE_TEST_DAYS is the number of virtual days (30),
LIVELAKE_TEST_SEED the seed, which is printed.

Between quiet hours the dice choose: kill -9 and restart at once or after an absence, SIGTERM, too
little free disk, a full disk, jumps of the clock forward and back, outages of the network, slow
servers, a simulator that stands still. What must come of it is noted as it happens, by the wall
clock that the daemon sees; at the end the lake is compared with it.
"""
import datetime
import os
import pathlib
import random
import signal
import statistics
import sys
import tempfile

from daemon_support import DAY_S, Daemon, Lake, run_id, stamp, wait_for
from disks import small_disk
from program import Skip, Tap
from simulator import Simulator, asked

START_S = 1795392000  # 2026-11-23T00:00:00Z, where the simulator begins
CADENCE_S = 900
KEEP_FREE = 8 << 20
STATUSES = ("complete", "partial", "failed", "missed")


class Month:
    """The daemon, its simulator, and what is known of the slots."""

    def __init__(self, paths, folder, disk, dice):
        self.lake = Lake(paths[0], disk / "lake")
        self.lake.log = folder / "log"  # not on the disk that gets full
        self.disk, self.dice = disk, dice
        self.configure()
        self.sim = Simulator(paths[1], "--streams", 120)
        self.skew_s = 0
        self.troubled, self.missed, self.dark = [], [], []  # spans of wall time
        self.episodes, self.memory = {}, []
        self.daemon, self.events, self.end_s = None, {}, START_S

    def configure(self, min_free=KEEP_FREE):
        self.lake.configure(collect_cadence="15m", run_min_free=str(min_free))

    def now_s(self):
        """By the wall clock of the daemon."""
        return self.sim.now_ms() / 1000 + self.skew_s

    def start(self):
        self.daemon = Daemon(self.lake, self.sim)
        self.daemon.__enter__()
        self.daemon.wait_event("daemon.started")

    def gone(self):
        for event in self.daemon.events():
            self.events[event["event"]] = self.events.get(event["event"], 0) + 1
        self.daemon.__exit__()

    def run_for(self, seconds):
        until_s = self.sim.now_ms() / 1000 + seconds
        wait_for(f"{seconds} s", lambda: self.daemon.running() and
                 self.sim.now_ms() / 1000 >= until_s)

    def trouble(self, from_s, to_s):
        """The slots of this span, and those beside them, may be of any status."""
        self.troubled.append((from_s - CADENCE_S, to_s + CADENCE_S))

    # --- what can happen

    def killed(self):
        """In a sweep, a stage, or between."""
        before = asked(self.sim) + self.dice.randrange(8)
        wait_for("requests", lambda: self.daemon.running() and asked(self.sim) >= before)
        for _ in range(self.dice.randrange(20000)):
            pass
        self.daemon.kill()
        self.gone()
        self.trouble(self.now_s(), self.now_s())
        self.start()

    def killed_and_away(self):
        self.daemon.kill()
        self.gone()
        self.away()

    def stopped_and_away(self):
        self.daemon.stop()
        self.gone()
        self.away()

    def away(self):
        from_s = self.now_s()
        self.sim.advance_to(self.sim.now_ms() + self.dice.randrange(1, 8 * 3600) * 1000)
        self.trouble(from_s, from_s)
        self.trouble(self.now_s(), self.now_s())
        self.missed.append((from_s, self.now_s()))
        self.start()

    def little_disk(self):
        self.fill(KEEP_FREE // 2, KEEP_FREE)

    def full_disk(self):
        self.fill(0, 0)

    def fill(self, leave, min_free):
        """The disk is filled but for `leave` bytes, for a while."""
        from_s = self.now_s()
        self.configure(min_free)
        self.daemon.hang_up()
        filler = self.disk / "filler"
        with filler.open("wb") as file:
            space = os.statvfs(self.disk)
            left = space.f_bavail * space.f_frsize - leave
            try:
                while left > 0:
                    left -= file.write(bytes(min(left, 1 << 20)))
                    file.flush()
            except OSError:
                pass  # it is full, which is what we want
        self.run_for(self.dice.randrange(1800, 4 * 3600))
        filler.unlink()
        self.configure()
        self.daemon.hang_up()
        resumed = self.now_s()
        self.run_for(2 * CADENCE_S)
        self.trouble(from_s, max(resumed, self.now_s()))

    def jump_forward(self):
        from_s = self.now_s()
        self.skew(self.dice.randrange(60, 6 * 3600))
        self.run_for(CADENCE_S)
        self.trouble(from_s, self.now_s())

    def jump_back(self):
        """Nothing is collected until it is as late as it was."""
        from_s = self.now_s()
        back_s = self.dice.randrange(60, 6 * 3600)
        self.skew(-back_s)
        self.run_for(back_s + CADENCE_S)
        self.trouble(from_s, self.now_s())

    def skew(self, by_s):
        self.skew_s += by_s
        self.sim.json("/sim/clock", {"skew_ms": self.skew_s * 1000})

    def no_network(self):
        from_s = self.now_s()
        self.sim.ask("/sim/faults", b"11:1\n")
        self.run_for(self.dice.randrange(600, 5 * 3600))
        self.sim.ask("/sim/faults", b"clear\n")
        to_s = self.now_s()
        self.trouble(from_s, from_s)
        self.trouble(to_s, to_s)
        self.dark.append((from_s, to_s))
        self.run_for(CADENCE_S)

    def slow_servers(self):
        from_s = self.now_s()
        self.sim.json("/sim/latency", {"latency_ms": self.dice.choice((2000, 9000, 19000))})
        self.run_for(self.dice.randrange(1800, 4 * 3600))
        self.sim.json("/sim/latency", {"latency_ms": 75})
        self.run_for(CADENCE_S)
        self.trouble(from_s, self.now_s())

    def errors(self):
        from_s = self.now_s()
        self.sim.ask("/sim/faults", b"4:0.05\n3:0.02\n")
        self.run_for(self.dice.randrange(1800, 4 * 3600))
        self.sim.ask("/sim/faults", b"clear\n")
        self.run_for(CADENCE_S)
        self.trouble(from_s, self.now_s())

    def frozen(self):
        """The simulator does not answer; time stands still."""
        self.sim.process.send_signal(signal.SIGSTOP)
        wait_for("halt", lambda: pathlib.Path(f"/proc/{self.sim.process.pid}/stat").read_text()
                 .rsplit(")", 1)[1].split()[0] == "T")
        self.sim.process.send_signal(signal.SIGCONT)
        self.trouble(self.now_s(), self.now_s())

    # --- the month

    def live(self, days):
        actions = [self.killed, self.killed, self.killed, self.killed_and_away,
                   self.stopped_and_away, self.little_disk, self.full_disk, self.jump_forward,
                   self.jump_back, self.no_network, self.slow_servers, self.errors, self.frozen]
        deck = []
        with self.sim:
            self.start()
            while self.now_s() < START_S + days * DAY_S:
                self.run_for(self.dice.randrange(1800, 12 * 3600))
                self.memory.append((self.sim.now_ms() / 1000, *self.daemon.memory_kb()))
                if not deck:
                    deck = actions[:]
                    self.dice.shuffle(deck)
                action = deck.pop()
                self.episodes[action.__name__] = self.episodes.get(action.__name__, 0) + 1
                print(f"# {stamp(self.now_s())} {action.__name__}", flush=True)
                action()
            self.run_for(3 * 3600)
            self.memory.append((self.sim.now_ms() / 1000, *self.daemon.memory_kb()))
            self.daemon.stop()
            self.gone()
            self.end_s = self.now_s()

    def slots(self, spans):
        """Slots that lie wholly within one of the spans."""
        found = set()
        for from_s, to_s in spans:
            at = -(-from_s // CADENCE_S) * CADENCE_S
            while at + CADENCE_S <= to_s:
                found.add(int(at))
                at += CADENCE_S
        return found

    def touched(self, spans):
        found = set()
        for from_s, to_s in spans:
            found.update(range(int(from_s // CADENCE_S) * CADENCE_S, int(to_s) + 1, CADENCE_S))
        return found


def every_slot_is_known(month):
    statuses = month.lake.statuses()
    ids = sorted(statuses)
    last_s = START_S + (len(ids) - 1) * CADENCE_S
    assert ids == [run_id(at) for at in range(START_S, last_s + 1, CADENCE_S)], "a slot is missing"
    assert last_s >= month.end_s - 2 * CADENCE_S, (stamp(last_s), stamp(month.end_s))


def statuses_are_true(month):
    statuses = month.lake.statuses()
    troubled = month.touched(month.troubled)
    wrong = []
    missed, dark = month.slots(month.missed), month.slots(month.dark)
    for at in range(START_S, int(month.end_s) // CADENCE_S * CADENCE_S - CADENCE_S, CADENCE_S):
        status = statuses[run_id(at)]
        if at in troubled:
            continue
        wanted = ("missed",) if at in missed else ("failed", "missed", "partial") if at in dark \
            else ("complete",)
        if status not in wanted:
            wrong.append(f"{stamp(at)}: {status}, not {wanted}")
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong[:20])


def coverage_is_true(month):
    """The reports' coverage, counted here from the manifests alone."""
    month.lake.must("reconcile")
    statuses = month.lake.statuses()
    days = {}
    for run, status in statuses.items():
        day = f"{run[:4]}-{run[4:6]}-{run[6:8]}"
        days.setdefault(day, dict.fromkeys(STATUSES, 0))[status] += 1
    rows = month.lake.query("SELECT CAST(day AS VARCHAR), expected, good, complete, partial, failed,"
                            " missed FROM coverage ORDER BY 1")
    told = {row[0]: row[1:] for row in rows}
    assert sorted(told) == sorted(days)
    for day, counts in days.items():
        good = counts["complete"] + counts["partial"]
        assert told[day] == [96, good, *(counts[s] for s in STATUSES)], (day, told[day], counts)
    total = {s: sum(c[s] for c in days.values()) for s in STATUSES}
    print(f"# slots: {total}")
    assert total["missed"] > 0 and total["complete"] > sum(total.values()) / 3, total


def all_layers_agree(month):
    month.lake.good()


def days_are_closed(month):
    closed = {str(row[0]) for row in month.lake.query("SELECT day FROM day_state WHERE closed")}
    day_s = START_S
    while day_s + 26 * 3600 + 3600 < month.end_s:
        assert stamp(day_s)[:10] in closed, f"{stamp(day_s)[:10]} is open"
        day_s += DAY_S


def memory_is_flat(month):
    """The last third takes no more than the first, but for a margin; figures are printed."""
    rss = [now for _, now, _ in month.memory]
    most = max(top for _, _, top in month.memory)
    third = max(1, len(rss) // 3)
    first, last = statistics.median(rss[:third]), statistics.median(rss[-third:])
    for at_s, now, top in month.memory:
        print(f"# {datetime.timedelta(seconds=int(at_s - START_S))}: VmRSS {now} kB, VmHWM {top} kB")
    print(f"# VmRSS median: first third {first} kB, last third {last} kB; VmHWM at most {most} kB")
    assert last < first * 1.5 + 32768, (first, last)


def main():
    seed = int(os.environ.get("LIVELAKE_TEST_SEED", random.randrange(1 << 30)))
    days = float(os.environ.get("LIVELAKE_TEST_DAYS", "30"))
    paths = [pathlib.Path(p) for p in sys.argv[1:3]]
    tap = Tap(7)
    print(f"# LIVELAKE_TEST_SEED={seed} LIVELAKE_TEST_DAYS={days}", flush=True)

    class Bench:
        folder = None

    with tempfile.TemporaryDirectory(prefix="livelake-chaos-") as name:
        Bench.folder = pathlib.Path(name)
        try:
            with small_disk(Bench, "700m") as disk:
                check(tap, Month(paths, Bench.folder, disk, random.Random(seed)), days)
        except Skip as reason:
            for _ in range(tap.planned - tap.number):
                tap.case("a month", lambda: (_ for _ in ()).throw(reason))
    tap.end()


def check(tap, month, days):
    tap.case("it lives through all of it", month.live, days)
    print(f"# episodes: {month.episodes}")
    print(f"# events: {month.events}")
    for name, function in (("every slot is known", every_slot_is_known),
                           ("undisturbed slots are complete, absences missed", statuses_are_true),
                           ("all layers agree, nothing is doubled", all_layers_agree),
                           ("coverage is true", coverage_is_true),
                           ("days are closed", days_are_closed),
                           ("memory is flat", memory_is_flat)):
        tap.case(name, function, month)


main()
