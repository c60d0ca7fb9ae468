#!/usr/bin/env python3
"""The API's answers: what OpenAPI says, the CLI's numbers, an independent computation's numbers; formats,
pages, keys, events. Writes TAP. Usage: api.py LIVELAKE SIM"""
import base64
import csv
import http.client
import io
import json
import math
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from program import Program, Tap, environment
from served import Served, fill

INVALID, BUSY, CONFLICT_NAME = 3, 5, "taken by"
METRICS = ("hours_watched", "airtime_hours", "average_viewers", "average_viewers_while_live",
           "average_channels", "peak_viewers", "peak_channels", "unique_channels", "samples")


class World:
    """A filled lake, its range of two days, and the server on it."""

    def __init__(self, livelake, simulator, folder):
        self.livelake = livelake
        self.program = fill(livelake, simulator, folder / "lake")
        first = self.query("SELECT min(slot) AS s FROM run")[0]["s"]
        self.from_s, self.to_s = first + 86400, first + 3 * 86400
        stamps = self.query(f"SELECT strftime(to_timestamp({self.from_s}), '%Y-%m-%dT%H:%M:%SZ') AS a, "
                            f"strftime(to_timestamp({self.to_s}), '%Y-%m-%dT%H:%M:%SZ') AS b")[0]
        self.range = (("from", stamps["a"]), ("to", stamps["b"]))
        self.server = Served(self.program)

    def query(self, sql):
        return json.loads(self.program.must("query", sql, "--json", "--max-rows", "0"))["data"]

    def top(self, what):
        return self.server.rows(what, (*self.range, ("limit", 1)))[0]["id"]


def same(a, b):
    """Equal, but for the last bits of a sum in another order."""
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return a == b


# --- what OpenAPI says

def value_for(param):
    fixed = {"item": ["category:509658", "language:en"], "q": "a", "sql": "SELECT 1 AS one"}
    return fixed[param["name"]]


def check_schema(schema, value, components, where):
    if "$ref" in schema:
        schema = components[schema["$ref"].rsplit("/", 1)[1]]
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
             "number": (int, float), "null": type(None)}
    if "type" in schema:
        wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        assert any(isinstance(value, kinds[one]) for one in wanted), (where, value, wanted)
    for name in schema.get("required", ()):
        assert name in value, (where, name)
    for name, sub in schema.get("properties", {}).items():
        if name in value:
            check_schema(sub, value[name], components, f"{where}.{name}")
    for i, one in enumerate(value if "items" in schema else ()):
        check_schema(schema["items"], one, components, f"{where}[{i}]")


def every_path_answers_as_described(world):
    api = world.server.get("openapi.json").json()
    assert api["openapi"].startswith("3.1") and len(api["paths"]) > 20
    components = api["components"]["schemas"]
    things = {"categories": world.top("categories"), "broadcasters": world.top("broadcasters"),
              "genres": "0", "game-modes": "-1", "languages": "en", "sessions": world.top("sessions")}
    for path, item in api["paths"].items():
        get = item["get"]
        if "text/event-stream" in get["responses"]["200"]["content"]:
            continue  # has a case of its own
        params = [(p["name"], v) for p in get["parameters"] if p["in"] == "query" and p["required"]
                  for v in ([value_for(p)] if isinstance(value_for(p), str) else value_for(p))]
        if any(p["name"] == "from" for p in get["parameters"]):
            params += world.range
        answer = world.server.ask(path.replace("{id}", things.get(path.split("/")[3], "")), params)
        assert answer.status == 200 and answer.type == "application/json", (path, answer.body[:300])
        schema = get["responses"]["200"]["content"]["application/json"]["schema"]
        check_schema(schema, answer.json(), components, path)
        wrong = world.server.ask(path.replace("{id}", "0"), [*params, ("nonsense", "1")])
        assert wrong.status == 422 and wrong.type == "application/problem+json", (path, wrong.status)
        check_schema(components["Problem"], wrong.json(), components, path)


