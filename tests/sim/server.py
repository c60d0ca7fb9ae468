#!/usr/bin/env python3
"""Drives livelake-sim over HTTP and writes TAP. Usage: server.py LIVELAKE_SIM SUPPORT_FOLDER

Time is stepped throughout, so that every number is exact and nothing sleeps.
"""
import email.utils
import gzip
import http.client
import json
import signal
import subprocess
import sys
import threading
import urllib.parse
import zlib

sys.path.insert(0, sys.argv[2])
import program  # noqa: E402

START = 1795392000000  # 2026-11-23T00:00:00Z
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self):
        body = self.body
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return json.loads(body)

    def header(self, name):
        return int(self.headers[name])


class Sim:
    """One simulator; leaves with exit code 0, or the test fails."""

    def __init__(self, *options, clock="step", latency=0):
        self.process = subprocess.Popen(
            [sys.argv[1], "--clock", clock, "--streams", "200", "--latency-ms", str(latency),
             *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.stderr.read().decode())
        self.port = json.loads(line)["port"]
        self.token = None

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=120)
        if kind is None and self.process.returncode != 0:
            raise AssertionError(f"exit code {self.process.returncode}: {errors.decode()}")

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def ask(self, method, path, body=None, headers=None):
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get_token(self, client_id="me", **more):
        form = {"client_id": client_id, "client_secret": "secret",
                "grant_type": "client_credentials", **more}
        return self.ask("POST", "/oauth2/token", urllib.parse.urlencode(form), FORM)

    def auth(self, **more):
        if not self.token:
            self.token = self.get_token().json["access_token"]
        return {"Authorization": f"Bearer {self.token}", "Client-Id": "me", **more}

    def helix(self, path="/helix/streams?first=5", **headers):
        return self.ask("GET", path, headers=self.auth(**headers))

    def igdb(self, body="fields id; limit 1;", path="/v4/genres"):
        return self.ask("POST", path, body, self.auth())

    def clock(self, **order):
        answer = self.ask("POST", "/sim/clock", json.dumps(order))
        equal(answer.status, 200)
        return answer.json["now_ms"] - START

    def advance(self, ms):
        return self.clock(advance_ms=ms)

    def faults(self, *lines):
        equal(self.ask("POST", "/sim/faults", "\n".join(lines)).status, 200)

    def stats(self):
        return self.ask("GET", "/sim/stats").json


def equal(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}, wanted {wanted!r}")


def check(good, text):
    if not good:
        raise AssertionError(text)


def routes():
    with Sim() as sim:
        token = sim.get_token()
        equal(token.status, 200)
        equal((token.json["token_type"], token.json["expires_in"]), ("bearer", 5011271))
        equal(len(token.json["access_token"]), 30)
        for path in ("/helix/streams", "/helix/games/top", "/helix/users?id=1", "/helix/games?id=1"):
            answer = sim.helix(path)
            equal((path, answer.status), (path, 200))
            equal(answer.headers["Content-Type"], "application/json; charset=utf-8")
            check(isinstance(answer.json["data"], list), path)
        check(isinstance(sim.igdb().json, list), "genres are a list")
        check(sim.igdb("", "/v4/genres/count").json["count"] > 0, "genres are counted")
        equal(sim.stats()["requests"]["/helix/streams"], 1)
        equal(sim.stats()["requests"]["/v4/"], 2)


def unknown_paths():
    with Sim() as sim:
        equal(sim.ask("GET", "/helix/nope").json,
              {"error": "Not Found", "status": 404, "message": ""})
        equal(sim.ask("GET", "/oauth2/nope").status, 404)
        equal(sim.ask("GET", "/v4/games").body, b"Endpoint GET /games not found")
        equal(sim.ask("GET", "/").status, 404)
        equal(sim.ask("POST", "/helix/streams").status, 404)
        equal(sim.ask("GET", "/sim/nope").status, 404)
        for path in ("//helix/streams", "/helix//streams"):
            answer = sim.ask("GET", path)
            equal((answer.status, answer.headers["Content-Type"][:10]), (503, "text/plain"))
        equal(sim.stats()["faults"], {"47": 2})


