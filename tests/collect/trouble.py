#!/usr/bin/env python3
"""Collecting when something is wrong: what is said, the exit code, how often is asked, and that no
secret gets out. Writes TAP. Usage: trouble.py LIVELAKE SIM

Servers are livelake-sim, or small ones of this file that count what they are asked.
"""
import fcntl
import http.server
import json
import pathlib
import re
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from program import Tap, environment
from simulator import Simulator, next_slot

LIVELAKE, SIM = sys.argv[1:]
SECRET = "correct-horse-battery-staple"
TOKEN = "access-granted-0123456789"
JSON, HTML = "application/json", "text/html"
# How often an address that answers nothing of use is asked (src/net/api.h, token.c).
TRIES, TRIES_UNKNOWN, TRIES_TOKEN = 5, 3, 3
SIGTERM = 143
WORLD = ("--streams", "250", "--client-id", "right", "--client-secret", SECRET)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append(self.path)
        code, kind, text, *headers = self.server.reply(self.path, body)
        self.send_response(code)
        for name, value in (("Content-Type", kind), ("Content-Length", len(text)), *headers):
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Server:
    """reply(path, body) gives status, type, body, and (name, value) of more headers."""

    def __init__(self, reply, certificate=None):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.reply, self.http.seen, self.http.daemon_threads = reply, [], True
        self.http.handle_error = lambda *_: None  # a client that goes away
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
            self.url = self.url.replace("http:", "https:")

    def __enter__(self):
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def asked(self, part):
        return sum(part in path for path in self.http.seen)


def twitch(path, _body, streams=None):
    """A small Twitch of two streams, or one whose list of streams answers as given."""
    if path.endswith("/token"):
        return 200, JSON, json.dumps({"access_token": TOKEN, "expires_in": 5000})
    if "/streams" not in path:
        return 200, JSON, '{"data":[]}'
    if streams is not None:
        return streams
    rows = [{"id": str(n), "user_id": str(n + 100), "user_login": f"u{n}", "user_name": f"U{n}",
             "game_id": "", "game_name": "", "type": "live", "title": "t", "viewer_count": n,
             "started_at": "2026-11-01T00:00:00Z", "language": "en", "tags": []} for n in (1, 2)]
    return 200, JSON, json.dumps({"data": rows, "pagination": {}})


def always(*reply):
    return lambda path, body: twitch(path, body, reply)


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def everything_in(lake):
    """(path, bytes) of all files, those of zstd decompressed too."""
    for path in lake.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()
            if path.suffix == ".zst":
                yield path, subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE,
                                           check=True).stdout


def collect(lake, url, *words, command=("ingest",), env=None, igdb="", **credentials):
    """Runs a collecting command and looks for what no outcome may show."""
    credentials = credentials or {"TWITCH_CLIENT_ID": "right", "TWITCH_CLIENT_SECRET": SECRET}
    sources = environment(LIVELAKE_TWITCH_URL=url + "/helix", LIVELAKE_TWITCH_AUTH_URL=url + "/oauth2",
                          **credentials, **(env or {}))
    for name in ("TWITCH_CLIENT_ID", "TWITCH_CLIENT_SECRET", "http_proxy", "https_proxy", "no_proxy"):
        if name not in credentials:
            sources.pop(name, None)
    arguments = [LIVELAKE, *command, *words, "--lake", str(lake), "--set", "igdb.url=" + igdb]
    done = subprocess.run(arguments, env=sources, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=300, check=False)
    lines = done.stderr.splitlines()
    answer = types.SimpleNamespace(
        code=done.returncode, out=done.stdout, err=done.stderr,
        said=[line for line in lines if line.startswith("livelake: ")],
        events=[json.loads(line) for line in lines if line.startswith('{"ts"')])
    assert SECRET not in done.stdout + done.stderr, "the secret was shown"
    assert TOKEN not in done.stdout + done.stderr, "the token was shown"
    for path, content in everything_in(lake):
        assert SECRET.encode() not in content, f"the secret is in {path}"
        if path.name != ".token":
            assert TOKEN.encode() not in content, f"the token is in {path}"
    return answer


def refused(answer, code, *says):
    """One message, with what is wrong and what to do; nowhere else but as reason of a retry."""
    assert answer.code == code, (answer.code, answer.err)
    said = [line for line in answer.said if "This is said once." not in line]
    assert len(said) == 1, said
    for part in says:
        assert part in said[0], (part, said[0])
    message = said[0].removeprefix("livelake: ")
    assert message not in answer.out, answer.out
    for event in answer.events:
        assert event["event"].endswith(".retry") or message not in event.values(), event


