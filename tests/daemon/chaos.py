#!/usr/bin/env python3
"""A month of a daemon's life, with everything that can happen to it. Writes TAP.

Usage: chaos.py LIVELAKE SIM. LIVELAKE_TEST_DAYS is the number of virtual days (30),
LIVELAKE_TEST_SEED the seed, which is printed; LIVELAKE_TEST_KEEP names a folder to be made, which
gets the lake and the log.

Between quiet hours the dice choose: kill -9 and restart at once or after an absence, SIGTERM, too
little free disk, a full disk, jumps of the clock forward and back by hours and days, outages of the
network, slow servers, a simulator that stands still, commands, people forgotten (also with a kill
meanwhile). Old raw and processed days are dropped by retention. The middle third is lived by one
process, so that what it does not give back would show. What must come of it is noted as it happens,
by the wall clock that the daemon sees; at the end the lake is compared with it. Sweeps are compared
with what was live, which the simulator knows.
"""
import contextlib
import datetime
import json
import os
import pathlib
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

from daemon_support import DAY_S, HANGS_S, Daemon, Lake, run_id, stamp, wait_for
from disks import small_disk
from program import Skip, Tap
from simulator import Simulator, asked, found

START_S = 1795392000  # 2026-11-23T00:00:00Z, where the simulator begins
CADENCE, CADENCE_S = "30m", 1800
KEEP_FREE = 8 << 20
KEEP_RAW_H, KEEP_PROCESSED_H = 8 * 24, 16 * 24
STREAMS = 300
NEARLY = 0.98  # one of 300 streams that was not found again makes a sweep partial: it may happen
MOVED_MAX = 4  # of 300 streams, in one sweep; of all it is 0.3 %
KNOWN_MS = 2700000  # so far back the simulator surely knows who was live
STATUSES = ("complete", "partial", "failed", "missed")
RANGE = ("--from", "2026-01-01", "--to", "2028-01-01")
COMMANDS = (("report", "platform", *RANGE, "--grain", "day"), ("status", "--json"), ("verify",),
            ("report", "categories", *RANGE), ("query", "SELECT count(*) FROM observation"),
            ("export", "run", "--format", "csv", "--out", "-"), ("forget", "--list"),
            ("retention", "--dry-run"), ("reconcile",))


