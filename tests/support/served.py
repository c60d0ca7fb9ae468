"""A lake with an invented history, served by `livelake serve`."""
import http.client
import json
import pathlib
import subprocess
import urllib.parse

from program import Program, environment

START_S = 60
SMALL = ("--days", "3", "--streams", "150", "--cadence", "30m", "--seed", "7")


def fill(livelake, simulator, lake, *words):
    """A demo's lake, whose history ends at the last midnight."""
    program = Program(livelake, lake)
    program.must("demo", "--once", "--sim", simulator, *(words or SMALL))
    return program


def read(path):
    """The text of a file of /proc; nothing when its process has ended."""
    try:
        return pathlib.Path(path).read_text(encoding="ascii")
    except OSError:
        return ""


def resident_mb(pid):
    for line in read(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def type(self):
        return (self.headers["Content-Type"] or "").split(";")[0]

    def json(self):
        return json.loads(self.body)

    @property
    def rows(self):
        return self.json()["data"]


class Served:
    """The process; `settings` are those of --set. End it with stop()."""

    def __init__(self, program, *settings, env=None):
        self.program = program
        words = [word for setting in ("serve.port=0", *settings) for word in ("--set", setting)]
        self.process = subprocess.Popen(
            [*program.arguments("serve", "--json", *words)], env=env or environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.url = json.loads(line)["url"].rstrip("/")
        self.host, self.port = urllib.parse.urlsplit(self.url).hostname, urllib.parse.urlsplit(
            self.url).port

    def ask(self, path, params=(), method="GET", body=None, **headers):
        """params: pairs. headers: Host="…", Accept="…"; '_' stands for '-'."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=START_S)
        query = "?" + urllib.parse.urlencode(list(params)) if params else ""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path + query, body=body, headers=named)
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    def get(self, resource, params=(), **headers):
        return self.ask(f"/api/v1/{resource}", params, **headers)

    def rows(self, resource, params=()):
        answer = self.get(resource, params)
        assert answer.status == 200, (resource, params, answer.status, answer.body[:500])
        return answer.rows

    def alive(self):
        assert self.process.poll() is None, f"it ended: {self.process.stderr.read()[-2000:]}"
        assert self.ask("/healthz").body == b"ok\n"

    def children(self):
        """Pids of the processes in which it runs people's SQL."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for task in tasks for pid in read(task).split()]

    def memory_mb(self):
        """Of the server and its children."""
        own = resident_mb(self.process.pid)
        assert own > 0, "it has ended"
        return own + sum(resident_mb(pid) for pid in self.children())

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=START_S)
        said = self.process.stderr.read()
        assert code in (0, 143), (code, said)
        return said