def events(answer, name):
    return [event for event in answer.events if event["event"] == name]


# --- credentials

def wrong_credentials(folder):
    with Simulator(SIM, *WORLD, clock="real") as sim:
        refused(collect(folder / "a", sim.url, TWITCH_CLIENT_ID="wrong", TWITCH_CLIENT_SECRET=SECRET),
                8, "refuses the client id or its secret", "invalid client", "check TWITCH_CLIENT_ID")
        refused(collect(folder / "b", sim.url, TWITCH_CLIENT_ID="right", TWITCH_CLIENT_SECRET="x" + SECRET),
                8, "invalid client secret", "TWITCH_CLIENT_SECRET", "twitch.client_secret_file")
        requests = sim.json("/sim/stats")["requests"]
        assert sum(requests.values()) == 2, requests


def no_credentials(folder):
    url = f"http://127.0.0.1:{closed_port()}"
    refused(collect(folder / "a", url, NONE=""), 8, "no Twitch client id", "TWITCH_CLIENT_ID_FILE")
    refused(collect(folder / "b", url, TWITCH_CLIENT_ID="right"), 8, "no Twitch client secret",
            "TWITCH_CLIENT_SECRET_FILE")
    assert not (folder / "a").exists(), "no lake is made without credentials"


def credentials_in_files(folder):
    paths = {name: folder / name for name in ("id", "secret", "empty", "missing")}
    paths["id"].write_text("right\n")
    paths["secret"].write_text(SECRET + "\n")
    paths["empty"].write_text("\n")
    both = {"TWITCH_CLIENT_ID_FILE": str(paths["id"]), "TWITCH_CLIENT_SECRET_FILE": str(paths["secret"])}
    with Simulator(SIM, *WORLD, clock="real") as sim:
        answer = collect(folder / "good", sim.url, **both)
        assert answer.code == 0 and not answer.said, answer.err
        before = sim.json("/sim/stats")["requests"]
        for name in both:
            refused(collect(folder / "lake", sim.url, **{**both, name: str(paths["missing"])}), 4,
                    name, str(paths["missing"]), "No such file")
            refused(collect(folder / "lake", sim.url, **{**both, name: str(paths["empty"])}), 3, name,
                    str(paths["empty"]), "empty")
        assert sim.json("/sim/stats")["requests"] == before, "nothing is asked"


def arguments_show_no_secret(folder):
    """What other users of the machine see of the process while it asks for a token."""
    seen = []

    def reply(path, body):
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
                if LIVELAKE.encode() in command and str(folder).encode() in command:
                    seen.append(command + (process / "environ").read_bytes())
            except OSError:
                continue  # it has ended
        return twitch(path, body)

    (folder / "secret").write_text(SECRET)
    with Server(reply) as server:
        answer = collect(folder / "lake", server.url, TWITCH_CLIENT_ID="right",
                         TWITCH_CLIENT_SECRET_FILE=str(folder / "secret"))
    assert answer.code == 0, answer.err
    assert seen and not any(SECRET.encode() in text or TOKEN.encode() in text for text in seen)


def a_server_that_repeats_the_secret(folder):
    for code in (200, 400, 404, 500):
        with Server(lambda path, body, code=code: (code, HTML, "you said " + body.decode())) as server:
            answer = collect(folder / str(code), server.url)
        assert answer.code in (3, 8, 10), (code, answer.err)
        assert server.asked("/token") <= TRIES_TOKEN, server.http.seen


# --- the way to the server

def dead_host(folder):
    url = f"http://127.0.0.1:{closed_port()}"
    answer = collect(folder / "lake", url)
    refused(answer, 10, "could not connect to 127.0.0.1", "check the address", "net.proxy")
    assert len(events(answer, "token.retry")) == TRIES_TOKEN - 1, answer.err


def dead_after_the_token(folder):
    with Server(twitch) as server:
        answer = collect(folder / "lake", server.url, "--set",
                         f"twitch.url=http://127.0.0.1:{closed_port()}/helix")
    refused(answer, 10, "could not connect to 127.0.0.1")
    assert len(events(answer, "api.retry")) == TRIES_UNKNOWN - 1, answer.err
    assert server.http.seen == ["/oauth2/token"], server.http.seen


def unknown_host(folder):
    answer = collect(folder / "lake", "http://no-such-host.invalid")
    refused(answer, 4, "no such host: no-such-host.invalid", "check the address", "DNS")
    assert not events(answer, "token.retry"), "it is not tried again"