def tokens():
    secret = {"client_secret": "wrong"}
    with Sim("--client-id", "me", "--token-ttl-s", 100) as sim:
        for more, status, message in (
                ({"client_id": ""}, 400, "missing client id"),
                ({"client_secret": ""}, 400, "missing client secret"),
                ({"grant_type": ""}, 400, "missing grant type"),
                ({"grant_type": "implicit"}, 400, "invalid grant type"),
                ({"client_id": "you"}, 400, "invalid client"),
                (secret, 403, "invalid client secret"),
                ({"scope": "A;"}, 400, "invalid scope requested: 'A;'")):
            answer = sim.get_token(**more)
            equal((answer.status, answer.json), (status, {"status": status, "message": message}))
        query = urllib.parse.urlencode({"client_id": "me", "client_secret": "secret",
                                        "grant_type": "client_credentials"})
        equal(sim.ask("POST", "/oauth2/token?" + query).status, 200)
        headers = sim.auth()
        validate = {"Authorization": "OAuth " + sim.token}
        equal(sim.ask("GET", "/oauth2/validate", headers=validate).json,
              {"client_id": "me", "scopes": [], "expires_in": 100})
        equal(sim.ask("GET", "/oauth2/validate").json["message"], "missing authorization token")
        sim.advance(99_999)
        equal(sim.helix().status, 200)
        sim.advance(1)
        equal(sim.helix().json["message"], "Invalid OAuth token")
        equal(sim.ask("GET", "/oauth2/validate", headers=validate).json["message"],
              "invalid access token")
        check(headers["Authorization"].endswith(sim.token), "the token was kept")


def unauthorised():
    with Sim() as sim:
        good = sim.auth()
        for headers, message in (
                ({}, "Must provide a valid Client-ID or OAuth token"),
                ({"Client-Id": "me"}, "OAuth token is missing"),
                ({**good, "Authorization": "Bearer x"}, "Invalid OAuth token"),
                ({**good, "Client-Id": "you"}, "Client ID and OAuth token do not match")):
            answer = sim.ask("GET", "/helix/streams", headers=headers)
            equal(answer.json, {"error": "Unauthorized", "status": 401, "message": message})
        lower = {**good, "Authorization": "bearer " + sim.token}
        equal(sim.ask("GET", "/helix/streams", headers=lower).status, 200)
        answer = sim.ask("POST", "/v4/genres", "fields id;", lower)
        equal(answer.status, 401)
        check("Tip 1" in answer.json, "IGDB's own form")


def revoking():
    with Sim() as sim:
        sim.auth()
        form = urllib.parse.urlencode({"client_id": "me", "token": sim.token})
        equal(sim.ask("POST", "/oauth2/revoke", "client_id=me", FORM).json["message"],
              "missing oauth token")
        equal(sim.ask("POST", "/oauth2/revoke", form, FORM).body, b"")
        equal(sim.ask("POST", "/oauth2/revoke", form, FORM).status, 400)
        equal(sim.helix().status, 401)
        sim.token = None
        sim.auth()
        equal(sim.ask("POST", "/sim/token/revoke").json, {"revoked": 1})
        equal(sim.helix().status, 401)
        sim.token = None
        sim.auth()
        for _ in range(24):
            sim.get_token()
        equal(sim.helix().status, 200)
        sim.get_token()
        equal(sim.helix().status, 401)


