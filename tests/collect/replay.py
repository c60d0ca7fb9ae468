#!/usr/bin/env python3
"""Real captures, collected and imported: the same rows. Writes TAP.

Usage: replay.py LIVELAKE SIM DUCKDB_LIBRARY

livelake-sim serves the captures of $SHARED as if they were Twitch and IGDB; `livelake run --once`
collects each of their slots into one lake, `livelake import origin` reads the same files into
another. Compared is the processed layer, as Parquet read by DuckDB, and the views of the original's
star schema. A sweep asks for accounts, categories and games of what is live only: there the import
is taken for these. Not compared: when a row was received, and whether its run was complete.
"""
import ctypes
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from program import Program, Skip, Tap
from simulator import Simulator, millis

# Of the first slot, counted by other means, so that both sides can't be wrong alike.
FIRST_SLOT = {"streams": 5323, "viewers": 117480}


class Duck:
    """DuckDB's library, for what is in Parquet files: it writes JSON, we read that."""

    def __init__(self, library, folder):
        self.lib, self.out = ctypes.CDLL(library), folder / "rows.json"
        self.database, self.connection = ctypes.c_void_p(), ctypes.c_void_p()
        self.lib.duckdb_result_error.restype = ctypes.c_char_p
        if self.lib.duckdb_open(None, ctypes.byref(self.database)) or self.lib.duckdb_connect(
                self.database, ctypes.byref(self.connection)):
            raise AssertionError(f"{library}: no database")

    def rows(self, pattern, what="*"):
        """Rows of all files that match, each a dict."""
        sql = (f"COPY (SELECT {what} FROM read_parquet('{pattern}', hive_partitioning = false)) "
               f"TO '{self.out}' (FORMAT json, ARRAY false)")
        result = (ctypes.c_uint64 * 6)()  # a duckdb_result
        failed = self.lib.duckdb_query(self.connection, sql.encode(), ctypes.byref(result))
        why = self.lib.duckdb_result_error(ctypes.byref(result)) if failed else b""
        self.lib.duckdb_destroy_result(ctypes.byref(result))
        if failed:
            raise AssertionError(f"{sql}: {why.decode()}")
        return [json.loads(line) for line in self.out.read_text("utf-8").splitlines()]


class Lakes:
    """What was collected and what was imported, of the same files."""

    def __init__(self, livelake, simulator, library, captures, folder):
        self.duck = Duck(library, folder)
        self.imported = Program(livelake, folder / "imported")
        self.collected = Program(livelake, folder / "collected")
        self.imported.must("import", "origin", captures)
        self.runs = sorted(path.stem.removeprefix("run=") for path in
                           (self.imported.lake / "processed" / "stream").rglob("*.parquet"))
        with Simulator(simulator, "--replay", captures) as sim:
            for run in self.runs:
                sim.advance_to(millis(f"{run[:4]}-{run[4:6]}-{run[6:11]}:{run[11:13]}:{run[13:]}"))
                answer = sim.collect(self.collected, "--once", command=("run",))
                assert answer["run"]["id"] == run and answer["failures"] == [], answer
        live = self.rows(self.collected, "stream")
        self.broadcasters = {row["broadcaster_id"] for row in live}
        self.categories = {row["category_id"] for row in live} - {0}

    def rows(self, program, table, run="*", leave_out=""):
        pattern = program.lake / "processed" / table / "date=*" / f"run={run}.parquet"
        what = f"* EXCLUDE ({leave_out})" if leave_out else "*"
        return self.duck.rows(pattern, what)

    def by(self, program, table, *keys, **options):
        """{keys: rows}, the rows in the order in which they were asserted."""
        found = {}
        for row in sorted(self.rows(program, table, **options),
                          key=lambda row: row.get("asserted_at", 0)):
            key = tuple(row[key] for key in keys)
            found.setdefault(key[0] if len(keys) == 1 else key, []).append(row)
        return found

    def query(self, program, sql):
        return json.loads(program.must("query", sql, "--format", "json", "--max-rows", "0"))["data"]


def said(row):
    """A row of reference data, but for when it was said."""
    return {key: value for key, value in row.items() if key != "asserted_at"}


def same(ours, theirs, what):
    """Two {key: row}, none left out on either side."""
    assert theirs, f"{what}: nothing to compare"
    assert ours.keys() == theirs.keys(), (f"{what}: only collected: {sorted(ours - theirs.keys())[:5]}"
                                          f", only imported: {sorted(theirs - ours.keys())[:5]}")
    for key, row in theirs.items():
        assert ours[key] == row, f"{what} {key}: collected {ours[key]}, imported {row}"


def streams(lakes, run):
    """Every column but received_at, of every row; ids are distinct on both sides."""
    ours, theirs = (lakes.rows(program, "stream", run, leave_out="received_at")
                    for program in (lakes.collected, lakes.imported))
    for rows in (ours, theirs):
        assert len({row["stream_id"] for row in rows}) == len(rows), "a stream is there twice"
    same({row["stream_id"]: row for row in ours}, {row["stream_id"]: row for row in theirs}, run)