# --- numbers

QUESTIONS = (
    ("platform",), ("platform", "grain=day"), ("platform", "by=genre"), ("categories", "limit=7"),
    ("categories", "grain=hour", "limit=3"), ("categories", "filter=genre:12", "attribution=full"),
    ("broadcasters", "sort=peak_viewers"), ("genres",), ("genres", "by=game_mode", "limit=0"),
    ("game-modes", "by=language"), ("languages", "limit=0", "tz=Asia/Kolkata", "grain=day"),
    ("sessions", "limit=5"), ("runs", "limit=9"), ("coverage", "grain=hour"), ("concentration",),
    ("categories", "compare=previous", "sort=change"), ("platform", "grain=hour_of_week"),
    ("categories", "filter=-language:en", "metrics=hours_watched,share"), ("samples", "limit=11"),
)


def the_same_as_the_report(world):
    for what, *params in QUESTIONS:
        pairs = [tuple(one.split("=", 1)) for one in params]
        words = [word for name, value in (*world.range, *pairs)
                 for word in (f"--{name}={value}",)]
        wanted = json.loads(world.program.must("report", what, "--json", *words))
        got = world.server.get(what, (*world.range, *pairs)).json()
        assert got["data"] == wanted["data"] and len(got["data"]) > 0, (what, params)
        assert {k: v for k, v in got["meta"].items()} == wanted["meta"], (what, got["meta"])


SLOTS = "(SELECT sum(cadence_s) FROM run WHERE slot >= {0} AND slot < {1} AND status = 'complete')"
# By hand from single observations, without the program's roll-ups or report SQL.
BY_HAND = """
WITH o AS (SELECT slot, broadcaster_id, {key} AS id, viewer_count AS v, weight_s AS w FROM observation
    WHERE slot >= {0} AND slot < {1}),
slots AS (SELECT id, slot, sum(v) AS v, count(*) AS n FROM o GROUP BY id, slot)
SELECT o.id, sum(o.v * o.w) / 3600.0 AS hours_watched, sum(o.w) / 3600.0 AS airtime_hours,
    sum(o.v * o.w) / CAST({slots} AS DOUBLE) AS average_viewers,
    sum(o.v * o.w) / CAST(sum(o.w) AS DOUBLE) AS average_viewers_while_live,
    sum(o.w) / CAST({slots} AS DOUBLE) AS average_channels,
    (SELECT max(v) FROM slots WHERE slots.id = o.id) AS peak_viewers,
    (SELECT max(n) FROM slots WHERE slots.id = o.id) AS peak_channels,
    count(DISTINCT o.broadcaster_id) AS unique_channels, count(*) AS samples
FROM o GROUP BY o.id"""


def the_same_as_an_independent_computation(world):
    assert world.query(f"SELECT count(*) AS n FROM run WHERE slot >= {world.from_s} AND slot < "
                       f"{world.to_s} AND status <> 'complete'") == [{"n": 0}]
    for what, key in (("platform", "''"), ("categories", "CAST(category_id AS TEXT)"),
                      ("languages", "language"), ("broadcasters", "CAST(broadcaster_id AS TEXT)"),
                      ("sessions", "CAST(stream_id AS TEXT)")):
        slots = SLOTS.format(world.from_s, world.to_s)
        by_hand = {row["id"]: row for row in world.query(
            BY_HAND.format(world.from_s, world.to_s, key=key, slots=slots))}
        rows = world.server.rows(what, (*world.range, ("limit", 0)))
        assert len(rows) == len(by_hand) > 0, what
        for row in rows:
            wanted = by_hand[row.get("id", "")]
            for metric in METRICS:
                if metric in row:
                    assert same(row[metric], wanted[metric]), (what, metric, row, wanted)


# --- formats, pages, caching