def helix_bucket():
    with Sim("--bucket", 2) as sim:
        first = sim.helix()
        equal([first.header(f"Ratelimit-{name}") for name in ("Limit", "Remaining", "Reset")],
              [800, 1, START // 1000 + 60])
        equal(sim.helix().header("Ratelimit-Remaining"), 0)
        empty = sim.helix()
        equal(empty.json, {"error": "Too Many Requests", "status": 429,
                           "message": "Request limit exceeded"})
        equal(empty.header("Ratelimit-Remaining"), 0)
        sim.advance(74)
        equal(sim.helix().status, 429)
        sim.advance(1)  # a point every 75 ms
        equal(sim.helix().status, 200)
        equal(sim.helix().status, 429)
        sim.advance(30_000)
        equal(sim.helix().header("Ratelimit-Remaining"), 399)
        sim.advance(3_600_000)
        full = sim.helix()
        equal(full.header("Ratelimit-Remaining"), 799)
        equal(full.header("Ratelimit-Reset"), START // 1000 + 3631)
        equal(email.utils.parsedate_to_datetime(full.headers["Date"]).timestamp(),
              START // 1000 + 3630)
        equal(sim.ask("POST", "/sim/bucket", '{"points":1}').status, 200)
        equal([sim.helix().status for _ in range(2)], [200, 429])
        equal(sim.ask("POST", "/sim/bucket", '{"points":801}').status, 400)


def igdb_gate():
    with Sim() as sim:
        equal([sim.igdb().status for _ in range(5)], [200] * 4 + [429])
        sim.advance(999)
        answer = sim.igdb()
        equal((answer.status, answer.json), (429, {"message": "Too Many Requests"}))
        check("Ratelimit-Limit" not in answer.headers, "IGDB tells no limits")
        sim.advance(1)
        equal([sim.igdb().status for _ in range(5)], [200] * 4 + [429])


class Flight(threading.Thread):
    """One request that waits for its answer."""

    def __init__(self, sim, log, name, path="/helix/streams?first=1", method="GET", body=None):
        super().__init__(name=name)
        self.sim, self.log, self.path, self.method, self.body = sim, log, path, method, body
        self.status = None
        self.start()

    def run(self):
        headers = {} if self.path.startswith("/sim") else self.sim.auth()
        try:
            self.status = self.sim.ask(self.method, self.path, self.body, headers).status
        except (http.client.HTTPException, OSError):
            self.status = 0
        self.log.append(self.name)


def held_answers():
    with Sim(latency=75) as sim:
        log = []
        sim.token = "none"
        login = Flight(sim, log, "login", "/oauth2/token", "POST")
        equal(sim.clock(sent=1, received=0, until_ms=START + 10), 10)
        equal(sim.clock(sent=1, received=0, until_ms=START + 1000), 75)
        login.join()
        # Two more, one of which comes 10 ms after the other.
        one = Flight(sim, log, "one")
        equal(sim.clock(sent=2, received=1, until_ms=START + 85), 85)
        two = Flight(sim, log, "two")
        equal(sim.clock(sent=3, received=1, until_ms=START + 999), 150)
        one.join()
        # The answer just let go is on its way until the client says it has it.
        equal(sim.clock(sent=3, received=1, until_ms=START + 999), 150)
        equal(sim.clock(sent=3, received=2, until_ms=START + 999), 160)
        two.join()
        equal(log, ["login", "one", "two"])
        equal(sim.clock(sent=3, received=3, until_ms=START + 999), 999)
        equal(sim.stats()["max_in_flight"], 2)


def advancing_releases_in_order():
    with Sim(latency=75) as sim:
        log = []
        sim.token = "none"
        flights = []
        for name in range(3):
            flights.append(Flight(sim, log, str(name)))
            equal(sim.clock(sent=name + 1, received=0, until_ms=START + 10 * name), 10 * name)
        equal(sim.clock(reset=True), 20)
        equal(sim.advance(54), 74)
        equal(log, [])
        equal(sim.advance(100_000), 100_074)
        for flight in flights:
            flight.join()
        equal(sorted(log), ["0", "1", "2"])


def clock_clients():
    with Sim() as sim:
        equal(sim.clock(reset=True, client="a"), 0)
        equal(sim.clock(client="a", sent=0, received=0, until_ms=START + 5), 5)
        equal(sim.clock(sent=0, received=0, until_ms=START + 6), 6)
        order = json.dumps({"client": "b", "sent": 0, "received": 0, "until_ms": START + 9})
        equal(sim.ask("POST", "/sim/clock", order).status, 409)
        equal(sim.clock(reset=True, client="b"), 6)
        equal(sim.ask("POST", "/sim/clock", order).status, 200)


def clock_waits_for_requests():
    """A client may say "sent" before the request is here: time waits for it."""
    with Sim(latency=75) as sim:
        sim.token = "none"
        log = []
        stepping = Flight(sim, log, "step", "/sim/clock", "POST",
                          json.dumps({"sent": 1, "received": 0, "until_ms": START + 500}))
        asking = Flight(sim, log, "ask")
        stepping.join()
        asking.join()
        equal(sim.ask("GET", "/sim/clock").json, {"now_ms": START + 75, "mode": "step"})
        equal(asking.status, 401)


def clock_lost_requests():
    """A request that never comes, and an answer that never arrives, do not stop time for ever."""
    with Sim(latency=75) as sim:
        sim.token = "none"
        for _ in range(60):
            if sim.clock(sent=1, received=0, until_ms=START + 500) == 500:
                return
        raise AssertionError("time stands still")


def clock_gone_clients():
    """A client that hung up waits for nothing."""
    with Sim(latency=75) as sim:
        connection = sim.connect()
        connection.request("GET", "/helix/streams")
        while sim.stats()["requests"]["/helix/streams"] < 1:
            pass
        connection.close()
        equal(sim.clock(sent=1, received=1, until_ms=START + 500), 500)
        equal(sim.clock(reset=True), 500)
        equal(sim.clock(sent=0, received=0, until_ms=START + 600), 600)


def clock_bad_orders():
    with Sim() as sim:
        for body in ("", "[]", "{}", '{"sent":1}', '{"advance_ms":-1}', '{"advance_ms":"1"}', "{"):
            equal((body, sim.ask("POST", "/sim/clock", body).status), (body, 400))
        equal(sim.clock(until_ms=START - 5, sent=0, received=0), 0)
    with Sim(clock="real") as sim:
        equal(sim.ask("GET", "/sim/clock").json["mode"], "real")
        equal(sim.ask("POST", "/sim/clock", '{"advance_ms":1}').status, 409)
    with Sim(clock="warp:1000", latency=1) as sim:
        check(sim.ask("GET", "/sim/clock").json["now_ms"] >= START, "warped time starts at --start")
        equal(sim.get_token().status, 200)


def compressed():
    for options, wanted, encoding in (((), "gzip, deflate", "gzip"), ((), "gzip;q=0", None),
                                      ((), "br", None), (("--no-gzip",), "gzip", None)):
        with Sim(*options) as sim:
            answer = sim.helix(**{"Accept-Encoding": wanted})
            equal((wanted, answer.headers.get("Content-Encoding")), (wanted, encoding))
            equal(len(answer.json["data"]) > 0, True)


def kept_connections():
    with Sim() as sim:
        connection = sim.connect()
        sockets = set()
        for _ in range(3):
            connection.request("GET", "/helix/streams", headers=sim.auth())
            answer = connection.getresponse()
            answer.read()
            sockets.add(connection.sock)
        equal(len(sockets), 1)
        connection.close()


def large_bodies():
    with Sim() as sim:
        for size, title in ((32_769, "Content Too Large"), (65_537, "Request Too Large"),
                            (1_000_000, "Request Too Large")):
            answer = sim.igdb("x" * size)
            equal((answer.status, answer.json["title"]), (413, title))
        check(sim.igdb("x" * 32_768).status != 413, "32 KB are allowed")
        equal(sim.ask("POST", "/sim/faults", "#" * 70_000).status, 413)


def truth():
    with Sim() as sim:
        sim.advance(60_000)
        lines = sim.ask("GET", f"/sim/truth?from_ms={START}&to_ms={START + 60_000}").body.split()
        ids = [int(line) for line in lines]
        check(ids == sorted(set(ids)) and 100 < len(ids) < 300, f"{len(ids)} ids")
        check(sim.stats()["live"] >= len(ids), "those live throughout live now")
        for query in (f"from_ms={START}&to_ms={START + 60_001}", "from_ms=1&to_ms=2", "",
                      f"from_ms={START + 2}&to_ms={START + 1}"):
            equal((query, sim.ask("GET", "/sim/truth?" + query).status), (query, 400))


def try_faults(fault, ask, count=40):
    """What `ask` gives, so many times, with the fault certain."""
    with Sim() as sim:
        sim.auth()
        sim.faults(f"{fault}:1")
        got = [ask(sim) for _ in range(count)]
        check(sim.stats()["faults"][str(fault)] > 0, "the fault is counted")
        sim.faults("clear")
        sim.ask("POST", "/sim/bucket", '{"points":800}')
        sim.token = None
        for _ in range(3):  # what is left of a burst
            sim.token = sim.token or sim.get_token().json.get("access_token")
        equal(sim.helix().status, 200)
        return got


def fault_1():
    got = {(a.status, a.headers["Content-Type"].split(";")[0])
           for a in try_faults(1, Sim.helix, 80)}
    equal(got, {(s, t) for s in (200, 502, 503, 522) for t in ("text/html", "text/plain")})


def outcome(sim, **headers):
    """Status and what is wrong with the body."""
    try:
        answer = sim.helix(**headers)
    except http.client.IncompleteRead:
        return "short"
    except (http.client.HTTPException, OSError):
        return "closed"
    try:
        return f"{answer.status} {len(str(answer.json)) > 2}"
    except (EOFError, zlib.error):
        return "cut gzip"
    except ValueError:
        return "cut JSON"


def fault_2():
    equal(set(try_faults(2, lambda sim: outcome(sim, **{"Accept-Encoding": "gzip"}))),
          {"short", "cut gzip", "cut JSON"})


def fault_3():
    forms = set()
    for answer in try_faults(3, Sim.helix, 6):
        packed = answer.headers.get("Content-Encoding") == "gzip"
        size = len(zlib.decompress(answer.body, 31)) if packed else len(answer.body)
        check(size >= 32 << 20, f"{size} bytes are not many")
        forms.add(packed)
    equal(forms, {True, False})


def fault_4():
    answers = try_faults(4, Sim.helix, 3)
    equal([a.json for a in answers],
          [{"error": "Internal Server Error", "status": 500, "message": ""}] * 3)
    lengths = set()
    for seed in range(12):
        with Sim("--seed", seed, "--fault", "4@2") as sim:
            sim.auth()
            lengths.add([sim.helix().status for _ in range(5)].index(200))
    equal(lengths, {1, 2, 3})


def fault_5():
    got = {(a.status, a.headers["Content-Type"].split(";")[0]) for a in try_faults(5, Sim.helix)}
    equal(got, {(503, "text/plain"), (503, "application/json")})


def fault_6():
    for answer in try_faults(6, Sim.helix, 3):
        check(answer.status == 429 and answer.header("Ratelimit-Remaining") > 700, "points left")


def fault_7():
    for answer in try_faults(7, Sim.helix, 3):
        equal((answer.status, answer.header("Ratelimit-Remaining")), (429, 0))
    equal([a.status for a in try_faults(7, Sim.igdb, 2)], [429, 429])


def fault_8():
    got = {a.headers.get("Ratelimit-Remaining") for a in try_faults(8, Sim.helix, 60)}
    check(None in got and len(got) == 5 and not any(v and v.isdigit() for v in got), str(got))


def fault_9():
    def ask(sim):
        sim.token = None
        while not sim.token:
            sim.token = sim.get_token().json["access_token"]
        return sim.helix().json["message"]
    equal(try_faults(9, ask, 2), ["Invalid OAuth token"] * 2)


def fault_10():
    equal({(a.status, a.json["message"]) for a in try_faults(10, Sim.get_token)},
          {(400, "invalid client"), (403, "invalid client secret")})


def fault_11():
    with Sim("--fault", "11:1") as sim:
        sim.token = "none"
        got = set()
        for number in range(1, 41):
            log = []
            flight = Flight(sim, log, "f")
            sim.clock(sent=number, received=number - 1, until_ms=START + number * 100_000)
            flight.join()
            got.add((flight.status, sim.ask("GET", "/sim/clock").json["now_ms"] -
                     START - (number - 1) * 100_000))
            sim.clock(sent=number, received=number, until_ms=START + number * 100_000)
        check({late for _, late in got} >= {60_000}, f"some are silent for a minute: {got}")
        check({status for status, _ in got} == {0}, f"none is answered: {got}")


def fault_12():
    off = {email.utils.parsedate_to_datetime(a.headers["Date"]).timestamp() - START / 1000
           for a in try_faults(12, Sim.helix, 3)}
    equal(len(off), 1)
    check(0 < abs(off.pop()) <= 3600, "off by at most an hour")


def fault_47():
    equal([a.status for a in try_faults(47, Sim.helix, 2)], [503, 503])


def fault_plans():
    with Sim("--fault", "5@3-4") as sim:
        sim.auth()
        equal([sim.helix().status for _ in range(4)], [200, 503, 503, 200])
        for bad in ("45:1", "54:1", "57:1", "0:1", "1:2", "1:-1", "1", "x", "1@0", "4@5-4", "4@x"):
            answer = sim.ask("POST", "/sim/faults", "5:1\n" + bad)
            equal((bad, answer.status), (bad, 400))
        equal(sim.helix().status, 200)  # none of the lines counted


def usage():
    def run(*options):
        done = subprocess.run([sys.argv[1], *options], stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.PIPE, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr
    code, text, _ = run("--help")
    equal(code, 0)
    for name in ("--port", "--listen", "--clock", "--start", "--fault", "--replay", "--seed"):
        check(name in text, name)
    for options, word in ((("--listen", "0.0.0.0"), "loopback"), (("--listen", "::"), "loopback"),
                          (("--listen", "192.0.2.1"), "loopback"), (("--nope",), "--nope"),
                          (("--port", "65536"), "--port"), (("--port",), "value"),
                          (("--clock", "warp:0"), "warp"), (("--clock", "slow"), "clock"),
                          (("--start", "2026"), "--start"), (("--fault", "55:1"), "cannot"),
                          (("--start", "2026-11-23T00:00:00Z"), "--clock")):
        code, out, err = run(*options)
        equal((options, code, out), (options, 2, ""))
        check(word in err, f"{options}: {err}")
    with Sim() as sim:
        equal(run("--port", str(sim.port))[0], 3)
        equal(sim.ask("POST", "/sim/quit").status, 200)
        equal(sim.process.wait(timeout=60), 0)


TESTS = [routes, unknown_paths, tokens, unauthorised, revoking, helix_bucket, igdb_gate,
         held_answers, advancing_releases_in_order, clock_clients, clock_waits_for_requests, clock_lost_requests, clock_gone_clients,
         clock_bad_orders, compressed, kept_connections, large_bodies, truth, fault_1, fault_2,
         fault_3, fault_4, fault_5, fault_6, fault_7, fault_8, fault_9, fault_10, fault_11,
         fault_12, fault_47, fault_plans, usage]


def main():
    tap = program.Tap(len(TESTS))
    for test in TESTS:
        tap.case(test.__name__.replace("_", " "), test)
    tap.end()


main()