def untrusted_certificate(folder):
    pem = folder / "server.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, stderr=subprocess.DEVNULL)
    pem.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    with Server(twitch, certificate=pem) as server:
        refused(collect(folder / "lake", server.url), 8, "cannot be trusted", "clock", "net.ca_file")
        assert not server.http.seen, "nothing is sent to a server that is not trusted"


def proxies(folder):
    dead = f"net.proxy=http://127.0.0.1:{closed_port()}"
    refused(collect(folder / "a", "http://helix.invalid", "--set", dead), 10, "could not reach helix.invalid",
            "no connection to the proxy", "net.proxy")
    unknown = "net.proxy=http://no-such-proxy.invalid:3128"
    refused(collect(folder / "b", "http://helix.invalid", "--set", unknown), 3,
            "the proxy's name cannot be resolved", "net.proxy")


# --- servers that are not what they should be

def redirects(folder):
    with Server(always(302, HTML, "", ("Location", "https://elsewhere.invalid/"))) as server:
        refused(collect(folder / "lake", server.url), 3, "redirects", "https://elsewhere.invalid/",
                "/helix the right address?")
        assert server.asked("/streams") == 1, server.http.seen


def no_helix_at_all(folder):
    with Server(always(200, HTML, "<html>It works!</html>")) as server:
        refused(collect(folder / "a", server.url), 10, "a web page came instead of JSON",
                "/helix the right address")
        assert server.asked("/streams") <= TRIES, server.http.seen
    with Server(always(404, HTML, "<html>?</html>")) as server:
        refused(collect(folder / "b", server.url), 3, "HTTP 404", "/helix the right address?")
        assert server.asked("/streams") == 1, server.http.seen
    with Server(lambda *_: (200, HTML, "<html>It works!</html>")) as server:
        refused(collect(folder / "c", server.url), 10, "/oauth2/token holds no token", "address right?")
        assert len(server.http.seen) == TRIES_TOKEN, server.http.seen


def errors_are_json(folder):
    with Server(always(404, HTML, "<html>?</html>")) as server:
        answer = collect(folder / "lake", server.url, "--json", "--quiet")
    error = json.loads(answer.err)["error"]
    assert error["exit_code"] == answer.code == 3 and error["status"] == "invalid", error
    assert json.loads(answer.out)["run"]["status"] == "failed", answer.out


def stepped(sim, folder, *words):
    """As collect, on the simulator's clock: waiting takes no time."""
    next_slot(sim)
    return collect(folder / "lake", sim.url, "--sim-clock", sim.url, *words)


def refused_for_ever(folder):
    """A 401 for every token: three tokens, three requests."""
    with Simulator(SIM, *WORLD, "--fault", "9:1") as sim:
        refused(stepped(sim, folder), 8, "new tokens are refused too", "client id")
        requests = sim.json("/sim/stats")["requests"]
        assert sum(requests.values()) <= 6, requests


def throttled_for_ever(folder):
    """A 429 for every request: 20 in more than a quarter of an hour."""
    with Simulator(SIM, *WORLD, "--fault", "7:1") as sim:
        answer = stepped(sim, folder)
        refused(answer, 10, "HTTP 429")
        requests = sim.json("/sim/stats")["requests"]
        assert sum(requests.values()) <= 1 + 25, requests


def wrong_clock(folder):
    """The server's time is years before and after ours; and it jumps from answer to answer."""
    for number, words in enumerate((("--start", "2020-01-01T00:00:00Z"), ("--start", "2099-01-01T00:00:00Z"),
                                    ("--fault", "12:1"))):
        mode = "real" if "--fault" in words else "warp:1"
        with Simulator(SIM, *WORLD, "--latency-ms", "5", *words, clock=mode) as sim:
            answer = collect(folder / str(number), sim.url, igdb=sim.url + "/v4")
            assert answer.code == 0 and ": complete, " in answer.out, (answer.out, answer.err)
            told = events(answer, "clock.offset")
            assert len(told) == 1 and abs(told[0]["ahead_s"]) > 60 and "set the clock" in told[0]["hint"], told


