"""What the tests of `forget` share: a lake with a person planted in it, and the search for traces."""
import ctypes
import json
import pathlib
import re
import subprocess
import sys

PERSON_ID = 987650123
LOGIN = "zq_planted_login"
OLD_LOGIN = "zq_former_login"
NAME = "Zq植えた名前"  # beyond ASCII, so that captures hold it as \uXXXX too
WORDS = [str(PERSON_ID), LOGIN, OLD_LOGIN, NAME]
ZONE = ("--timezone", "America/Los_Angeles")


class Duck:
    """DuckDB's library, for what is in Parquet files: it writes text, we read that."""

    def __init__(self, library, folder):
        self.lib, self.out = ctypes.CDLL(library), folder / "rows.csv"
        self.database, self.connection = ctypes.c_void_p(), ctypes.c_void_p()
        self.lib.duckdb_result_error.restype = ctypes.c_char_p
        if self.lib.duckdb_open(None, ctypes.byref(self.database)) or self.lib.duckdb_connect(
                self.database, ctypes.byref(self.connection)):
            raise AssertionError(f"{library}: no database")

    def text(self, sql):
        result = (ctypes.c_uint64 * 6)()  # a duckdb_result
        copy = f"COPY ({sql}) TO '{self.out}' (FORMAT csv)"
        failed = self.lib.duckdb_query(self.connection, copy.encode(), ctypes.byref(result))
        why = self.lib.duckdb_result_error(ctypes.byref(result)) if failed else b""
        self.lib.duckdb_destroy_result(ctypes.byref(result))
        if failed:
            raise AssertionError(f"{sql}: {why.decode()}")
        return self.out.read_bytes()


def make_capture(root, out, *words):
    subprocess.run([sys.executable, root / "tests/origin/make-capture", out, *map(str, words)],
                   check=True, stdout=subprocess.DEVNULL)


def sweeps(capture):
    return sorted(p for p in (capture / "raw_streams_data").rglob("*.json"))


def rows_of(path):
    try:
        return json.loads(path.read_text())["data"]
    except ValueError:
        return []


def plant(capture, seed_id):
    """Gives the broadcaster of that id the person's id and names everywhere, and lets others speak of
    them. Files cut off in the middle are changed as text."""
    speakers = set()
    for number, path in enumerate(sweeps(capture)):
        login = OLD_LOGIN if number % 2 else LOGIN
        try:
            body = json.loads(path.read_text())
        except ValueError:
            text = path.read_text()
            path.write_text(text.replace(f'"{seed_id}"', f'"{PERSON_ID}"'))
            continue
        for at, row in enumerate(body["data"]):
            if str(row.get("user_id")) == str(seed_id):
                row.update(user_id=type(row["user_id"])(PERSON_ID), user_login=login, user_name=NAME,
                           thumbnail_url=f"https://example.com/live_user_{login}.jpg")
            elif at % 3 == 0:
                row["title"] = f"with @{LOGIN.upper()} and {NAME}さん, not {LOGIN}s or x{LOGIN}"[
                    :40 + at * 40]
                row["tags"] = (row.get("tags") or []) + [OLD_LOGIN.title()]
                speakers.add(str(row["user_id"]))
        if number % 4 == 0:  # for quarantine
            body["data"].append({"id": "5", "user_id": str(PERSON_ID), "user_login": login,
                                 "user_name": NAME, "title": "no viewers"})
        path.write_text(json.dumps(body, indent=4, ensure_ascii=number % 3 == 0))
    for path in (capture / "raw_users_data").rglob("*.json"):
        body = json.loads(path.read_text())
        for row in body["data"]:
            if row["id"] == str(seed_id):
                row.update(id=str(PERSON_ID), login=LOGIN, display_name=NAME, description=f"I am {NAME}")
            elif row["id"] in speakers:
                row["description"] = f"mods: {OLD_LOGIN}, {NAME}"
        path.write_text(json.dumps(body, indent=4))


