#!/usr/bin/env python3
"""What retention drops, layer by layer, from a lake of two closed days. Writes TAP.
Usage: retention.py LIVELAKE SIM"""
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from program import Program, Tap
from simulator import Simulator, next_slot

HOURS = 6
COUNT = "SELECT count(*) FROM observation"


def fill(program, simulator):
    """Two days of four runs, closed at the end of the third."""
    with Simulator(simulator, "--streams", 20, "--start", "2026-11-01T00:00:00Z") as sim:
        for _ in range(24 * 3 // HOURS):
            next_slot(sim, HOURS * 3600)
            program.must("run", "--once", "--cadence", f"{HOURS}h", "--sim-clock", sim.url,
                         env=sim.environment())
    program.must("close-day")


def drop(program, layer, *words):
    """How many of the layer were dropped; of the other layers nothing may be."""
    answer = json.loads(program.must("retention", "--json", "--set", f"retention.{layer}=1", *words))
    assert answer["waiting"] == [], answer
    for name, counts in answer["layers"].items():
        assert name == layer or counts["dropped"] == 0, answer
    return answer["layers"][layer]["dropped"]


def good(program, rows):
    """Nothing is damaged, nothing comes back, and the rows are there."""
    program.must("verify")
    assert program.must("reconcile", "--json").count('"done":0') == 3
    assert program.must("query", COUNT, "--format", "csv").split()[-1] == str(rows)


def files(program, folder):
    return sum(path.is_file() for path in (program.lake / folder).rglob("*"))


def layer(program, name, rows_after):
    expected = drop(program, name, "--dry-run")
    before = files(program, name)
    assert expected > 0 and before > 0
    assert drop(program, name) == expected
    assert files(program, name) < before
    good(program, rows_after)
    assert drop(program, name) == 0  # twice is once


def main():
    livelake, simulator = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="livelake-test-") as folder:
        program = Program(livelake, pathlib.Path(folder) / "lake")
        fill(program, simulator)
        rows = int(program.must("query", COUNT, "--format", "csv").split()[-1])
        assert rows > 0
        tap = Tap(3)
        tap.case("raw goes once processed holds it", layer, program, "raw", rows)
        tap.case("processed goes once history holds it", layer, program, "processed", rows)
        tap.case("a day goes with its history", layer, program, "history", 0)
        tap.end()


main()
