#!/usr/bin/env python3
"""livelake against the mock of Twitch's own command line, `twitch mock-api`. Writes TAP.

Usage: mock.py LIVELAKE

The mock's streams have GUIDs for ids, so each of them must land in quarantine, with that reason,
and be counted; their accounts and categories are as usual. The mock takes the parameters of a token
request from the URL alone, where livelake does not put a secret: a passage in front of it moves
them, and counts what goes by.

Twitch's program is taken from $LIVELAKE_TWITCH_CLI or the PATH (twitch, twitch-cli), and its cases
are skipped without it. A stand-in with the same paths, shapes and oddities is always there.
"""
import base64
import collections
import contextlib
import http.server
import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from program import Program, Skip, Tap, environment

USERS = 3000  # about one in ten streams
MOCK_USERS = 100  # of Twitch's mock, whose effort to invent them grows with their square
REASON = "stream_id is not a number"


class Server(http.server.ThreadingHTTPServer):
    """On a free port of loopback, for the length of a block."""
    daemon_threads = True

    def __init__(self, handler, **state):
        super().__init__(("127.0.0.1", 0), handler)
        self.state, self.url = state, f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class StandIn(Handler):
    """What the mock's documentation says it does. state: client, streams, users, games."""

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        asked, state = urllib.parse.parse_qs(url.query), self.server.state
        if url.path == "/units/clients":
            return self.rows([state["client"]])
        if (self.headers["Client-Id"] != state["client"]["ID"]
                or self.headers["Authorization"] != f"Bearer {state['token']}"):
            return self.refuse(401, "Missing Client ID or OAuth token")
        if url.path == "/mock/streams":
            return self.page(state["streams"], asked)
        if url.path in ("/mock/users", "/mock/games"):
            known = state[url.path.removeprefix("/mock/")]
            return self.rows([known[key] for key in asked.get("id", []) if key in known])
        return self.refuse(404, "")

    def do_POST(self):
        url = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(url.query))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        state, wanted = self.server.state, ("client_id", "client_secret", "grant_type")
        if url.path != "/auth/token" or any(key not in asked for key in wanted):
            return self.say(400, b"")
        client = state["client"]
        if (asked["client_id"], asked["client_secret"]) != (client["ID"], client["Secret"]):
            return self.refuse(400, "Client ID/Secret invalid")
        return self.say(200, json.dumps({"access_token": state["token"], "refresh_token": "",
                                         "expires_in": 86399, "scope": [],
                                         "token_type": "bearer"}).encode())

    def rows(self, rows, **more):
        self.say(200, json.dumps({"data": rows, **more}).encode())

    def refuse(self, status, message):
        self.say(status, json.dumps({"error": "Unauthorized", "status": status,
                                     "message": message}).encode())

    def page(self, rows, asked):
        cursor, limit = asked.get("after", [""])[0], int(asked.get("first", ["20"])[0])
        start = json.loads(base64.urlsafe_b64decode(cursor + "=="))["o"] if cursor else 0
        for key, column in (("user_id", "user_id"), ("language", "language")):
            rows = [row for row in rows if not asked.get(key) or row[column] in asked[key]]
        end = start + limit
        if end >= len(rows):
            return self.rows(rows[start:])  # without "pagination"
        following = json.dumps({"l": limit, "o": end}).encode()
        return self.rows(rows[start:end], pagination={
            "cursor": base64.urlsafe_b64encode(following).decode().rstrip("=")})


def invent():
    chance = random.Random(1)
    hexes = "0123456789abcdef"
    games = {key: {"id": key, "name": f"Game {key}", "box_art_url": "", "igdb_id": str(at)}
             for at, key in enumerate(("11", "22", "33", "44", "55"), 1)}
    users, streams = {}, []
    for key in map(str, chance.sample(range(10 ** 6, 10 ** 9), USERS)):
        users[key] = {"id": key, "login": f"user{key}", "display_name": f"User{key}", "type": "",
                      "broadcaster_type": "", "description": "", "profile_image_url": "",
                      "offline_image_url": "", "view_count": 0, "game_id": {"String": "11"},
                      "created_at": "2026-11-23T10:00:00Z"}
        if chance.random() < 0.1 or not streams:
            game = games[chance.choice(list(games))]
            streams.append({
                "id": str(uuid.UUID(int=chance.getrandbits(128))), "user_id": key,
                "user_login": f"user{key}", "user_name": f"User{key}", "type": "live",
                "viewer_count": chance.randrange(100000), "started_at": "2026-11-23T10:00:00Z",
                "is_mature": False, "tag_ids": [], "tags": ["English", "CLI Tag"],
                "game_id": game["id"], "game_name": game["name"], "title": "Sample stream!",
                "language": "en", "thumbnail_url": ""})
    client = {"ID": "".join(chance.choices(hexes, k=30)), "Secret": "0" * 30}
    return {"client": client, "token": "".join(chance.choices(hexes, k=15)), "users": users,
            "games": games, "streams": streams}


