#!/usr/bin/env python3
"""Hostile requests: each is refused or harmless, the server lives and its memory is bounded. Writes TAP.
Usage: attacks.py LIVELAKE SIM"""
import json
import pathlib
import random
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from program import Skip, Tap
from served import Served, fill, read

QUERY_MB = 400  # that the engine may take for a query
# The server, and two queries at a time: each has half a gigabyte beside the engine's own limit.
MEMORY_MB = 300 + 2 * (QUERY_MB + 512)
SETTINGS = ("query.timeout=5s", f"duckdb.memory={QUERY_MB}MB")


def raw(server, data, timeout=10):
    """What comes back for these bytes, until the server closes or is silent."""
    with socket.create_connection((server.host, server.port), timeout=timeout) as connection:
        try:
            connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has heard enough
        got = b""
        try:
            while chunk := connection.recv(65536):
                got += chunk
        except (TimeoutError, ConnectionResetError):
            pass
        return got


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else None


def request(path="/healthz", method="GET", *headers, version="HTTP/1.1"):
    lines = [f"{method} {path} {version}", "Host: localhost", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode()


def paths_out_of_the_folder(server):
    for path in ("/../../../../etc/passwd", "/assets/../../etc/passwd", "/assets/..%2f..%2fetc/passwd",
                 "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/assets/%00", "/api/v1/../../etc/passwd",
                 "/api/v1/categories/..%2F..%2Fetc", "/api/v1/categories/%2e%2e", "/..\\..\\etc",
                 "/api/v1/categories.csv/..", "/index.html/../../x", "/api/v1/sessions/1;ls"):
        answer = raw(server, request(path))
        assert status_of(answer) in (400, 404), (path, answer[:200])
        assert b"root:" not in answer


def foreign_hosts(server):
    """DNS rebinding: a page of somebody's name that leads to 127.0.0.1."""
    for host in ("evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example",
                 "", "[::2]", "0.0.0.0", "localhost@evil.example"):
        answer = server.get("platform", Host=host)
        assert answer.status in (400, 421), (host, answer.status)
    for host in ("localhost", f"127.0.0.1:{server.port}", "[::1]:1", "LOCALHOST:99"):
        assert server.get("status", Host=host).status == 200, host
    assert status_of(raw(server, b"GET /api/v1/status HTTP/1.1\r\nConnection: close\r\n\r\n")) in (400, 421)


def foreign_origins(server):
    for origin in ("http://evil.example", "null", "https://localhost.evil.example", "file://",
                   f"http://localhost:{server.port + 1}"):
        answer = server.get("platform", Host=f"localhost:{server.port}", Origin=origin)
        assert answer.status == 403, (origin, answer.status)
    own = server.get("status", Host=f"localhost:{server.port}", Origin=f"http://localhost:{server.port}")
    assert own.status == 200
    assert "Access-Control-Allow-Origin" not in own.headers
    for mode, wanted in (("cors", 403), ("no-cors", 403), ("navigate", 200)):
        answer = server.get("status", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode=mode)
        assert answer.status == wanted, (mode, answer.status)


def headers_that_protect(server):
    for path in ("/", "/api/v1/status", "/api/v1/nothing", "/login", "/healthz"):
        headers = server.ask(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy, path
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"


def injected_headers(server):
    for path in ("/api/v1/platform?tz=UTC%0d%0aSet-Cookie:a=b", "/%0d%0aX-Evil:1",
                 "/api/v1/categories.csv?tz=%0d%0aX-Evil:%201", "/login?x=%0aX-Evil:1"):
        answer = raw(server, request(path))
        head = answer.split(b"\r\n\r\n")[0].lower()
        assert b"x-evil" not in head and b"set-cookie" not in head, answer[:300]
    assert status_of(raw(server, request("/healthz", "GET", "X: a\0b"))) in (400, 200, None)


def only_reading(server):
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW", "OPTIONS"):
        answer = raw(server, request("/api/v1/platform", method))
        assert status_of(answer) in (400, 405, 501), (method, answer[:100])
    body = raw(server, request("/api/v1/status", "GET", "Content-Length: 5") + b"hello")
    assert status_of(body) == 400, body[:100]


def smuggled_requests(server):
    """Two answers to where a body ends, or none: never two answers to one request."""
    hidden = b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for headers in ((f"Content-Length: {len(hidden)}", "Transfer-Encoding: chunked"),
                    ("Content-Length: 0", f"Content-Length: {len(hidden)}"),
                    ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
                    ("Content-Length: -5",), ("Content-Length: 99999999999999999999",),
                    ("Content-Length: 5 5",), ("Transfer-Encoding: xchunked",)):
        answer = raw(server, request("/healthz", "GET", *headers) + hidden)
        assert answer.count(b"HTTP/1.1 200") <= 1 and b"collector" not in answer, (headers, answer[:300])
    for text in (b"", b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
                 b"GET / HTTP/1.1\r\n Host: x\r\n\r\n", b"\0" * 5000, b"GET /\xff\xfe HTTP/1.1\r\n\r\n"):
        raw(server, text, timeout=2)
    server.alive()


def huge_requests(server):
    assert status_of(raw(server, request("/" + "a" * 100_000))) in (400, 414, 431, None)
    assert status_of(raw(server, request("/api/v1/query?sql=" + "x" * 60_000))) in (400, 414, 431, None)
    many = [f"X-{i}: {'y' * 100}" for i in range(2000)]
    assert status_of(raw(server, request("/healthz", "GET", *many))) in (400, 413, 431, None)
    params = "&".join(f"filter=category:{i}" for i in range(150))
    assert status_of(raw(server, request(f"/api/v1/platform?{params}"))) in (400, 422)
    answer = raw(server, request("/login", "POST", "Content-Length: 1000000000") + b"x" * 100_000)
    assert status_of(answer) in (413, None), answer[:100]
    server.alive()


def slow_requests(server):
    """Fifty who never finish their request keep nobody else waiting."""
    idle = [socket.create_connection((server.host, server.port)) for _ in range(50)]
    for connection in idle:
        connection.sendall(b"GET /api/v1/platform HTTP/1.1\r\nHost: local")
    begun = time.monotonic()
    for _ in range(20):
        assert server.get("status").status == 200
    assert time.monotonic() - begun < 30
    for connection in idle:
        connection.close()


def sql_that_reaches_out(server):
    for text in ("SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'",
                 "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM glob('/*')",
                 "COPY (SELECT 1) TO '/tmp/x'", "ATTACH '/tmp/x.db'", "INSTALL httpfs", "LOAD httpfs",
                 "PRAGMA database_list", "SET memory_limit='100GB'", "DELETE FROM run", "DROP TABLE run",
                 "CREATE TABLE x(a INT)", "SELECT 1; DELETE FROM run", "CALL pragma_version()",
                 "SELECT getenv('HOME')", "EXPORT DATABASE '/tmp/x'", "SELECT * FROM duckdb_secrets()",
                 "CHECKPOINT", "SELECT * FROM read_parquet('s3://x/y')", "VACUUM", "",
                 "SELECT * FROM '.spill/answer.csv'", 'SELECT * FROM "/tmp/x.parquet"'):
        answer = server.get("query", (("sql", text),))
        assert answer.status in (413, 422), (text, answer.status, answer.body[:200])
        assert b"root:" not in answer.body
    assert server.rows("query", (("sql", "SELECT count(*) > 0 AS there FROM run"),)) == [{"there": True}]


def answers_of_others(server):
    """A parameter that looks like two does not get into the memory of answers as those two."""
    name = server.rows("search", (("q", "a"), ("limit", "1")))[0]["name"]
    assert server.get("search", (("q", f"{name}\nlimit=1"),)).rows == []
    assert server.rows("search", (("q", name), ("limit", "1")))[0]["name"] == name
    assert server.get("search", (("q", f"{name}\0"), ("limit", "1"))).status in (200, 400, 422)


def sql_that_never_ends(server):
    """It is stopped, and others are answered meanwhile."""
    results = []

    def ask(text):
        results.append(server.get("query", (("sql", text),)).status)

    threads = [threading.Thread(target=ask, args=(text,)) for text in (
        "SELECT count(*) FROM range(100000000) a, range(100000000) b",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
        "SELECT sum(x) FROM (SELECT unnest(range(1000000000)) AS x)")]
    for thread in threads:
        thread.start()
    assert server.ask("/healthz").status == 200
    # Machines that look after it do not wait behind people's questions
    assert server.ask("/readyz").body == b"ready\n" and b"livelake_warehouse_up 1" in server.ask("/metrics").body
    assert not results, "a query has ended before the others were asked about"
    for thread in threads:
        thread.join(timeout=120)
    assert len(results) == 3 and set(results) <= {504, 413, 503}, results
    assert server.get("status").status == 200


def sql_that_takes_all_memory(server):
    if any(part in ("asan-ubsan", "tsan") for part in server.program.path.parts):
        raise Skip("sanitizers take terabytes of addresses, so their processes have no limit")
    most, ended = [0], threading.Event()

    def watch():
        while not ended.wait(0.05):
            most[0] = max(most[0], server.memory_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    for text in ("SELECT list(x) FROM range(2000000000) t(x)", "SELECT repeat('x', 2000000000)",
                 "SELECT string_agg(repeat('y', 1000000), '') FROM range(100000)",
                 "SELECT sum(len(range(x))) FROM (SELECT 100000000 + i AS x FROM range(10) t(i))",
                 "SELECT * FROM range(300000000) ORDER BY hash(range) LIMIT 5 OFFSET 200000000"):
        status = server.get("query", (("sql", text),)).status
        assert status in (413, 422, 504), (text, status)
    ended.set()
    watcher.join()
    server.alive()
    assert 0 < most[0] < MEMORY_MB, most[0]
    assert server.memory_mb() < 300, server.memory_mb()


def sql_that_breaks_its_engine(server):
    """One that overflows the engine's stack, and others as deep: only the query is lost."""
    deep = "repeat('[', 300000) || repeat(']', 300000)"
    answer = server.get("query", (("sql", f"SELECT json_structure({deep})"),))
    assert answer.status == 422 and b"brought its engine down" in answer.body, answer.body
    for text in ("SELECT " + "(" * 2000 + "1" + ")" * 2000, "SELECT 1" + " UNION ALL SELECT 1" * 400,
                 "SELECT " + "NOT " * 2000 + "true", "SELECT * FROM (" * 300 + "SELECT 1" + ")" * 300,
                 f"SELECT ({deep})::JSON ->> '$..b'", "SELECT regexp_matches('a', repeat('(a*)*', 10000))"):
        answer = server.get("query", (("sql", text),))
        assert answer.status in (200, 413, 422, 504), (text[:60], answer.status)
    server.alive()
    assert server.rows("query", (("sql", "SELECT 1 AS one"),)) == [{"one": 1}]


def nobody_is_left_of_a_killed_server(server):
    """Killed in the middle of a query, its process goes, too; what it left goes with the next owner."""
    ended = []

    def ask():
        try:
            doomed.get("query", (("sql", "SELECT count(*) FROM range(100000000) a, range(100000000) b"),))
        except OSError:
            ended.append(True)

    server.stop()
    doomed = Served(server.program)
    asker = threading.Thread(target=ask)
    asker.start()
    until = time.monotonic() + 60
    while not doomed.children() and time.monotonic() < until:
        time.sleep(0.01)
    children = doomed.children()
    doomed.process.kill()
    doomed.process.wait()
    asker.join(timeout=60)
    while any(read(f"/proc/{pid}/stat") for pid in children) and time.monotonic() < until:
        time.sleep(0.01)
    assert children and ended == [True]
    assert not any(read(f"/proc/{pid}/stat") for pid in children), children
    server.__init__(server.program, *SETTINGS)
    assert server.rows("query", (("sql", "SELECT 1 AS one"),)) == [{"one": 1}]


def files_below(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def text_that_tricks_readers(server):
    texts = ["<script>alert(1)</script>", "=HYPERLINK(\"http://x\")", "+1+1", "@SUM(A1)", "-2+3",
             "\u202egnp.exe", "a\u0007b\u009bc", "\u200b\u2066x\u2069", "\ud55c\uae00\U0001f600", "'\"><img src=x>"]
    for text in texts:
        quoted = text.replace("'", "''")
        got = server.get("query", (("sql", f"SELECT '{quoted}' AS a"),))
        assert got.rows == [{"a": text}] and got.type == "application/json"
        assert b"<script" not in got.body or got.headers["X-Content-Type-Options"] == "nosniff"
        table = server.get("query", (("sql", f"SELECT '{quoted}' AS a"), ("format", "csv"))).body.decode()
        cell = table.split("\r\n", 1)[1].lstrip('"')
        assert cell[0] not in "=+@" and not cell.startswith("-2+3"), table
        found = server.get("search", (("q", text),))
        assert found.status == 200 and found.type == "application/json"
        wrong = server.get("platform", (("tz", text),))
        assert wrong.status == 422 and text in json.loads(wrong.body)["detail"]


def noise(server):
    """Random bytes, and random requests of the right shape."""
    rng = random.Random(20261124)
    parts = ["/api/v1/", "categories", "platform", "?", "&", "=", "from", "to", "now", "-7d", "filter",
             "category:", "%", "%00", "%ff", "..", "/", "limit", "0", "-1", "grain", "hour", "tz", "UTC",
             "cursor", "AAAA", "metrics", ",", "\u00e9", "sort", "by", "9" * 30]
    for _ in range(300):
        path = "".join(rng.choice(parts) for _ in range(rng.randrange(1, 12))).encode()
        line = b"GET " + (path if path.startswith(b"/") else b"/" + path) + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answer = raw(server, line)
        assert status_of(answer) not in (500, None) or b" " in path, (path, answer[:200])
    for _ in range(100):
        raw(server, rng.randbytes(rng.randrange(1, 3000)) + b"\r\n\r\n", timeout=1)
    server.alive()


def nothing_was_left_behind(server):
    assert server.children() == []
    names = {path.name for path in files_below(server.program.lake / ".spill")}
    assert names <= {"warehouse.duckdb", "warehouse.duckdb.wal"}, names  # the copy that SQL is asked of
    server.stop()
    assert files_below(server.program.lake / ".spill") == []
    server.__init__(server.program, *SETTINGS)


CASES = (
    paths_out_of_the_folder, foreign_hosts, foreign_origins, headers_that_protect, injected_headers,
    only_reading, smuggled_requests, huge_requests, slow_requests, sql_that_reaches_out, answers_of_others,
    sql_that_never_ends, sql_that_takes_all_memory, sql_that_breaks_its_engine, text_that_tricks_readers,
    noise, nobody_is_left_of_a_killed_server, nothing_was_left_behind,
)


def main():
    livelake, simulator = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    tap = Tap(len(CASES))
    with tempfile.TemporaryDirectory(prefix="livelake-attacks-") as folder:
        program = fill(livelake, simulator, pathlib.Path(folder) / "lake")
        server = Served(program, *SETTINGS)
        for case in CASES:
            tap.case(case.__name__.replace("_", " "), case, server)
        server.alive()
        server.stop()
    tap.end()


if __name__ == "__main__":
    main()
