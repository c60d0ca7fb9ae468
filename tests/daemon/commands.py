#!/usr/bin/env python3
"""Commands of other processes while a daemon owns the lake. Writes TAP.
Usage: commands.py LIVELAKE SIM"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from program import Program, Tap
from simulator import Simulator, cadence_of_now

CADENCE = cadence_of_now() or "24h"
RANGE = ("--from", "2020-01-01", "--to", "2030-01-01")
LONG = ("query", "SELECT i FROM range(200000) t(i)", "--max-rows", "0", "--format", "csv")
# Commands whose answers must be the same from a daemon and, when it is gone, from the program. To be
# extended with every new command that shares a lake.
SAME = (
    ("report", "platform", *RANGE, "--grain", "day"),
    ("report", "categories", *RANGE, "--format", "csv"),
    ("report", "sessions", *RANGE, "--format", "json"),
    ("query", "SELECT count(*) FROM observation"),
    ("query", "SELECT * FROM broadcaster ORDER BY 1", "--format", "ndjson"),
    ("query", "SELCT"),
    LONG,
    ("export", "observation", "--format", "csv", "--out", "-"),
    ("export", "nothing", "--format", "csv", "--out", "-"),
    ("key", "list"),
    ("reconcile", "--json"),
    ("process", "--json"),
    ("curate", "--json"),
    ("close-day", "--json", "--from", "2020-01-01", "--to", "2020-01-02"),
    ("replay", "--from", "2020-01-01", "--to", "2020-01-02", "--json"),
    ("status",),
    ("verify",),
    ("ingest", "--cadence", CADENCE),
    ("run", "--once", "--cadence", CADENCE),
    ("migrate", "--json"),
    ("retention", "--dry-run", "--json"),
    ("retention", "--set", "retention.raw=876600"),
    ("forget", "nobody", "--yes"),
    ("forget", "1", "--dry-run", "--json"),
    ("forget", "--list", "--json"),
    ("import", "origin", "/no/such/folder"),
    ("backup", "/no/such/folder/backups"),
)
# Commands that the daemon does not run: how they end beside it, and what they say.
BESIDE = (
    (("init",), 5, "in use by `livelake run`, pid"),
    (("config", "show"), 0, "lake.dir"),
    (("doctor",), 0, "the lake's owner answers"),
    (("restore", "/no/such/folder"), 4, "no folder /no/such/folder"),
    (("help", "run"), 0, "SIGHUP"),
)
OF_THE_MOMENT = re.compile("^(warehouse|growth|daemon) .*\n", re.MULTILINE)
ELSEWHERE = {"demo", "serve"}  # have a lake of their own
RUNS = "SELECT count(*) FROM run"


class Daemon:
    """A lake with a daemon on it that has collected its first slot."""

    def __init__(self, livelake, folder, sim):
        self.program = Program(livelake, folder / "lake", timeout_s=120)
        self.env = sim.environment()
        self.log = folder / "log"
        self.process = None
        self.start()

    def start(self):
        # One slot: it does not end while the test runs.
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.program.arguments("run", "--cadence", CADENCE),
                                            env=self.env, stderr=log, stdout=subprocess.DEVNULL)
        self.wait(self.answers)

    def answers(self):
        """Whether it is this daemon whose socket is there: asked earlier, a command would run by
        itself, and keep the lake from it."""
        lock = self.program.lake / "lake.lock"
        if not lock.exists() or lock.read_text().split()[:1] != [str(self.process.pid)]:
            return False
        with socket.socket(socket.AF_UNIX) as peer:
            return peer.connect_ex(str(self.socket())) == 0

    def socket(self):
        return self.program.lake / "livelake.sock"

    def wait(self, condition):
        for _ in range(1200):
            if condition():
                return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def run(self, *words, **options):
        return self.program.run(*words, env=self.env, **options)

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(60)


def outcome(done):
    return done.returncode, OF_THE_MOMENT.sub("", done.stdout), done.stderr


def same_answers(daemon, results):
    daemon.wait(lambda: daemon.run("query", RUNS).stdout.split()[-1] == "1")
    daemon.run("reconcile")
    for words in SAME:
        results[words] = outcome(daemon.run(*words))
    assert results[("query", "SELCT")][0] == 3
    assert "complete already" in results[("run", "--once", "--cadence", CADENCE)][1]
    assert "200000" not in results[LONG][2] and results[LONG][1].endswith("199999\n")


def every_command_is_here(daemon):
    """A new one is to be put into one of the tables."""
    pages = daemon.program.must("help", "--man").split()
    names = {p.removeprefix("livelake-").removesuffix(".1") for p in pages if "livelake-" in p}
    tables = {words[0] for words in SAME} | {words[0] for words, _, _ in BESIDE}
    assert len(names) > 15 and names == tables | ELSEWHERE, names ^ (tables | ELSEWHERE)


def beside(daemon):
    for words, code, text in BESIDE:
        done = daemon.run(*words)
        assert done.returncode == code and text in done.stdout + done.stderr, (words, outcome(done))


def status_tells_of_it(daemon):
    said = daemon.run("status").stdout
    assert re.search(r"^daemon +next slot \S+Z; last run \S+Z: complete, \d+ streams$", said,
                     re.MULTILINE), said
    told = json.loads(daemon.run("status", "--json").stdout)["daemon"]
    assert told["pause"] is None and told["runs"] == 1 and not told["sweeping"], told


def relative_paths(daemon, folder):
    done = daemon.run("export", "run", "--format", "csv", "--out", "runs.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "runs.csv").read_text().count("\n") == 2
    # The lake, too: by the environment, by a key, and the one that is meant where none is named.
    (folder / "livelake-data").symlink_to("lake")
    for words, extra in ((), {"LIVELAKE_DIR": "lake"}), (("--set", "lake.dir = lake"), {}), ((), {}):
        done = subprocess.run([str(daemon.program.path), "query", RUNS, *words], cwd=folder,
                              env={**daemon.env, **extra}, capture_output=True, text=True,
                              check=False, timeout=120)
        assert done.returncode == 0 and done.stdout.split()[-1] == "1", f"{words} {extra}: {done}"


def second_writer(daemon):
    done = daemon.run("run")
    assert done.returncode == 5 and f"pid {daemon.process.pid}" in done.stderr, done.stderr


def interrupted(daemon):
    long = "SELECT count(*) FROM range(100000000000) a, range(1000) b"
    client = subprocess.Popen(daemon.program.arguments("query", long), env=daemon.env,
                              stderr=subprocess.PIPE)
    time.sleep(0.5)  # it may as well be interrupted before it has begun
    client.send_signal(signal.SIGINT)
    assert client.wait(60) == 130
    client.stderr.close()
    assert daemon.run("query", "SELECT 1").returncode == 0
    killed = subprocess.Popen(daemon.program.arguments("query", long), env=daemon.env)
    time.sleep(0.5)
    killed.kill()
    killed.wait()
    # Its statement is ended with it, or the daemon could not stop in time below.


def refused(daemon):
    for text in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /command HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Length: 3\r\n\r\n[1]", b"\0\1\2\r\n\r\n"):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(daemon.socket()))
            peer.settimeout(60)
            peer.sendall(text)
            peer.shutdown(socket.SHUT_WR)
            answer = peer.recv(1000)
            assert re.match(rb"HTTP/1.1 4\d\d |$", answer), answer
    assert os.stat(daemon.socket()).st_mode & 0o777 == 0o600
    assert daemon.run("query", "SELECT 1").returncode == 0


def killed(daemon, results):
    assert daemon.end(signal.SIGKILL) == -signal.SIGKILL
    assert daemon.socket().exists()
    for words, expected in results.items():
        done = outcome(daemon.run(*words))
        assert done == expected, f"{words}: {done}, by the daemon: {expected}"


def again(daemon):
    daemon.start()
    done = daemon.run("verify")
    assert done.returncode == 0, outcome(done)
    code = daemon.end(signal.SIGTERM)
    assert code == 0, f"{code}: {daemon.log.read_text()[-1500:]}"
    assert not daemon.socket().exists()


def main():
    livelake, simulator = (pathlib.Path(a).resolve() for a in sys.argv[1:])
    if cadence_of_now() is None:
        print("1..1\nok 1 - commands # SKIP every slot ends at midnight UTC, in a few minutes")
        return
    with tempfile.TemporaryDirectory(prefix="livelake-test-") as folder:
        folder = pathlib.Path(folder)
        results = {}
        tap = Tap(10)
        with Simulator(simulator, "--streams", 100, "--clock", "real") as sim:
            daemon = Daemon(livelake, folder, sim)
            try:
                tap.case("commands run within the daemon", same_answers, daemon, results)
                tap.case("every command is here", every_command_is_here, daemon)
                tap.case("the others work beside it", beside, daemon)
                tap.case("status tells of it", status_tells_of_it, daemon)
                tap.case("relative paths are those of the caller", relative_paths, daemon, folder)
                tap.case("a second daemon names the first", second_writer, daemon)
                tap.case("who stops asking stops the command", interrupted, daemon)
                tap.case("what is no command is refused", refused, daemon)
                tap.case("the same answers after kill -9, with the socket left", killed, daemon,
                         results)
                tap.case("a new daemon takes the socket over, and leaves none", again, daemon)
            finally:
                daemon.process.kill()
                daemon.process.wait()
        tap.end()


main()
