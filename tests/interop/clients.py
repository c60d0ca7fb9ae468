#!/usr/bin/env python3
"""Clients of Twitch that are not ours, unchanged, against the simulator. Writes TAP.

Usage: clients.py SIM FOLDER_OF_CLIENTS    (FOLDER: what `scripts/bootstrap interop` filled)

Each gets an app token, pages through all streams, asks for their accounts and categories in
batches and for the top categories, and prints what it has understood; twurple.mjs and
twitch_api.py hold the calls. The world moves by the wall's clock meanwhile, so a few streams begin
and end.
"""
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from program import Skip, Tap, environment
from simulator import Simulator

STREAMS = 3000
GRACE = 0.01  # of all streams, for what begins and ends meanwhile
TOP_TWICE = 0.2  # of the top categories: their order has many ties, and pages are cut by place
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z")
URL = re.compile(r"https://static-cdn\.jtvnw\.net/\S+")
ID = re.compile(r"[1-9]\d*")
LOGIN = re.compile(r"[a-z0-9_]{1,25}")

# Of every row: a type, or a pattern of the whole text.
STREAM = {"id": ID, "user_id": ID, "login": LOGIN, "name": re.compile(r".+"),
          "game_id": re.compile(r"[1-9]\d*|"), "game": str, "type": re.compile("live"),
          "title": str, "viewers": int, "started_at": STAMP,
          "language": re.compile(r"[a-z]{2,5}(-[a-z]{2})?"), "tags": list, "mature": bool,
          "thumbnail": URL}
USER = {"id": ID, "login": LOGIN, "name": re.compile(r".+"), "type": str,
        "broadcaster_type": re.compile(r"affiliate|partner|"), "description": str, "picture": URL,
        "offline_picture": str, "created_at": STAMP}
GAME = {"id": ID, "name": re.compile(r".+"), "igdb_id": re.compile(r"[1-9]\d*|"), "box_art": URL}


def check_rows(rows, shape, may_repeat=0.0):
    """may_repeat: the share of rows that may come twice, as lists change between their pages."""
    assert rows, "no rows"
    for row in rows:
        assert row.keys() == shape.keys(), row
        for key, wanted in shape.items():
            value = row[key]
            fits = (isinstance(value, str) and wanted.fullmatch(value)
                    if isinstance(wanted, re.Pattern) else type(value) is wanted)
            assert fits, f"{key}: {value!r} in {row}"
    twice = len(rows) - len({row["id"] for row in rows})
    assert twice <= len(rows) * may_repeat, f"{twice} ids are there twice"


class Client:
    """What one client made of a simulator of its own."""

    def __init__(self, simulator, command, needed):
        self.why = f"not installed: {needed} (scripts/bootstrap interop)"
        self.installed = needed.exists()
        if not self.installed:
            return
        with Simulator(simulator, "--streams", STREAMS, "--latency-ms", "0", clock="real") as sim:
            before = sim.json("/sim/stats")["live"]
            done = subprocess.run([*command, sim.url], stdout=subprocess.PIPE, timeout=300,
                                  stderr=subprocess.PIPE, check=False, env=environment())
            assert done.returncode == 0, done.stderr.decode()
            self.said, self.stats = json.loads(done.stdout), sim.json("/sim/stats")
            self.live = before, self.stats["live"]

    def need(self):
        if not self.installed:
            raise Skip(self.why)


def token(client):
    client.need()
    assert client.said["client_id"] == "test-client", client.said["client_id"]
    requests = client.stats["requests"]
    assert requests["/oauth2/token"] == 1 and requests["/oauth2/validate"] >= 1, requests
    assert set(client.stats["answers"]) == {"200"}, client.stats["answers"]


def streams(client):
    client.need()
    check_rows(client.said["streams"], STREAM, GRACE)
    found, pages = len(client.said["streams"]), client.stats["requests"]["/helix/streams"]
    least, most = min(client.live) * (1 - GRACE), max(client.live) * (1 + GRACE)
    assert least <= found <= most, f"{found} streams, {client.live} live"
    assert found / 100 <= pages <= found / 100 + 3, f"{pages} pages of {found} streams"


def users(client):
    client.need()
    check_rows(client.said["users"], USER)
    wanted = {row["user_id"]: row for row in client.said["streams"]}
    found = {row["id"]: row for row in client.said["users"]}
    assert found.keys() <= wanted.keys(), found.keys() - wanted.keys()
    assert len(found) >= len(wanted) * (1 - GRACE), f"{len(found)} of {len(wanted)}"
    renamed = [key for key, row in found.items() if row["login"] != wanted[key]["login"]]
    assert len(renamed) <= len(found) * GRACE, renamed


def games(client):
    client.need()
    check_rows(client.said["games"], GAME)
    check_rows(client.said["top"], GAME, TOP_TWICE)
    wanted = {row["game_id"]: row["game"] for row in client.said["streams"] if row["game_id"]}
    assert {row["id"]: row["name"] for row in client.said["games"]} == wanted
    top = {row["id"]: row for row in client.said["top"]}
    both = [row for row in client.said["games"] if row["id"] in top]
    least = len(wanted) * (1 - TOP_TWICE)
    assert len(both) >= least, f"{len(both)} of {len(wanted)} are in the top"
    assert all(top[row["id"]] == row for row in both)


def main():
    simulator, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    twurple = folder / "node_modules" / "@twurple" / "api"
    python = folder / "python" / "bin" / "python3"
    tap = Tap(8)
    for name, command, needed in (
            ("twurple", ["node", HERE / "twurple.mjs", folder], twurple),
            ("twitchAPI", [python, "-B", HERE / "twitch_api.py"], python)):
        client = Client(simulator, command, needed)
        tap.case(f"{name}: an app token, and no answer but 200", token, client)
        tap.case(f"{name}: every stream to the last page", streams, client)
        tap.case(f"{name}: accounts by id", users, client)
        tap.case(f"{name}: categories by id, and the top ones", games, client)
    tap.end()


main()
