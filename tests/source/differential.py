#!/usr/bin/env python3
"""Compares the C decoder with tests/origin/independent.py, slot by slot. Prints TAP.

Usage: differential.py DECODE_FOLDER SOURCE_DIR
"""
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

DECODE, SOURCE = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
ORIGIN = SOURCE / "tests" / "origin"
COLUMNS = ("streams", "viewers", "duplicates", "rows", "restarted", "quarantined")


def run(*command):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout


def decoded(root):
    lines = [line.split() for line in run(DECODE, root).splitlines()]
    return {line[0]: dict(zip(COLUMNS, map(int, line[1:]))) for line in lines if "/" not in line[0]}


def tables(root):
    """{file: (distinct keys, records, quarantined)} of the other tables, by C and by Python."""
    ours = [line.split() for line in run(DECODE, root).splitlines()]
    ours = {line[0]: tuple(map(int, line[1:])) for line in ours if "/" in line[0]}
    theirs = {}
    for path in sorted(root.rglob("raw_*_data*")):
        name = path.relative_to(root).as_posix()
        if path.suffix == ".json" and "streams" not in path.name:
            rows = json.loads(path.read_text("utf-8"))["data"]
            theirs[name] = len({str(row["id"]) for row in rows}), len(rows), 0
        elif path.name == "raw_languages_data.csv":
            with path.open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            theirs[name] = len({row["language_id"] for row in rows}), len(rows), 0
    return ours, theirs


def independent(root):
    answers = run(sys.executable, "-B", ORIGIN / "independent.py", root, "--timezone", "UTC")
    return json.loads(answers)["slots"]


def invented(options):
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-B", ORIGIN / "make-capture", folder, *options)
        return decoded(folder), independent(folder)


def invented_tables():
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-B", ORIGIN / "make-capture", folder, "--slots", "2")
        return tables(pathlib.Path(folder))


def real_root():
    shared = os.environ.get("LIVELAKE_SHARED") or os.environ.get("SHARED") or SOURCE.parent / "shared"
    root = pathlib.Path(shared) / "captures" / "origin-raw-layer"
    return root if root.is_dir() else None


def real():
    root = real_root()
    return root and (decoded(root), independent(root))


def real_numbers(pair):
    """Hard numbers, so that both can't be wrong alike."""
    wanted = {"streams": 5323, "viewers": 117480, "duplicates": 1251, "rows": 6574, "restarted": 0,
              "quarantined": 0}
    return pair[0].get("20251229T174500Z"), wanted


def main():
    cases = [("invented capture of two days", lambda: invented([])),
             ("another seed", lambda: invented(["--slots", "40", "--seed", "7", "--streams", "60"])),
             ("one slot", lambda: invented(["--slots", "1", "--streams", "5"])),
             ("other tables of an invented capture", invented_tables),
             ("real captures", real),
             ("other tables of real captures", lambda: (root := real_root()) and tables(root)),
             ("real captures, hard numbers", lambda: (pair := real()) and real_numbers(pair))]
    print(f"1..{len(cases)}")
    failed = False
    for number, (name, case) in enumerate(cases, 1):
        pair = case()
        if pair is None:
            print(f"ok {number} - {name} # SKIP no captures: set LIVELAKE_SHARED")
        elif pair[0] and pair[0] == pair[1]:
            print(f"ok {number} - {name}")
        else:
            failed = True
            print(f"not ok {number} - {name}\n# C {pair[0]}\n# Python {pair[1]}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