def formats(world):
    params = (*world.range, ("limit", 5))
    rows = world.server.rows("categories", params)
    text = world.server.ask("/api/v1/categories.csv", params)
    assert text.type == "text/csv" and "attachment" in text.headers["Content-Disposition"]
    assert json.loads(text.headers["Livelake-Meta"])["runs"] > 0
    parsed = list(csv.DictReader(io.StringIO(text.body.decode())))
    assert [row["id"] for row in parsed] == [row["id"] for row in rows]
    assert [float(row["hours_watched"]) for row in parsed] == [row["hours_watched"] for row in rows]
    lines = world.server.get("categories", params, Accept="application/x-ndjson")
    assert [json.loads(line) for line in lines.body.splitlines()] == rows
    parquet = world.server.get("categories", (*params, ("format", "parquet")))
    assert parquet.type == "application/vnd.apache.parquet"
    assert parquet.body[:4] == parquet.body[-4:] == b"PAR1"
    assert world.server.get("categories", (*params, ("format", "table"))).status == 422


def long_answers_are_whole(world):
    """Every observation, which is more than is held in memory."""
    wanted = world.query(f"SELECT count(*) AS n, sum(viewer_count) AS v FROM observation WHERE slot >= "
                         f"{world.from_s} AND slot < {world.to_s}")[0]
    answer = world.server.get("samples", (*world.range, ("limit", 0), ("format", "csv")))
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert len(rows) == wanted["n"] and sum(int(row["viewers"]) for row in rows) == wanted["v"]
    assert len(world.server.rows("samples", (*world.range, ("limit", 0)))) == wanted["n"]


def pages_together_are_the_whole(world):
    for what, limit in (("categories", 40), ("broadcasters", 300), ("sessions", 400), ("runs", 17)):
        whole = world.server.rows(what, (*world.range, ("limit", 0)))
        found, cursor = [], None
        while True:
            params = [*world.range, ("limit", limit)] + ([("cursor", cursor)] if cursor else [])
            page = world.server.get(what, params).json()
            assert len(page["data"]) <= limit
            found += page["data"]
            cursor = page["meta"].get("next")
            if cursor is None:
                break
        assert found == whole and len(whole) > limit, (what, len(found), len(whole))


def cursors_belong_to_their_request(world):
    params = (*world.range, ("limit", 3))
    cursor = world.server.get("categories", params).json()["meta"]["next"]
    for other in ((*params, ("tz", "Asia/Kolkata")), (*params[1:], ("from", "now-9d")),
                  (*params, ("filter", "-language:en"))):
        answer = world.server.get("categories", (*other, ("cursor", cursor)))
        assert answer.status == 422 and answer.json()["errors"][0]["field"] == "cursor", other
    plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).split(b" ", 3)
    for ends in ((-2**63, 2**63 - 1), (2**63 - 2, 2**63 - 1), (9 * 10**15, 10**16), (5, 5)):
        made_up = b" ".join((plain[0], b"%d" % ends[0], b"%d" % ends[1], plain[3]))
        text = base64.urlsafe_b64encode(made_up).decode().rstrip("=")
        assert world.server.get("categories", (*params, ("cursor", text))).status == 422, ends


def what_accept_wants_most(world):
    params = (*world.range, ("limit", 1))
    for accept, wanted in (("text/csv;q=0.1, application/json", "application/json"),
                           ("application/json;q=0.2,text/csv;q=0.9", "text/csv"),
                           ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
                           ("application/x-ndjson;q=0, */*", "application/json"), ("image/png", "application/json")):
        assert world.server.get("languages", params, Accept=accept).type == wanted, accept
    parquet = world.server.ask("/api/v1/languages.parquet", params, Accept="text/csv")
    assert parquet.body[:4] == b"PAR1" and int(parquet.headers["Content-Length"]) == len(parquet.body)


def tags(world):
    first = world.server.get("platform", world.range)
    tag = first.headers["ETag"]
    again = world.server.get("platform", world.range, If_None_Match=f'"other", {tag}')
    assert again.status == 304 and again.body == b"" and again.headers["ETag"] == tag
    assert world.server.get("platform", world.range, If_None_Match='"other"').status == 200
    head = world.server.ask("/api/v1/platform", world.range, method="HEAD")
    assert head.status == 200 and head.body == b"" and head.headers["ETag"] == tag


