#!/usr/bin/env python3
"""Kills the program with SIGKILL and shows that nothing that was committed is lost. Writes TAP.

Usage: kill.py PROGRAM KILLER ROOT

Each case kills a command, at a random time or (killer.c) at one system call, and again during what
follows it, as long as the dice say so. After every kill, before anything is mended, all manifests and
raw objects that were there must be there unchanged, and `status` must answer. Then `import` and
`reconcile` run to their end, and the lake must be the one of a flow that nobody killed, byte for
byte, with the same rows in its warehouse.

LIVELAKE_TEST_KILLS is the number of cases (30); LIVELAKE_TEST_SEED the seed, which is printed.
"""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from program import Program, Tap, differences, environment, hash_file, hash_tree

TABLES = ("run", "observation", "session", "rollup_slot", "track", "text_span_all",
          "broadcaster_day_all", "category_day_all", "category_term", "coverage")
DIGEST = " UNION ALL ".join(
    f"SELECT '{t}' AS name, count(*) AS rows, md5(coalesce(string_agg(r::VARCHAR, chr(10) "
    f"ORDER BY r::VARCHAR), '')) AS digest FROM {t} AS r" for t in TABLES)
# These two name the moment of their making; manifests, which do too, are compared while it happens.
OWN_TIME = ("manifests", "lake.json", "lake.lock", "warehouse.duckdb", "warehouse.duckdb.wal")
TWO_DAYS_S = 2 * 86400
FIRST_DAY, LAST_DAY = "2026-05-11", "2026-05-13"