def first_slot(lakes):
    rows = lakes.rows(lakes.collected, "stream", lakes.runs[0])
    found = {"streams": len(rows), "viewers": sum(row["viewer_count"] for row in rows)}
    assert found == FIRST_SLOT, found


def asked_users(lake):
    """Ids in the requests for accounts, read by zstd and a pattern: not our code."""
    ids = set()
    for path in lake.glob("raw/twitch/users/date=*/run=*/attempt=*/*.zst"):
        text = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True).stdout
        for line in text.splitlines():
            ids.update(map(int, re.findall(r"[?&]id=(\d+)", json.loads(line)["request"]["path"])))
    return ids


def users(lakes):
    """Every account that was asked for and that the dump has. A sweep spends a tenth of its requests
    on accounts, so not all that were live are asked for."""
    ours, theirs = (lakes.by(program, "user", "broadcaster_id")
                    for program in (lakes.collected, lakes.imported))
    for key, rows in [*ours.items(), *theirs.items()]:
        assert all(said(row) == said(rows[0]) for row in rows), f"{key}: {rows}"
    asked = asked_users(lakes.collected.lake)
    assert asked and asked <= lakes.broadcasters, asked - lakes.broadcasters
    same({key: said(rows[0]) for key, rows in ours.items()},
         {key: said(rows[0]) for key, rows in theirs.items() if key in asked}, "user")


def categories(lakes):
    """Every category that was live and that a dump has: the last dump before it was asked, or else
    the first one after it."""
    ours, theirs = (lakes.by(program, "category", "category_id")
                    for program in (lakes.collected, lakes.imported))
    found, wanted = {}, {}
    for key, rows in ours.items():
        for row in rows:
            at = row["asserted_at"]
            dumps = theirs.get(key, [])
            before = [dump for dump in dumps if dump["asserted_at"] <= at]
            found[key, at] = said(row)
            wanted[key, at] = said((before[-1:] or dumps[:1] or [{}])[0])
    same(found, wanted, "category")
    assert ours.keys() == theirs.keys() & lakes.categories, ours.keys()


def games(lakes):
    """The game of every category that was live. Each bridge states one list of it; what was
    collected has both."""
    links = {rows[-1]["igdb_id"] for rows in lakes.by(lakes.collected, "category",
                                                      "category_id").values()} - {None}
    theirs = lakes.by(lakes.imported, "game", "igdb_id")
    found, wanted = {}, {}
    for key, rows in lakes.by(lakes.collected, "game", "igdb_id").items():
        for row in rows:
            found[key] = {name: row[name] for name in ("name", "genres", "game_modes")}
    for key in links & theirs.keys():
        rows = theirs[key]
        wanted[key] = {name: [row[name] for row in rows if row[name] is not None][-1:]
                       for name in ("name", "genres", "game_modes")}
        wanted[key] = {name: stated[0] if stated else None for name, stated in wanted[key].items()}
    same(found, wanted, "game")


def terms(lakes):
    """Genres and game modes, all of them."""
    ours, theirs = (lakes.by(program, "term", "kind", "id")
                    for program in (lakes.collected, lakes.imported))
    same({key: said(rows[-1]) for key, rows in ours.items()},
         {key: said(rows[-1]) for key, rows in theirs.items()}, "term")


def observations(lakes):
    """What reports are made of, but for completeness."""
    sql = "SELECT * EXCLUDE (complete) FROM observation"
    ours, theirs = ({(row["run_id"], row["stream_id"]): row for row in lakes.query(program, sql)}
                    for program in (lakes.collected, lakes.imported))
    same(ours, theirs, "observation")


def star(lakes):
    """The original's own tables, by its local days and times."""
    live = ", ".join(f"'{key}'" for key in sorted(lakes.categories))
    for view, where in (("streams", ""), ("genre_bridge", f"WHERE category_id IN ({live})"),
                        ("game_mode_bridge", f"WHERE category_id IN ({live})"),
                        ("categories", f"WHERE category_id IN ({live})"),
                        ("genres", ""), ("game_modes", "")):
        ours, theirs = ({json.dumps(row): row for row in
                         lakes.query(program, f"SELECT * FROM {view} {where}")}
                        for program in (lakes.collected, lakes.imported))
        same(ours, theirs, view)


def captures_folder():
    shared = os.environ.get("SHARED")
    root = pathlib.Path(shared) / "captures" / "origin-raw-layer" if shared else None
    return root if root and root.is_dir() else None


def main():
    livelake, simulator, library = sys.argv[1:]
    captures = captures_folder()
    cases = [("streams of every slot, row by row", lambda lakes: [streams(lakes, run)
                                                                   for run in lakes.runs]),
             ("the first slot's hard numbers", first_slot), ("accounts", users),
             ("categories", categories), ("games, list by list", games),
             ("genres and game modes", terms), ("observations", observations),
             ("the original's star schema", star)]
    tap = Tap(len(cases))
    with tempfile.TemporaryDirectory(prefix="livelake-test-") as folder:
        lakes = captures and Lakes(livelake, simulator, library, captures, pathlib.Path(folder))
        for name, case in cases:
            def run(case=case):
                if not lakes:
                    raise Skip("no captures: SHARED is not set to a folder that has them")
                case(lakes)
            tap.case(name, run)
    tap.end()


main()