def busiest(capture):
    seen = {}
    for path in sweeps(capture):
        for row in rows_of(path):
            seen[str(row["user_id"])] = seen.get(str(row["user_id"]), 0) + 1
    return max(sorted(seen), key=lambda user: seen[user])


def query(program, sql):
    return json.loads(program.must("query", sql, "--format", "json", "--max-rows", "0"))["data"]


TABLES = ("hot", "hot_detail", "track", "text_span", "broadcaster_day", "category_day", "ref_user",
          "run", "meta", "load_ledger")


class Search:
    """Looks for words in everything that lies in a lake, as it is and decompressed."""

    def __init__(self, duck, words=None):
        self.duck = duck
        words = [str(w) for w in (words or WORDS)]
        forms = {w.lower().encode() for w in words}
        forms |= {json.dumps(w)[1:-1].lower().encode() for w in words}
        forms |= {w.lower().encode("utf-16-le") for w in words}
        self.patterns = [re.compile(rb"(?<![0-9a-z_])" + re.escape(f) + rb"(?![0-9a-z_])"
                                    if f.isascii() and b"\\" not in f else re.escape(f))
                         for f in sorted(forms)]

    def holds(self, content):
        lower = content.lower()
        return [p.pattern for p in self.patterns if p.search(lower)]

    def content(self, path):
        """(what, bytes) of a file, in every form that it can be read in."""
        data = path.read_bytes()
        yield "bytes", data
        if data[:4] == b"\x28\xb5\x2f\xfd":
            yield "zstd", subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE,
                                         check=True).stdout
        if data[:4] == b"PAR1":
            name = str(path).replace("'", "''")
            yield "parquet", self.duck.text(
                f"SELECT * FROM read_parquet('{name}', hive_partitioning = false)")

    def traces(self, program):
        """Where words are found: "path (form): pattern"."""
        found = []
        for path in sorted(program.lake.rglob("*")):
            if path.is_file() and not path.is_symlink():
                for form, content in self.content(path):
                    found += [f"{path.relative_to(program.lake)} ({form}): {p}"
                              for p in self.holds(content)]
                found += [f"{path.name} is a name: {p}" for p in self.holds(path.name.encode())]
        for table in TABLES:
            rows = program.must("query", f"SELECT * FROM {table}", "--format", "csv", "--max-rows",
                                "0").encode()
            found += [f"warehouse table {table}: {p}" for p in self.holds(rows)]
        return found


OTHERS = {
    "observation": "SELECT * FROM observation WHERE broadcaster_id <> {id} ORDER BY ALL",
    "names": "SELECT * FROM broadcaster_day_all WHERE broadcaster_id <> {id} ORDER BY ALL",
    "tracks": "SELECT * FROM track_all WHERE broadcaster_id <> {id} ORDER BY ALL",
    "sessions": "SELECT * FROM session WHERE broadcaster_id <> {id} ORDER BY ALL",
    "categories": "SELECT * FROM category ORDER BY ALL",
    "spans": "SELECT day, stream_id, from_slot, to_slot FROM text_span_all WHERE stream_id NOT IN "
             "(SELECT stream_id FROM track_all WHERE broadcaster_id = {id}) ORDER BY ALL",
    "users": "SELECT ref, broadcaster_id, login, display_name, created_at FROM ref_user "
             "WHERE broadcaster_id <> {id} ORDER BY ALL",
}


def others(program, person=PERSON_ID):
    """What the warehouse says of everybody else."""
    return {name: program.must("query", sql.format(id=person), "--format", "csv", "--max-rows", "0")
            for name, sql in OTHERS.items()}


def titles(program, person=PERSON_ID):
    return query(program, "SELECT stream_id, from_slot, title, tags FROM text_span_all WHERE "
                 f"stream_id NOT IN (SELECT stream_id FROM track_all WHERE broadcaster_id = {person})"
                 " ORDER BY ALL")