def stopped_while_a_token_is_awaited(folder):
    """By a silent server, and by another process that has the lock of the token's file."""
    lake, gate, begun = folder / "lake", threading.Event(), threading.Event()

    def reply(path, body):
        begun.set()
        gate.wait(60)
        return twitch(path, body)

    def stop(url, wait):
        process = subprocess.Popen(
            [LIVELAKE, "ingest", "--lake", str(lake), "--set", "igdb.url="], stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL, env=environment(
                LIVELAKE_TWITCH_URL=url + "/helix", LIVELAKE_TWITCH_AUTH_URL=url + "/oauth2",
                TWITCH_CLIENT_ID="right", TWITCH_CLIENT_SECRET=SECRET))
        wait(process)
        process.terminate()
        _, said = process.communicate(timeout=10)  # of 20 s for an answer, 90 s for the lock
        assert process.returncode == SIGTERM, (process.returncode, said)
        assert not list(lake.glob("manifests/raw/**/*.json")), "nothing had come"

    def hears(process):
        """A while after it has begun to catch signals."""
        status = pathlib.Path(f"/proc/{process.pid}/status")
        while not int(re.search(r"SigCgt:\s*(\w+)", status.read_text())[1], 16) >> 14 & 1:
            assert process.poll() is None
        time.sleep(0.5)

    with Server(reply) as server:
        stop(server.url, lambda _: begun.wait(60))
        with open(lake / ".token.lock", "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            stop(server.url, hears)
        gate.set()
        assert len(server.http.seen) == 1, server.http.seen


# --- IGDB

def igdb_down(folder):
    with Simulator(SIM, *WORLD, "--latency-ms", "5", clock="real") as sim:
        dead = f"http://127.0.0.1:{closed_port()}/v4"
        answer = collect(folder / "lake", sim.url, "--once", command=("run",), igdb=dead)
        assert answer.code == 0 and ": complete, " in answer.out, (answer.out, answer.err)
        assert "reference data not complete: " in answer.out and "IGDB: could not connect" in answer.out
        assert len(events(answer, "reference.failed")) == 1 and not answer.said, answer.err
        assert len(events(answer, "api.retry")) == TRIES_UNKNOWN - 1, answer.err


def igdb_not_asked(folder):
    with Simulator(SIM, *WORLD, "--latency-ms", "5", clock="real") as sim:
        answer = collect(folder / "lake", sim.url, "--once", command=("run",), igdb="")
        assert answer.code == 0 and "not complete" not in answer.out, (answer.out, answer.err)
        assert sim.json("/sim/stats")["requests"]["/v4/"] == 0


# --- the token's file, the notice

def token_file(folder):
    lake = folder / "lake"
    token = lake / ".token"

    def tokens(sim):
        return sum(n for path, n in sim.json("/sim/stats")["requests"].items() if "token" in path)

    with Simulator(SIM, *WORLD) as sim:
        assert stepped(sim, folder).code == 0
        assert stat.S_IMODE(token.stat().st_mode) == 0o600 and tokens(sim) == 1
        assert stat.S_IMODE((lake / ".token.lock").stat().st_mode) == 0o600
        assert stepped(sim, folder).code == 0
        assert tokens(sim) == 1, "another process takes the token of the file"
        before = token.read_bytes()
        token.chmod(0o644)
        answer = stepped(sim, folder)
        assert answer.code == 0 and events(answer, "token.file_open_to_others"), answer.err
        assert stat.S_IMODE(token.stat().st_mode) == 0o600 and token.read_bytes() != before
        assert tokens(sim) == 2


def the_notice(folder):
    """For other hosts than loopback, once a lake; a proxy keeps the test off the network."""
    with Server(twitch) as proxy:
        words = ("--set", "net.proxy=" + proxy.url)
        told = [len([line for line in collect(folder / name, url, *more).said if "Agreement" in line])
                for name, url, more in (("a", "http://helix.invalid", words), ("a", "http://helix.invalid", words),
                                        ("b", "http://helix.invalid", words), ("c", proxy.url, ()))]
    assert told == [1, 0, 1, 0], told
    assert "http://helix.invalid/oauth2/token" in proxy.http.seen, proxy.http.seen


def main():
    cases = (wrong_credentials, no_credentials, credentials_in_files, arguments_show_no_secret,
             a_server_that_repeats_the_secret, dead_host, dead_after_the_token, unknown_host,
             untrusted_certificate, proxies, redirects, no_helix_at_all, errors_are_json, refused_for_ever,
             throttled_for_ever, wrong_clock, stopped_while_a_token_is_awaited, igdb_down, igdb_not_asked, token_file, the_notice)
    tap = Tap(len(cases))
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="livelake-test-") as folder:
            tap.case(case.__name__.replace("_", " "), case, pathlib.Path(folder))
    tap.end()


main()