def details(world):
    category = world.server.rows(f"categories/{world.top('categories')}")[0]
    assert category["name"] and len(category["genres"]) > 0 and category["first_seen_at"].endswith("Z")
    broadcaster = world.server.rows(f"broadcasters/{world.top('broadcasters')}")[0]
    assert broadcaster["names"][-1]["login"] == broadcaster["login"]
    session = world.server.rows(f"sessions/{world.top('sessions')}")[0]
    assert session["spans"][0]["from"] == session["first_seen_at"] and session["titles"][0]["title"]
    for path in ("categories/99999999", "categories/x", "broadcasters/-5", "languages/xx", "sessions/1"):
        assert world.server.get(path).status == 404, path
    found = world.server.rows("search", (("q", category["name"][:5].upper()), ("limit", 50)))
    assert any(row["id"] == category["id"] and row["kind"] == "category" for row in found)


def compared_since_launch(world):
    """Games that came out: each begins at 0, and by the clock they begin apart."""
    born = world.query("SELECT CAST(category_id AS TEXT) AS id, min(first_slot) AS at FROM category_day_all "
                       "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 2")
    items = [("item", f"category:{row['id']}") for row in born]
    rows = world.server.rows("compare", (*world.range, *items, ("align", "first"), ("grain", "slot")))
    for item in items:
        own = [row for row in rows if row["item"] == item[1]]
        assert own[0]["offset_s"] == 0 and own[0]["value"] > 0
    by_clock = world.server.rows("compare", (("from", "now-30d"), *items, ("grain", "day")))
    assert all(row["offset_s"] is None for row in by_clock)
    # By any of its names, and as 0 where it was not live.
    whole = [("from", "now-30d"), ("grain", "day")]
    one = world.query("SELECT login, display_name AS name, CAST(broadcaster_id AS TEXT) AS id FROM broadcaster_day_all "
                      "ORDER BY viewers_sum DESC, 3 LIMIT 1")[0]
    by_id = world.server.rows("compare", (*whole, ("item", f"broadcaster:{one['id']}")))
    by_login = world.server.rows("compare", (*whole, ("item", f"broadcaster:{one['login'].upper()}")))
    assert len(by_id) > 1 and [row["value"] for row in by_id] == [row["value"] for row in by_login]
    assert by_id[0]["name"] == one["name"], by_id[0]
    genre = world.query("SELECT slug, name FROM genre ORDER BY genre_id LIMIT 1")[0]
    assert {row["name"] for row in world.server.rows("compare", (*whole, ("item", f"genre:{genre['slug']}")))} == {
        genre["name"]}
    absent = world.server.rows("compare", (*whole, ("item", "category:999999999")))
    assert len(absent) == len(by_id) and {row["value"] for row in absent} == {0}
    wrong = world.server.get("compare", (*world.range, *items, ("align", "last")))
    assert wrong.status == 422 and wrong.json()["errors"][0]["field"] == "align"


WRONG = (
    ("categories", "grain=year", 422, "grain"), ("categories", "from=yesterday", 422, "from"),
    ("categories", "tz=Mars/Olympus", 422, "tz"), ("categories", "limit=-1", 422, "limit"),
    ("categories", "limit=x", 422, "limit"), ("categories", "filter=category", 422, "filter"),
    ("categories", "filter=category:no such", 422, "filter"), ("categories", "metrics=a", 422, "metrics"),
    ("categories", "cursor=xyz", 422, "cursor"), ("broadcasters", "sort=unique_channels", 422, "sort"),
    ("categories", "limit=1000000001", 422, "limit"), ("search", "q=a&limit=101", 422, "limit"),
    ("categories", "sort=change&compare=none", 422, "sort"),
    ("compare", "item=language:en&metric=hours_watched,samples", 422, "metric"),
    ("compare", "item=language:en&metric=share", 422, "metric"),
    ("compare", "", 422, "item"), ("compare", "item=session:1", 422, "item"), ("search", "q= ", 422, "q"),
    ("query", "sql=DROP TABLE run", 422, None), ("query", "sql=SELECT nope", 422, None),
    ("platform", "from=2026-01-02&to=2026-01-01", 422, "from"), ("nothing", "", 404, None),
    ("categories.exe", "", 404, None), ("status.csv", "", 404, None),
)


