#!/usr/bin/env python3
"""Sweeps of a moving world against its truth. Writes TAP. Usage: completeness.py LIVELAKE SIM

LIVELAKE_TEST_STREAMS (20000) and LIVELAKE_TEST_SWEEPS (6) set the size; the figures of every sweep
are printed as comments.
"""
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from program import Program, Tap
from simulator import Simulator, found, millis, next_slot

STREAMS = int(os.environ.get("LIVELAKE_TEST_STREAMS", "20000"))
SWEEPS = int(os.environ.get("LIVELAKE_TEST_SWEEPS", "6"))
FAULTS = (1, 2, 4, 5, 6, 7, 8, 9, 11, *range(13, 25))
START = "2026-11-05T00:00:00Z"


class Sweeps:
    """SWEEPS slots of one world, one after the other."""

    def __init__(self, livelake, simulator, folder, *words):
        self.results = []
        program = Program(livelake, folder)
        with Simulator(simulator, "--streams", STREAMS, "--start", START, "--latency-ms", "75",
                       *words) as sim:
            for number in range(SWEEPS):
                next_slot(sim)
                answer = sim.collect(program)["run"]
                truth = sim.truth(millis(answer["started_at"]), millis(answer["finished_at"]))
                met = found(program.lake, answer["id"])
                answer["truth"] = len(truth & met) / len(truth)
                self.results.append(answer)
                print(f"# {number} {answer['plan']} {answer['status']} streams {answer['streams']} "
                      f"requests {answer['requests']} errors {answer['errors']} "
                      f"vanished {answer['vanished']} refound {answer['refound']} "
                      f"coverage {answer['sweep_coverage']} truth {answer['truth']:.6f} "
                      f"{answer.get('why', '')}", flush=True)
            self.faults = sim.json("/sim/stats")

    def warm(self):
        return self.results[1:]


def without_faults(sweeps):
    cold = sweeps.results[0]
    assert cold["sweep_coverage"] is None and cold["status"] == "complete", cold
    for run in sweeps.warm():
        assert run["truth"] >= 0.999, f"{run['id']}: {run['truth']}"
        assert run["status"] == "complete", run


def complete_means_complete(sweeps):
    for run in sweeps.warm():
        if run["status"] == "complete":
            assert run["truth"] >= 0.997, run
            assert run["sweep_coverage"] >= 0.999, run


def coverage_is_true(sweeps):
    for run in sweeps.warm():
        assert run["sweep_coverage"] is not None, run
        assert abs(run["sweep_coverage"] - run["truth"]) <= 0.002, run


def nearly_all_complete(sweeps):
    bad = sum(run["status"] != "complete" for run in sweeps.results)
    assert bad * 20 <= len(sweeps.results), f"{bad} of {len(sweeps.results)} are not complete"


def faults_happened(sweeps):
    for number in FAULTS:
        if number == 19 and len(sweeps.results) < 20:
            continue  # on the last page alone
        assert int(sweeps.faults["faults"].get(str(number), 0)) > 0, f"fault {number} never came"


def main():
    livelake, simulator = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="livelake-test-") as folder:
        tap = Tap(8)
        folder = pathlib.Path(folder)
        plain = Sweeps(livelake, simulator, folder / "plain")
        tap.case("every sweep but the first finds at least 99.9 % and knows it", without_faults,
                 plain)
        tap.case("the estimate is within 0.2 points of the truth", coverage_is_true, plain)
        tap.case("complete means complete", complete_means_complete, plain)
        words = [word for n in FAULTS for word in ("--fault", f"{n}:0.01")]
        nasty = Sweeps(livelake, simulator, folder / "nasty", *words)
        tap.case("with every fault at 1 %, the faults came", faults_happened, nasty)
        tap.case("with every fault at 1 %, 95 of 100 sweeps are complete", nearly_all_complete,
                 nasty)
        tap.case("with every fault at 1 %, the estimate is within 0.2 points of the truth",
                 coverage_is_true, nasty)
        tap.case("with every fault at 1 %, complete means complete", complete_means_complete,
                 nasty)
        tap.case("with every fault at 1 %, a cold run has no coverage",
                 lambda s: s.results[0]["sweep_coverage"] is None or 1 / 0, nasty)
        tap.end()


main()