class Month:
    """The daemon, its simulator, and what is known of the slots."""

    def __init__(self, paths, folder, disk, dice):
        self.lake = Lake(paths[0], disk / "lake")
        self.lake.log = folder / "log"  # not on the disk that gets full
        self.disk, self.dice = disk, dice
        self.configure()
        self.sim = Simulator(paths[1], "--streams", STREAMS)
        self.skew_s = 0
        self.troubled, self.missed, self.dark = [], [], []  # spans of wall time
        self.episodes, self.memory, self.kills = {}, [], 0
        self.people, self.met = [], []  # who is forgotten; (run, live, met, forgotten) of sweeps
        self.daemon, self.events, self.end_s = None, {}, START_S

    def configure(self, min_free=KEEP_FREE):
        self.lake.configure(collect_cadence=CADENCE, run_min_free=str(min_free),
                            retention_raw=KEEP_RAW_H, retention_processed=KEEP_PROCESSED_H)

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
        until_ms = self.sim.now_ms() + seconds * 1000
        while (now_ms := self.sim.now_ms()) < until_ms:
            wait_for("time that goes on", lambda at=now_ms: self.daemon.running() and
                     self.sim.now_ms() > at)

    def kill(self):
        self.daemon.kill()
        self.kills += 1
        self.gone()

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
        self.kill()
        self.trouble(self.now_s(), self.now_s())
        self.start()

    def killed_and_away(self):
        self.kill()
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
        with filler.open("wb", buffering=0) as file:
            space = os.statvfs(self.disk)
            left = space.f_bavail * space.f_frsize - leave
            try:
                while left > 0:
                    left -= file.write(bytes(min(left, 1 << 20)))
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

    def jump_far(self):
        """Days ahead, and back when something was collected there: those days are lived again."""
        from_s, days_s = self.now_s(), self.dice.randrange(2 * DAY_S, 4 * DAY_S)
        self.skew(days_s)
        self.run_for(2 * CADENCE_S)
        self.trouble(from_s, from_s)
        self.trouble(from_s + days_s, self.now_s())
        self.skew(-days_s)
        back_s = self.now_s()
        self.run_for(2 * CADENCE_S)
        self.trouble(back_s, self.now_s())

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

    def commands(self):
        """They are answered by the daemon, which goes on."""
        for words in COMMANDS:
            self.lake.must(*words)

    def forgotten(self):
        client = self.forget()
        said = client.communicate(timeout=HANGS_S)[1]
        assert client.returncode == 0, f"forget: {client.returncode}, {said}"

    def killed_forgetting(self):
        """From when it is noted on, the daemon finishes it, whoever dies."""
        client = self.forget()
        wait_for("intent", lambda: client.poll() is not None or
                 list(self.lake.lake.glob("forget/*.json")))
        before = asked(self.sim) + self.dice.randrange(4)
        for _ in range(self.dice.randrange(200000)):
            if asked(self.sim) >= before or client.poll() is not None:
                break
        self.kill()
        client.communicate(timeout=HANGS_S)
        self.trouble(self.now_s(), self.now_s())
        self.start()

    def forget(self):
        """Somebody who was seen today."""
        rows = self.lake.query("SELECT DISTINCT broadcaster_id FROM observation WHERE slot = "
                               "(SELECT max(slot) FROM observation) ORDER BY 1")
        self.people.append(self.dice.choice(rows)[0])
        return subprocess.Popen(self.lake.arguments("forget", self.people[-1], "--yes"), text=True,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    # --- the month

    def look(self):
        """At the memory, and at what the newest sweep met of the streams that were live."""
        self.memory.append((self.sim.now_ms() / 1000, self.daemon.process.pid,
                            *self.daemon.memory_kb(), self.daemon.open_files()))
        self.daemon.halt()
        now_ms = self.sim.now_ms()
        newest = max(self.lake.lake.glob("manifests/raw/*/2*.g*.json"),
                     key=lambda p: p.stat().st_mtime_ns)
        run = json.loads(newest.read_text())
        times = [run[k] - self.skew_s * 1000 for k in ("started_ms", "finished_ms")]
        if run["status"] == "complete" and now_ms - KNOWN_MS <= times[0] and times[1] <= now_ms:
            live, met = self.sim.truth(*times), found(self.lake.lake, run["id"])
            self.met.append((run["id"], len(live), len(live & met), run.get("forgotten", 0)))
        self.daemon.go_on()

    def draw(self, deck, calm):
        """The next one of the deck; while it is calm, one that leaves the process alive."""
        ends = (self.killed, self.killed_and_away, self.stopped_and_away, self.killed_forgetting)
        for _ in range(2):
            for at, action in enumerate(deck):
                if not (calm and action in ends):
                    return deck.pop(at)
            deck += [self.killed, self.killed, self.killed, self.killed_and_away,
                     self.stopped_and_away, self.little_disk, self.full_disk, self.jump_forward,
                     self.jump_back, self.jump_far, self.no_network, self.slow_servers, self.errors,
                     self.frozen, self.commands, self.forgotten, self.killed_forgetting]
            self.dice.shuffle(deck)
        raise AssertionError("nothing can happen")

    def live(self, days):
        deck = []
        with self.sim, contextlib.ExitStack() as stack:
            stack.callback(lambda: self.daemon.__exit__())
            self.start()
            while (lived := (self.now_s() - START_S) / DAY_S / days) < 1:
                self.run_for(self.dice.randrange(3600, 12 * 3600))
                self.look()
                action = self.draw(deck, 1 / 3 <= lived < 2 / 3)
                self.episodes[action.__name__] = self.episodes.get(action.__name__, 0) + 1
                print(f"# {stamp(self.now_s())} {action.__name__}", flush=True)
                action()
            self.run_for(3 * 3600)
            self.look()
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
    assert month.end_s > START_S, "it did not live to its end"
    last_s = START_S + (len(ids) - 1) * CADENCE_S
    assert ids == [run_id(at) for at in range(START_S, last_s + 1, CADENCE_S)], "a slot is missing"
    assert last_s >= month.end_s - 2 * CADENCE_S, (stamp(last_s), stamp(month.end_s))


def statuses_are_true(month):
    manifests, statuses = month.lake.manifests(), month.lake.statuses()
    troubled = month.touched(month.troubled)
    wrong, nearly = [], []
    missed, dark = month.slots(month.missed), month.slots(month.dark)
    for at in range(START_S, int(month.end_s) // CADENCE_S * CADENCE_S - CADENCE_S, CADENCE_S):
        status = statuses[run_id(at)]
        if at in troubled:
            continue
        wanted = ("missed",) if at in missed else ("failed", "missed", "partial") if at in dark \
            else ("complete",)
        best = max(m.get("sweep_coverage") or 0 for m in manifests[run_id(at)].values())
        if status == "partial" and wanted == ("complete",) and best >= NEARLY:
            nearly.append(best)
        elif status not in wanted:
            made = [{k: v for k, v in m.items() if k not in ("objects", "inputs")}
                    for m in manifests[run_id(at)].values()]
            wrong.append(f"{stamp(at)}: {status}, not {wanted}: {made}")
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong[:20])
    print(f"# undisturbed slots {len(statuses) - len(troubled)} ({len(nearly)} of them partial: "
          f"{nearly}), of absences {len(missed)}, without network {len(dark)}")
    assert len(nearly) * 50 <= len(statuses), nearly


def sweeps_met_the_truth(month):
    """Sweeps that say they are complete: few streams moved from page to page meanwhile."""
    bad = [m for m in month.met if m[1] - m[2] > m[3] + MOVED_MAX]
    live, met, out = (sum(m[i] for m in month.met) for i in (1, 2, 3))
    print(f"# {len(month.met)} sweeps looked at: {live} live, {met} met, {out} of forgotten people")
    assert len(month.met) * 2 >= len(month.memory) and not bad, bad
    assert (met + out) / live >= 0.997, (met, out, live)


def people_are_forgotten(month):
    lake = month.lake
    assert list(lake.lake.glob("forget/*")) == [], "an intent is left"
    listed = json.loads(lake.must("forget", "--list", "--json"))
    people = set(map(str, month.people))
    assert listed["unfinished"] == 0 and listed["count"] == len(people), (listed, people)
    if not people:
        return
    for table in ("observation", "broadcaster_day_all", "track_all", "session", "ref_user"):
        [[rows]] = lake.query(f"SELECT count(*) FROM {table} WHERE broadcaster_id IN "
                              f"({', '.join(people)})")
        assert rows == 0, f"{table} has {rows} rows of them"
    words = [f'"{person}"'.encode() for person in people]
    for path in lake.lake.glob("raw/**/*.zst"):
        text = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True).stdout
        assert not any(word in text for word in words), f"{path} holds one of them"
    print(f"# {len(people)} people were forgotten")


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
        assert told[day] == [DAY_S // CADENCE_S, good, *(counts[s] for s in STATUSES)], (day, told[day], counts)
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


def old_days_are_dropped(month):
    """By the daemon, if it lived long enough."""
    if month.end_s < START_S + KEEP_RAW_H * 3600 + 3 * DAY_S:
        raise Skip("too short a life")
    first = list(month.lake.lake.glob("raw/twitch/streams/date=2026-11-23/**/*.zst"))
    assert month.events.get("retention.dropped", 0) > 0 and first == [], first[:3]


def memory_is_flat(month):
    """Of the process that lived longest: its last half takes no more than its first, but for a
    margin."""
    for at_s, pid, now, top, files in month.memory:
        print(f"# {datetime.timedelta(seconds=int(at_s - START_S))}: pid {pid} VmRSS {now} kB, "
              f"VmHWM {top} kB, {files} open files")
    pids = [m[1] for m in month.memory]
    oldest = [m for m in month.memory if m[1] == statistics.mode(pids)]
    half = len(oldest) // 2
    assert half > 0, "no process lived long enough"
    days = (oldest[-1][0] - oldest[0][0]) / DAY_S
    for name, at, margin in (("VmRSS, kB", 2, 32768), ("open files", 4, 4)):
        first, last = (statistics.median(m[at] for m in part)
                       for part in (oldest[:half], oldest[half:]))
        print(f"# one process, {days:.1f} days: {name}: median of the first half {first}, of the "
              f"second {last}")
        assert last < first * 1.25 + margin, (name, first, last)


def main():
    seed = int(os.environ.get("LIVELAKE_TEST_SEED", random.randrange(1 << 30)))
    days = float(os.environ.get("LIVELAKE_TEST_DAYS", "30"))
    paths = [pathlib.Path(p).resolve() for p in sys.argv[1:3]]
    tap = Tap(10)
    print(f"# LIVELAKE_TEST_SEED={seed} LIVELAKE_TEST_DAYS={days}", flush=True)

    class Bench:
        folder = None

    with tempfile.TemporaryDirectory(prefix="livelake-chaos-") as name:
        Bench.folder = pathlib.Path(name)
        try:
            with small_disk(Bench, "700m") as disk:
                check(tap, Month(paths, Bench.folder, disk, random.Random(seed)), days)
                if "LIVELAKE_TEST_KEEP" in os.environ:
                    shutil.copytree(Bench.folder, os.environ["LIVELAKE_TEST_KEEP"])
        except Skip as reason:
            for _ in range(tap.planned - tap.number):
                tap.case("a month", lambda: (_ for _ in ()).throw(reason))
    tap.end()


def check(tap, month, days):
    tap.case("it lives through all of it", month.live, days)
    print(f"# episodes: {month.episodes}")
    print(f"# events: {month.events}")
    print(f"# kills: {month.kills}; processes: {month.events.get('daemon.started')}")
    for name, function in (("every slot is known", every_slot_is_known),
                           ("undisturbed slots are complete, absences missed", statuses_are_true),
                           ("all layers agree, nothing is doubled", all_layers_agree),
                           ("coverage is true", coverage_is_true),
                           ("complete sweeps met what was live", sweeps_met_the_truth),
                           ("people are forgotten", people_are_forgotten),
                           ("old days are dropped", old_days_are_dropped),
                           ("days are closed", days_are_closed),
                           ("memory is flat", memory_is_flat)):
        tap.case(name, function, month)


main()