def wrong_requests_name_their_fault(world):
    for what, text, status, field in WRONG:
        pairs = [tuple(one.split("=", 1)) for one in text.split("&") if one]
        answer = world.server.get(what, pairs)
        problem = answer.json()
        assert answer.status == status == problem["status"], (what, text, answer.status, problem)
        assert field is None or problem["errors"][0]["field"] == field, (what, text, problem)
        assert "/" not in problem["detail"] or what in ("nothing", "categories.exe", "status.csv",
                                                        "categories"), problem
    twice = world.server.get("platform", (("tz", "UTC"), ("tz", "UTC")))
    assert twice.status == 422 and "given twice" in twice.json()["detail"]


# --- queries

def sql(world):
    answer = world.server.get("query", (("sql", "SELECT * FROM range(5000)"), ("limit", 10))).json()
    assert len(answer["data"]) == 10 and answer["meta"] == {"rows": 10, "truncated": True}
    text = world.server.get("query", (("sql", "SELECT '=1+1' AS a, '-5' AS b"), ("format", "csv")))
    assert text.body == b"a,b\r\n'=1+1,-5\r\n", text.body
    assert world.server.rows("query", (("sql", "SELECT 9007199254740993 AS n"),)) == [
        {"n": "9007199254740993"}]


# --- health, events, keys

def health(world):
    assert world.server.ask("/readyz").status == 200
    status = world.server.rows("status")[0]
    assert status["collector"] is None and status["as_of"].endswith("Z")
    text = world.server.ask("/metrics").body.decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"livelake_[a-z_]+(\{[^}]*\})? \S+", line) for line in lines), text
    assert "livelake_warehouse_up 1" in lines and len(lines) > 100


def an_event_when_data_has_landed(world):
    connection = http.client.HTTPConnection(world.server.host, world.server.port, timeout=60)
    connection.request("GET", "/api/v1/events")
    stream = connection.getresponse()
    assert stream.getheader("Content-Type") == "text/event-stream"
    assert stream.readline() == b"event: hello\n"
    before = world.server.get("platform", world.range).json()["data"][0]["samples"]
    world.program.must("replay", "--from", dict(world.range)["from"], "--to", dict(world.range)["to"])
    line = b""
    while line != b"event: run\n":
        line = stream.readline()
        assert line, "the stream has ended"
    connection.close()
    assert world.server.get("platform", world.range).json()["data"][0]["samples"] == before


def keys(world):
    program = world.program
    key = program.must("key", "add", "bi").strip()
    sql_key = json.loads(program.must("key", "add", "all", "--scope", "sql", "--json"))["key"]
    assert key not in (program.lake / "api-keys.json").read_text()
    assert program.run("key", "add", "bi").returncode == BUSY
    assert program.run("key", "add", "no blanks").returncode == 2
    assert program.run("key", "revoke", "nobody").returncode == 4
    listed = json.loads(program.must("key", "list", "--json"))["keys"]
    assert [(k["name"], k["scope"]) for k in listed] == [("bi", "read"), ("all", "sql")]
    world.server.stop()
    world.server = server = Served(program, "serve.keys=always")
    query = (("sql", "SELECT 1"),)
    denied = server.get("platform")
    assert denied.status == 401 and "Bearer" in denied.headers["WWW-Authenticate"]
    assert server.ask("/metrics").status == 401 and server.ask("/healthz").status == 200
    assert server.ask("/").status == 200, "the page itself has no data"
    assert server.get("platform", Authorization=f"Bearer {key}x").status == 401
    assert server.get("platform", Authorization=f"Bearer {key}").status == 200
    assert server.get("query", query, Authorization=f"Bearer {key}").status == 403
    assert server.get("query", query, Authorization=f"Bearer {sql_key}").status == 200
    assert server.ask("/login", method="POST", body="key=wrong").status == 401
    entered = server.ask("/login", method="POST", body=f"key={key}")
    cookie = entered.headers["Set-Cookie"]
    assert entered.status == 303 and all(part in cookie for part in (
        "Secure", "HttpOnly", "SameSite=Strict")), cookie
    assert server.get("platform", Cookie=cookie.split(";")[0]).status == 200
    program.must("key", "revoke", "bi")
    assert server.get("platform", Authorization=f"Bearer {key}").status == 401
    said = server.stop()
    assert key not in said and sql_key not in said
    world.server = Served(program)