class Passage(Handler):
    """In front of a mock. state: mock (URL), answers (number by path and
    status), seen (ids by path, with repeats)."""

    def do_GET(self):
        self.forward(self.path)

    def do_POST(self):
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.forward(f"{self.path}?{form}", b"")

    def forward(self, path, data=None):
        names = ("Client-Id", "Authorization", "Accept")
        headers = {name: self.headers[name] for name in names if self.headers[name]}
        request = urllib.request.Request(self.server.state["mock"] + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            status, body = answer.code, answer.read()
        place = urllib.parse.urlsplit(path).path
        rows = json.loads(body or b"{}").get("data") or []
        self.server.state["answers"][place, status] += 1
        self.server.state["seen"][place].extend(row["id"] for row in rows)
        self.say(status, body)


@contextlib.contextmanager
def stand_in(_folder):
    with Server(StandIn, **invent()) as server:
        yield server.url


@contextlib.contextmanager
def twitch_cli(folder):
    names = (os.environ.get("LIVELAKE_TWITCH_CLI", ""), "twitch", "twitch-cli")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        raise Skip("Twitch's own program is not here: set LIVELAKE_TWITCH_CLI to it")
    env = environment(HOME=str(folder), XDG_CONFIG_HOME=str(folder))
    subprocess.run([program, "mock-api", "generate", "-c", str(MOCK_USERS)], check=True, env=env,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([program, "mock-api", "start", "-p", str(port)], env=env,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(timeout=30)


def client_of(mock):
    """Id and secret; a program that has just been started may take a while to answer."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(mock + "/units/clients", timeout=10) as answer:
                client = json.load(answer)["data"][0]
                return client["ID"], client["Secret"]
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"{mock} does not answer")


class Lake:
    """What livelake made of a mock, and what the mock said."""

    def __init__(self, livelake, folder, mock):
        client_id, secret = client_of(mock)
        self.seen, self.answers = collections.defaultdict(list), collections.Counter()
        self.program = Program(livelake, folder / "lake")
        with Server(Passage, mock=mock, seen=self.seen, answers=self.answers) as passage:
            env = environment(TWITCH_CLIENT_ID=client_id, TWITCH_CLIENT_SECRET=secret,
                              LIVELAKE_TWITCH_URL=passage.url + "/mock",
                              LIVELAKE_TWITCH_AUTH_URL=passage.url + "/auth")
            # A chain a language: enough requests for some to go to accounts, a tenth of them.
            self.said = json.loads(self.program.must("run", "--once", "--plan", "languages", "--set",
                                                     "igdb.url=", "--json", env=env))

    def query(self, sql):
        return json.loads(self.program.must("query", sql, "--format", "json"))["data"]


def token_and_pages(lake):
    run, asked = lake.said["run"], lake.answers
    assert {status for _, status in asked} == {200} and asked["/auth/token", 200] == 1, asked
    assert run["status"] == "complete" and lake.said["failures"] == [], lake.said
    assert run["pages"] == asked["/mock/streams", 200], f"{run}, {asked}"
    assert run["streams"] == len(set(lake.seen["/mock/streams"])) > 0, run


def quarantine(lake):
    """Rows that came twice are there twice: none of them has an id to be told by."""
    rows, run = len(lake.seen["/mock/streams"]), lake.said["run"]["id"]
    status = json.loads(lake.program.must("status", run, "--json"))
    assert status["quarantine"] == [{"reason": REASON, "records": rows}], status["quarantine"]
    counts = {key: status["processed"][key] for key in ("rows_in", "rows_out", "quarantined")}
    assert counts == {"rows_in": rows, "rows_out": 0, "quarantined": rows}, counts
    assert lake.query("SELECT count(*) AS n FROM observation") == [{"n": 0}]


def categories(lake):
    found = {row["category_id"] for row in lake.query("SELECT category_id FROM categories")}
    wanted = set(lake.seen["/mock/games"])
    assert wanted and wanted <= found, wanted - found


def accounts(lake):
    """Asked for by the hundred."""
    live, asked = len(set(lake.seen["/mock/streams"])), lake.seen["/mock/users"]
    if live < 100:
        raise Skip(f"{live} streams: too few for a batch of accounts")
    assert len(asked) == len(set(asked)) == live // 100 * 100, f"{len(asked)} of {live}"
    found = {row["user_id"] for row in lake.query("SELECT user_id FROM users")}
    assert found == set(asked), found ^ set(asked)


CASES = (("a token, and every page", token_and_pages),
         ("every stream in quarantine, counted, with the reason", quarantine),
         ("categories", categories), ("accounts", accounts))


def skip(reason):
    raise Skip(reason)


def main():
    tap = Tap(2 * len(CASES))
    for name, mock in (("stand-in", stand_in), ("twitch mock-api", twitch_cli)):
        with tempfile.TemporaryDirectory(prefix="livelake-test-") as folder:
            folder = pathlib.Path(folder)
            try:
                with mock(folder) as url:
                    lake = Lake(sys.argv[1], folder, url)
            except Skip as reason:
                for case, _ in CASES:
                    tap.case(f"{name}: {case}", skip, reason)
                continue
            for case, function in CASES:
                tap.case(f"{name}: {case}", function, lake)
    tap.end()


main()