class Bench:
    """The captures, the lakes that cases start from, and what must come out."""

    def __init__(self, program, killer, root, folder):
        self.path, self.killer, self.folder = program, killer, folder
        self.capture, self.early = folder / "capture", folder / "early-capture"
        self.make_captures(root / "tests/origin/make-capture")
        self.make_lakes()
        self.plain = {}  # scenario: (seconds, {call: how many}) of a run that nobody kills

    def make_captures(self, tool):
        # Two days that are over, with streams across their midnight, and one that is not.
        for seed, slots, start in ((3, 20, "2026-05-11T14:30"), (4, 6, "2099-01-02T08:00")):
            subprocess.run([sys.executable, tool, self.capture, "--slots", str(slots), "--streams",
                            "10", "--seed", str(seed), "--start", start], check=True,
                           stdout=subprocess.DEVNULL)
        shutil.copytree(self.capture, self.early)
        sweeps = sorted((self.early / "raw_streams_data").rglob("*2026*.json"))
        for late in sweeps[1::5]:
            late.unlink()

    def import_words(self, capture=None):
        return ("import", "origin", capture or self.capture, "--timezone", "America/Los_Angeles")

    def lake(self, name, base=None):
        """A program on the lake `name`, a copy of the lake `base`."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        if base is not None and (self.folder / base).exists():
            shutil.copytree(self.folder / base, path)
        return Program(self.path, path)

    def make_lakes(self):
        loaded = self.lake("loaded")
        loaded.must(*self.import_words())
        done = self.lake("done", "loaded")
        done.must("reconcile")
        self.expected = self.result(done)
        lost = self.lake("lost", "done")
        (lost.lake / "warehouse.duckdb").unlink()
        unloaded = self.lake("unloaded", "loaded")
        (unloaded.lake / "warehouse.duckdb").unlink()
        raw = self.lake("raw", "unloaded")
        for layer in ("processed", "quarantine", "manifests/processed"):
            shutil.rmtree(raw.lake / layer)
        early = self.lake("closed-early")
        early.must(*self.import_words(self.early))
        early.must("reconcile")
        late = self.lake("late", "closed-early")
        late.must(*self.import_words())
        self.scenarios = {
            "import": ("none", self.import_words()),
            "import of late runs": ("closed-early", self.import_words()),
            "process": ("raw", ("process",)),
            "curate": ("unloaded", ("curate",)),
            "curate without a warehouse": ("lost", ("curate",)),
            "close-day": ("loaded", ("close-day",)),
            "close-day --rebuild": ("done", ("close-day", FIRST_DAY, "--rebuild")),
            "replay": ("done", ("replay", "--from", FIRST_DAY, "--to", LAST_DAY)),
            "reconcile": ("late", ("reconcile",)),
            "status": ("done", ("status",)),
        }

    def measure(self, name):
        """A run of the scenario without a kill: how long, and how many calls of each kind."""
        if name not in self.plain:
            base, words = self.scenarios[name]
            log = self.folder / "calls"
            program = self.lake("measured", base)
            start = time.monotonic()
            program.must(*words, env=environment(LD_PRELOAD=str(self.killer), KILL_LOG=str(log)))
            seconds = time.monotonic() - start
            calls = {line.split()[0]: int(line.split()[1]) for line in log.read_text().splitlines()}
            self.plain[name] = seconds, {call: n for call, n in calls.items() if n > 0}
        return self.plain[name]

    @staticmethod
    def result(program):
        """What must be the same however it came about."""
        for left in (program.lake / ".tmp").iterdir():  # goes when it is a day old, and so must be
            os.utime(left, (time.time() - TWO_DAYS_S,) * 2)
        program.must("status")
        return (hash_tree(program.lake, OWN_TIME),
                program.must("query", DIGEST, "--format", "csv").splitlines())

    def late_is_the_same(self):
        program = self.lake("killed", "late")
        program.must("reconcile")
        self.compare(program)

    def compare(self, program):
        files, rows = self.result(program)
        faults = differences(self.expected[0], files)
        faults += [f"rows: {line}, not {good}"
                   for good, line in zip(self.expected[1], rows) if good != line]
        assert not faults, "not the lake that an undisturbed flow makes:\n" + "\n".join(faults)


class Committed:
    """What must outlive a kill: manifests, and the raw objects that they name. (Others are what an
    import that was killed had just put there: garbage, and brought again.)"""

    def __init__(self, lake):
        self.lake = lake
        self.had_settings = (lake / "lake.json").exists()
        self.manifests = self.read("manifests/**/*.json")
        named = {o["key"] for path in lake.glob("manifests/raw/**/*.json")
                 for o in json.loads(path.read_text()).get("objects", ())}
        self.raw = {path: digest for path, digest in self.read("raw/**/*.zst").items()
                    if str(path.relative_to(lake)) in named}
        assert len(self.raw) == len(named), "a manifest names what is not there"

    def read(self, pattern):
        return {path: hash_file(path) for path in self.lake.glob(pattern)}

    def check(self):
        if self.had_settings:
            assert (self.lake / "lake.json").exists(), "lake.json is gone"
        for path, digest in self.raw.items():
            assert path.exists() and hash_file(path) == digest, f"lost or changed: {path}"
        for path, digest in self.manifests.items():
            if path.exists():
                assert hash_file(path) == digest, f"changed: {path}"
            else:  # garbage is what has a later generation, of processed and history only
                newer = [p for p in path.parent.glob(path.name.rsplit(".g", 1)[0] + ".g*.json")
                         if p.name > path.name]
                assert newer and "raw" not in path.parts, f"lost: {path}"


class Plan:
    """When a command is killed: after `delay_s`, or at a system call."""

    def __init__(self, rng, seconds, calls, at_call):
        self.delay_s = None if at_call else rng.uniform(0, seconds * 1.05)
        if at_call:
            self.call = rng.choice(sorted(calls))
            self.at = rng.randint(1, calls[self.call])
            self.how = rng.choice(("before", "after", "torn") if self.call == "write"
                                  else ("before", "after"))

    def __str__(self):
        if self.delay_s is not None:
            return f"after {self.delay_s * 1000:.0f} ms"
        return f"{self.how} {self.call} {self.at}"

    def start(self, program, words, killer):
        """Starts the command and kills it and its process group; whether it was killed at all."""
        env = environment()
        if self.delay_s is None:
            env = environment(LD_PRELOAD=str(killer), KILL_CALL=self.call, KILL_AT=str(self.at),
                              KILL_HOW=self.how)
        process = subprocess.Popen(program.arguments(*words), env=env, start_new_session=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            _, said = process.communicate(timeout=program.timeout_s if self.delay_s is None
                                          else self.delay_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            _, said = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), \
            f"exit code {process.returncode}: {said.decode()}"
        return process.returncode != 0


def status_answers(program):
    done = program.run("status")
    if not (program.lake / "lake.json").exists():
        assert done.returncode == 4, f"status: exit code {done.returncode} without a lake"
    else:
        assert done.returncode == 0, f"status: exit code {done.returncode}: {done.stderr.strip()}"


def kill_and_mend(bench, rng, name, at_call, story):
    base, words = bench.scenarios[name]
    program = bench.lake("killed", base)
    seconds, calls = bench.measure(name)
    while True:
        plan = Plan(rng, seconds, calls, at_call)
        before = Committed(program.lake)
        killed = plan.start(program, words, bench.killer)
        story.append(f"{words[0]} {'killed' if killed else 'not reached'} {plan}")
        before.check()
        if rng.random() < 0.8:  # sometimes the next writer is the first to come after a kill
            status_answers(program)
        before.check()
        if rng.random() > 0.3:
            break
        # The survivor is killed again, in what mends it or in something else.
        name = rng.choice(("import", "reconcile", "import", "reconcile", "process", "curate"))
        if not (program.lake / "lake.json").exists():
            name = "import"
        words = bench.scenarios[name][1]
        seconds, calls = bench.measure(name)
        at_call = rng.random() < 0.5
    program.must(*bench.import_words())
    program.must("reconcile")
    verified = program.must("verify")
    assert verified.startswith("good: 0 differences"), verified
    bench.compare(program)


def main():
    program, killer, root = (pathlib.Path(a).resolve() for a in sys.argv[1:])
    kills = int(os.environ.get("LIVELAKE_TEST_KILLS", "30"))
    seed = int(os.environ.get("LIVELAKE_TEST_SEED", "20261123"))
    rng = random.Random(seed)
    print(f"# LIVELAKE_TEST_SEED={seed}")
    with tempfile.TemporaryDirectory(prefix="livelake-kill-") as folder:
        bench = Bench(program, killer, root, pathlib.Path(folder))
        tap = Tap(kills + 1)
        tap.case("late runs give what one import gives", bench.late_is_the_same)
        names = list(bench.scenarios)
        for number in range(kills):
            if number % len(names) == 0:
                rng.shuffle(names)
            name, story = names[number % len(names)], []
            # Both ways of killing meet every scenario in turn.
            at_call = (number + number // len(names)) % 2 == 0
            tap.case(f"{name}, killed {'at a call' if at_call else 'at some time'}", kill_and_mend,
                     bench, rng, name, at_call, story)
            print(f"#   {'; '.join(story)}", flush=True)
        tap.end()


if __name__ == "__main__":
    main()