def a_taken_port_names_its_owner(world):
    done = subprocess.run(
        world.program.arguments("serve", "--set", f"serve.port={world.server.port}"),
        env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == BUSY and f"pid {world.server.process.pid}" in done.stderr, done.stderr
    other = Program(world.livelake, world.program.lake.parent / "other")
    other.must("init")
    done = subprocess.run(other.arguments("serve", "--set", f"serve.port={world.server.port}"),
                          env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == BUSY, done.stderr
    assert f"taken by livelake, pid {world.server.process.pid}" in done.stderr, done.stderr


def a_passed_socket_is_taken(world):
    """As systemd passes one. Bound beyond this machine it asks for a key, whatever serve.address says."""
    other = Program(world.livelake, world.program.lake.parent / "passed")
    other.must("init")
    for address, wanted in (("127.0.0.1", 200), ("0.0.0.0", 401)):
        with socket.create_server((address, 0)) as passed:
            port = passed.getsockname()[1]
            process = subprocess.Popen(
                ["sh", "-c", f'exec 3<&{passed.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "sh",
                 *other.arguments("serve", "--json")], pass_fds=[passed.fileno()], env=environment(),
                stdout=subprocess.PIPE, text=True)
            assert json.loads(process.stdout.readline())["url"] == f"http://{address}:{port}/"
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/api/v1/status")
            assert connection.getresponse().status == wanted, address
            connection.close()
            process.terminate()
            process.wait(timeout=60)


def stops_with_listeners(world):
    connections = []
    for _ in range(5):
        connection = http.client.HTTPConnection(world.server.host, world.server.port, timeout=60)
        connection.request("GET", "/api/v1/events")
        assert connection.getresponse().readline() == b"event: hello\n"
        connections.append(connection)

    def ask_too_much():
        try:
            answer = world.server.get("query", (("sql", "SELECT count(*) FROM range(1000000000000)"),))
            assert answer.status == 503
        except (OSError, http.client.HTTPException):
            pass  # hung up on

    slow = threading.Thread(target=ask_too_much)
    slow.start()
    world.server.stop()
    slow.join(timeout=60)
    assert not slow.is_alive()
    world.server = Served(world.program)


CASES = (
    every_path_answers_as_described, the_same_as_the_report, the_same_as_an_independent_computation,
    formats, what_accept_wants_most, long_answers_are_whole, pages_together_are_the_whole,
    cursors_belong_to_their_request, tags, details, compared_since_launch,
    wrong_requests_name_their_fault, sql, health, an_event_when_data_has_landed, keys,
    a_taken_port_names_its_owner, a_passed_socket_is_taken, stops_with_listeners,
)


def main():
    livelake, simulator = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    tap = Tap(len(CASES))
    with tempfile.TemporaryDirectory(prefix="livelake-api-") as folder:
        world = World(livelake, simulator, pathlib.Path(folder))
        for case in CASES:
            tap.case(case.__name__.replace("_", " "), case, world)
        world.server.stop()
    tap.end()


if __name__ == "__main__":
    main()
