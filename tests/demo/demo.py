#!/usr/bin/env python3
"""`livelake demo`: it fills, goes live, is stopped and killed, and goes on. Writes TAP.
Usage: demo.py LIVELAKE SIM"""
import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from program import Program, Tap, environment

INVALID, NETWORK = 3, 10
SEED = os.getpid()  # a word by which its simulators are known
SMALL = ("--days", "4", "--streams", "100", "--cadence", "30m", "--seed", SEED)
RUNS = 192
ROWS = ("query", "SELECT count(*), count(DISTINCT slot) FROM observation", "--format", "csv")
HANGS_S = 120


class Bench:
    def __init__(self, path, simulator, folder):
        self.path, self.sim, self.folder, self.count = path, simulator, folder, 0

    def lake(self):
        self.count += 1
        return Program(self.path, self.folder / f"lake-{self.count}")

    def words(self, *words):
        return ("demo", *words, "--sim", self.sim)

    def start(self, program, *words, **options):
        return subprocess.Popen([*program.arguments(*self.words(*words))], env=environment(),
                                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def wait_for(what, condition):
    end = time.monotonic() + HANGS_S
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"no {what}")


def simulators():
    """Pids of the simulators that demos of this test have started."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if "livelake-sim" in words[0] and f"--seed={SEED}" in words:
            found.append(int(path.parent.name))
    return found


def nobody_left():
    wait_for("end of the simulator", lambda: simulators() == [])


def manifests(program, layer):
    return len(list(program.lake.glob(f"manifests/{layer}/*/2*.json")))


def is_whole(program):
    nobody_left()
    verified = program.must("verify")
    assert verified.startswith("good: 0 differences"), verified
    rows, slots = map(int, program.must(*ROWS).split()[-1].split(","))
    assert slots == RUNS and RUNS * 90 < rows < RUNS * 110, (rows, slots)
    return rows


def fills_and_reports(bench):
    program = bench.lake()
    told = json.loads(program.must(*bench.words("--once", "--json", *SMALL)))
    assert told["runs"] == RUNS and told["partial"] == 0, told
    assert told["observations"] > RUNS * 90 and len(told["reports"]) >= 2, told
    bench.rows = is_whole(program)
    bench.filled = program
    before = program.must("status", "--json")
    again = program.must(*bench.words("--once", *SMALL))
    assert "livelake report" in again, again  # what to try next
    assert json.loads(program.must("status", "--json"))["runs"] == json.loads(before)["runs"]
    assert is_whole(program) == bench.rows


def it_is_one_world(bench):
    program = bench.filled
    for words in (("--seed", "1"), ("--streams", "50"), ("--cadence", "15m")):
        done = program.run(*bench.words("--once", *words))
        assert done.returncode == INVALID and words[0] in done.stderr, done
    assert is_whole(program) == bench.rows
    other = bench.lake()
    other.must("init")
    (other.lake / "demo.json").write_text("{")
    done = other.run(*bench.words("--once", *SMALL))
    assert done.returncode != 0 and "demo.json" in done.stderr, done
    nobody_left()


def ends_and_goes_on(bench, number, share):
    program = bench.lake()
    process = bench.start(program, "--once", *SMALL)
    wait_for("runs", lambda: manifests(program, "raw") > RUNS * share or process.poll() is not None)
    assert process.poll() is None, "it was too fast"
    process.send_signal(number)
    _, said = process.communicate(timeout=HANGS_S)
    if number == signal.SIGKILL:
        assert process.returncode == -number
    else:
        assert process.returncode == 128 + number and "start the demo again" in said, said
    nobody_left()
    program.must(*bench.words("--once", *SMALL))
    # Not the same to the last viewer: the sweep that was cut off is made again, a moment later.
    assert abs(is_whole(program) - bench.rows) < RUNS


def the_simulator_ends(bench):
    program = bench.lake()
    process = bench.start(program, "--once", *SMALL)
    wait_for("runs", lambda: manifests(program, "raw") > 0)
    for pid in simulators():
        os.kill(pid, signal.SIGKILL)
    _, said = process.communicate(timeout=HANGS_S)
    assert process.returncode == NETWORK and "start the demo again" in said, (process, said)
    program.must(*bench.words("--once", *SMALL))
    assert abs(is_whole(program) - bench.rows) < RUNS


class Terminal:
    """A process on a terminal of its own."""

    def __init__(self, words):
        pid, self.fd = pty.fork()
        if pid == 0:
            os.execve(words[0], words, environment(TERM="xterm", COLUMNS="80"))
        self.pid, self.text = pid, ""

    def read(self):
        while select.select([self.fd], [], [], 0)[0]:
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                return self.text
            if not more:
                return self.text
            self.text += more.decode(errors="replace")
        return self.text

    def wait(self, pattern):
        return wait_for(pattern, lambda: re.search(pattern, self.read()))

    def end(self):
        os.write(self.fd, b"\x03")
        status = []

        def ended():
            self.read()
            pid, code = os.waitpid(self.pid, os.WNOHANG)
            status.append(code)
            return pid == self.pid
        wait_for("end", ended)
        self.read()
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status[-1])


def on_a_terminal(bench):
    program = bench.lake()
    words = [str(bench.path), *map(str, bench.words(*SMALL, "--warp", "300")), "--lake",
             str(program.lake)]
    terminal = Terminal(words)
    terminal.wait(r"\d+%.*\d+/\d+ runs")
    terminal.wait(r"live from \S+Z on")
    address = terminal.wait(r"the dashboard is at (http://\S+)").group(1)
    with urllib.request.urlopen(address + "api/v1/platform?from=now-2d", timeout=60) as answer:
        assert json.load(answer)["data"][0]["samples"] > 0
    with urllib.request.urlopen(address, timeout=60) as page:
        assert b"<script" in page.read()
    terminal.wait(r"run \d+T\d+Z: complete, \d+ streams; the next slot is")
    told = json.loads(program.must("status", "--json"))
    assert told["daemon"] is not None, "no daemon answers"
    program.must("report", "platform")
    assert terminal.end() == 0, terminal.text[-2000:]
    assert "stays: start the demo again to go on" in terminal.text, terminal.text[-500:]
    nobody_left()
    runs = manifests(program, "raw")
    assert runs > RUNS, runs
    program.must("reconcile")
    verified = program.must("verify")
    assert verified.startswith("good: 0 differences"), verified
    terminal = Terminal(words)
    terminal.wait(r"the demo goes on from")
    terminal.wait(r"live from \S+Z on")
    assert terminal.end() == 0, terminal.text[-2000:]
    nobody_left()


CASES = (
    ("it fills four days, reports, and finds nothing to do again", fills_and_reports, ()),
    ("a lake has one world", it_is_one_world, ()),
    ("stopped, it goes on", ends_and_goes_on, (signal.SIGINT, 0.1)),
    ("stopped late, it goes on", ends_and_goes_on, (signal.SIGTERM, 0.6)),
    ("killed, it goes on", ends_and_goes_on, (signal.SIGKILL, 0.3)),
    ("when the simulator ends, so does it", the_simulator_ends, ()),
    ("on a terminal it draws bars, goes live, and ends by Ctrl-C", on_a_terminal, ()),
)


def main():
    path, simulator = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    with tempfile.TemporaryDirectory(prefix="livelake-demo-") as name:
        bench = Bench(path, simulator, pathlib.Path(name))
        tap = Tap(len(CASES))
        for title, function, arguments in CASES:
            tap.case(title, function, bench, *arguments)
        tap.end()


main()
