#!/usr/bin/env python3
"""Every row of docs/edge-cases.md names tests that exist and bear its number.

Usage: edge_cases.py ROOT
"""
import pathlib
import re
import sys

LAST = 56
NUMBERS = re.compile(r"edge_(\d+(?:_\d+)*)(?=_)")  # edge_13_16_short_pages, edge_45_edge_52_limits
NAMED = re.compile(r"`(tests/[\w/.]+) (\w+)`")


def faults_of_row(root, number, cell):
    tests = NAMED.findall(cell)
    if not tests:
        yield f"case {number}: names no test"
    for path, name in tests:
        file = root / path
        if not file.is_file() or not re.search(rf"\b{name}\b", file.read_text(encoding="utf-8")):
            yield f"case {number}: {path} has no {name}"
        if number not in map(int, re.findall(r"\d+", " ".join(NUMBERS.findall(name)))):
            yield f"case {number}: {name} does not bear the number"


def main():
    root = pathlib.Path(sys.argv[1])
    rows = re.findall(r"^\| (\d+) \|.*\|([^|]*)\|$",
                      (root / "docs/edge-cases.md").read_text(encoding="utf-8"), re.MULTILINE)
    faults = [fault for number, cell in rows for fault in faults_of_row(root, int(number), cell)]
    if [int(number) for number, _ in rows] != list(range(1, LAST + 1)):
        faults.append(f"the rows are not numbered from 1 to {LAST}")
    print("\n".join(faults) or f"{len(rows)} rows are right")
    sys.exit(1 if faults else 0)


main()
