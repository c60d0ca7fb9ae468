"""Starting livelake-sim, and collecting from it on its own clock."""
import datetime
import json
import re
import subprocess
import time
import urllib.request

from program import environment

ID = re.compile(rb'[\[,]{"id":"(\d+)","user_id"')


def cadence_of_now():
    """A cadence whose slot of now goes on for a while, so that a daemon on the real clock begins it and a
    test ends before it does; None before midnight UTC, where all slots end."""
    for cadence, slot_s in (("24h", 86400), ("8h", 28800), ("3h", 10800), ("1h", 3600), ("30m", 1800)):
        if slot_s - time.time() % slot_s >= slot_s / 10 + 600:
            return cadence
    return None


class Simulator:
    """One process of livelake-sim, ended with the block it is used in."""

    def __init__(self, path, *words, clock="step", secret="secret"):
        self.words = [str(path), "--port", "0", "--clock", clock, *map(str, words)]
        self.secret = secret

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"{' '.join(self.words)}: did not start")
        self.url = f"http://127.0.0.1:{json.loads(line)['port']}"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def ask(self, path, body=None):
        data = None if body is None else (body if isinstance(body, bytes)
                                          else json.dumps(body).encode())
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data=data),
                                    timeout=120) as answer:
            return answer.read()

    def json(self, path, body=None):
        return json.loads(self.ask(path, body))

    def now_ms(self):
        return self.json("/sim/clock")["now_ms"]

    def advance_to(self, at_ms):
        self.json("/sim/clock", {"advance_ms": at_ms - self.now_ms()})

    def truth(self, from_ms, to_ms):
        """Ids of the streams that were live all through."""
        return set(self.ask(f"/sim/truth?from_ms={from_ms}&to_ms={to_ms}").split())

    def environment(self, **extra):
        return environment(TWITCH_CLIENT_ID="test-client", TWITCH_CLIENT_SECRET=self.secret,
                           LIVELAKE_TWITCH_URL=self.url + "/helix",
                           LIVELAKE_TWITCH_AUTH_URL=self.url + "/oauth2",
                           LIVELAKE_IGDB_URL=self.url + "/v4", **extra)

    def collect(self, program, *words, code=0, command=("ingest",), **extra):
        """Runs a collecting command on the simulator's clock; its answer as JSON."""
        out = program.must(*command, *words, "--json", "--sim-clock", self.url, code=code,
                           env=self.environment(**extra))
        return json.loads(out) if out else None


def asked(sim):
    """Requests that arrived so far."""
    return sum(sim.json("/sim/stats")["requests"].values())


def next_slot(sim, cadence_s=900):
    """Moves the clock to the start of the next slot."""
    cadence_ms = cadence_s * 1000
    sim.advance_to((sim.now_ms() // cadence_ms + 1) * cadence_ms)


def raw_objects(lake, resource, run, source="twitch"):
    return sorted((lake / "raw" / source / resource).glob(f"date=*/run={run}/attempt=*/*.zst"))


def found(lake, run):
    """Ids of the streams in the raw objects of a run, read by zstd and a pattern: not our code."""
    ids = set()
    for path in raw_objects(lake, "streams", run):
        text = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True).stdout
        ids.update(ID.findall(text))
    return ids


def millis(stamp):
    """Epoch milliseconds of 2026-11-23T15:45:03.123Z."""
    at = datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    return round(at.timestamp() * 1000)

