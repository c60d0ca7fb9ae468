"""A daemon under test: starting it on a simulator, reading its log, ending or killing it."""
import datetime
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
for folder in ("support", "bad_input"):
    sys.path.insert(0, str(TESTS / folder))
from program import Program

HANGS_S = 120  # only what hangs takes so long
DAY_S = 86400


def stamp(epoch_s):
    at = datetime.datetime.fromtimestamp(epoch_s, datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def run_id(epoch_s):
    return stamp(epoch_s).replace("-", "").replace(":", "")


def wait_for(what, found):
    """Comes back with what `found` gives as soon as it is true."""
    until = time.monotonic() + HANGS_S
    while time.monotonic() < until:
        got = found()
        if got:
            return got
        time.sleep(0.01)  # between two looks
    raise AssertionError(f"in {HANGS_S} s: no {what}")


class Lake(Program):
    """A lake, its configuration file, and what is asked of it."""

    log = None  # where daemons write; beside the lake unless it is said

    def configure(self, **keys):
        """Writes livelake.conf; a key's first "_" stands for a dot."""
        self.lake.mkdir(exist_ok=True)
        text = "".join(f"{k.replace('_', '.', 1)} = {v}\n" for k, v in keys.items())
        (self.lake / "livelake.conf").write_text(text)

    def query(self, sql):
        rows = json.loads(self.must("query", sql, "--format", "json"))["data"]
        return [list(row.values()) for row in rows]

    def manifests(self):
        """{run id: {generation: manifest}} of raw's sweeps."""
        runs = {}
        for path in self.lake.glob("manifests/raw/*/2*.g*.json"):
            m = json.loads(path.read_text())
            runs.setdefault(path.name.split(".")[0], {})[m["generation"]] = m
        return runs

    def statuses(self):
        """{run id: status} by the best attempt of each."""
        order = ("complete", "partial", "failed", "missed")
        return {run: min((m["status"] for m in made.values()), key=order.index)
                for run, made in self.manifests().items()}

    def good(self):
        """After a daemon's end: all layers agree, and no row is there twice."""
        self.must("reconcile")
        assert self.must("verify").startswith("good: 0 differences")
        twice = self.query("SELECT slot, stream_id FROM observation GROUP BY ALL "
                           "HAVING count(*) > 1 LIMIT 5")
        assert not twice, f"doubled rows: {twice}"


class Daemon:
    """A process of `livelake run`, killed with the block it is used in unless it ended."""

    def __init__(self, lake, sim, *words, simulated=True, **env):
        clock = ("--sim-clock", sim.url) if simulated else ()
        self.words = [str(lake.path), "run", *clock, *map(str, words), "--lake", str(lake.lake)]
        self.lake, self.env = lake, {**sim.environment(), **env}
        self.log = lake.log or lake.lake.with_suffix(".log")

    def __enter__(self):
        self.begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.words, env=self.env, stderr=log,
                                            stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def events(self, name=None):
        """What this process logged, as far as its lines are whole."""
        with self.log.open("rb") as log:
            log.seek(self.begin)
            text = log.read()
        lines = [line for line in text.split(b"\n")[:-1] if line.startswith(b"{")]
        found = [json.loads(line) for line in lines]
        return [e for e in found if name is None or e["event"] == name]

    def running(self):
        if self.process.poll() is not None:
            raise AssertionError(f"ended with {self.process.returncode}: {self.tail()}")
        return True

    def tail(self):
        return self.log.read_bytes()[-2000:].decode(errors="replace")

    def wait_event(self, name, count=1):
        def look():
            found = self.events(name)
            return len(found) >= count and found or (self.running() and None)
        return wait_for(f"{count} {name}", look)[count - 1]

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self, number=signal.SIGTERM):
        """Ends it well."""
        self.process.send_signal(number)
        code = self.process.wait(timeout=HANGS_S)
        assert code == 0, f"exit code {code}: {self.tail()}"

    def kill(self):
        self.process.kill()
        self.process.wait()

    def halt(self):
        """Until go_on it does nothing, and nor does its simulator."""
        self.process.send_signal(signal.SIGSTOP)
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat")
        wait_for("halt", lambda: stat.read_text().rsplit(")", 1)[1].split()[0] == "T")

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory_kb(self):
        """(now, at most)"""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in text.splitlines())
        return tuple(int(fields[name].split()[0]) for name in ("VmRSS", "VmHWM"))
