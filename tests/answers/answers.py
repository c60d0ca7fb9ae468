#!/usr/bin/env python3
"""Compares livelake's answers with an independent computation from the same files.

Usage: answers.py invented|real --livelake PROGRAM --tests FOLDER

invented: the capture of tests/origin/make-capture. real: the original pipeline's own files, found in
$SHARED/captures; skipped without them. Prints TAP. tests/origin/independent.py is the other side.
"""
import argparse
import csv
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ZONE = "America/Los_Angeles"
METRICS = ("hours_watched", "airtime_hours", "peak_viewers", "peak_channels", "unique_channels")


class Lake:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def run(self, *args):
        done = subprocess.run([self.program, *args, "--lake", self.folder, "--log-level", "warn"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"livelake {' '.join(args)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def rows(self, sql):
        return json.loads(self.run("query", sql, "--format", "json", "--max-rows", "0"))["data"]

    def report(self, what, *args):
        span = ("--from", "2025-01-01", "--to", "2027-01-01", "--limit", "0", "--format", "json")
        return json.loads(self.run("report", what, *span, *args))


def close(ours, theirs):
    return math.isclose(float(ours), float(theirs), rel_tol=1e-9, abs_tol=1e-9)


def compare_rows(name, ours, theirs):
    """ours: report rows by id; theirs: {id: {metric: value}}. Every id and metric, both ways."""
    assert set(ours) == set(theirs), f"{name}: ids differ: {sorted(set(ours) ^ set(theirs))[:10]}"
    assert ours, f"{name}: nothing to compare"
    for key, wanted in theirs.items():
        for metric in METRICS:
            if metric in wanted and metric in ours[key]:
                assert close(ours[key][metric], wanted[metric]), \
                    f"{name} {key} {metric}: {ours[key][metric]} instead of {wanted[metric]}"


def check_slots(lake, answers):
    rows = lake.rows("SELECT r.run_id, r.rows_in, r.streams, r.duplicates, r.restarted, r.quarantined, "
                     "(SELECT coalesce(sum(viewer_count), 0) FROM observation o WHERE o.slot = r.slot) AS viewers, "
                     "(SELECT count(DISTINCT stream_id) FROM observation o WHERE o.slot = r.slot) AS ids "
                     "FROM run r")
    ours = {row["run_id"]: row for row in rows}
    assert set(ours) == set(answers["slots"]), sorted(set(ours) ^ set(answers["slots"]))
    for run_id, wanted in answers["slots"].items():
        row = ours[run_id]
        got = {"streams": row["streams"], "viewers": row["viewers"], "duplicates": row["duplicates"],
               "restarted": row["restarted"]}
        for key, value in got.items():
            assert int(value) == wanted[key], f"{run_id} {key}: {value} instead of {wanted[key]}"
        assert int(row["ids"]) == wanted["streams"], f"{run_id}: stream ids are not distinct"


def check_platform(lake, answers):
    row = lake.report("platform")["data"][0]
    for metric in METRICS:
        if metric in answers["platform"]:
            assert close(row[metric], answers["platform"][metric]), metric


def check_report(lake, answers, what, key, *args):
    rows = {row["id"]: row for row in lake.report(what, *args)["data"]}
    compare_rows(f"{what} {' '.join(args)}", rows, answers[key])


def check_star_schema(lake, root):
    """2025-12-29 17:45, the one slot whose raw files are all there, against the original's own CSV."""
    path = root / "origin-curated-layer/curated_streams_data/20251229/curated_stream_data_20251229_1745.csv"
    wanted = {}
    for row in csv.DictReader(path.open(encoding="utf-8")):
        wanted[row["stream_id"]] = (row["day_date_id"], row["time_of_day_id"], row["user_id"], row["category_id"],
                                    row["language_id"], int(row["viewer_count"]), float(row["hours_watched"]))
    got = {}
    for row in lake.rows("SELECT * FROM streams WHERE day_date_id = '20251229' AND time_of_day_id = '1745'"):
        got[row["stream_id"]] = (row["day_date_id"], row["time_of_day_id"], row["user_id"], row["category_id"],
                                 row["language_id"], int(row["viewer_count"]), float(row["hours_watched"]))
    assert len(wanted) == 5323, len(wanted)
    assert got == wanted, [(k, got.get(k), wanted.get(k)) for k in set(got) | set(wanted) if got.get(k) != wanted.get(k)][:3]


def check_again(lake, capture):
    before = lake.run("query", "SELECT * FROM observation ORDER BY ALL", "--format", "csv", "--max-rows", "0")
    report = json.loads(lake.run("import", "origin", str(capture), "--timezone", ZONE, "--json"))
    assert report["runs"] == 0 and report["files"]["new"] == 0, report
    after = lake.run("query", "SELECT * FROM observation ORDER BY ALL", "--format", "csv", "--max-rows", "0")
    assert before == after


def check_all(lake, answers):
    check_slots(lake, answers)
    check_platform(lake, answers)
    for what, key in (("categories", "categories"), ("languages", "languages"), ("broadcasters", "broadcasters")):
        check_report(lake, answers, what, key)
    for attribution in ("fractional", "full"):
        check_report(lake, answers, "genres", f"genres_{attribution}", "--attribution", attribution)
        check_report(lake, answers, "game-modes", f"game_modes_{attribution}", "--attribution", attribution)


def check_closed(lake, answers):
    lake.run("reconcile")
    assert lake.rows("SELECT count(*) AS n FROM day_state WHERE closed")[0]["n"] > 0
    check_all(lake, answers)


def check_verify(lake):
    found = json.loads(lake.run("verify", "--json"))
    assert found["differences"] == [] and found["objects"] > 0, found


def run_cases(cases):
    failed = 0
    print(f"1..{len(cases)}")
    for number, (name, case) in enumerate(cases, 1):
        try:
            case()
            print(f"ok {number} - {name}", flush=True)
        except AssertionError as error:
            failed += 1
            print(f"# {error}")
            print(f"not ok {number} - {name}", flush=True)
    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("capture", choices=("invented", "real"))
    parser.add_argument("--livelake", required=True)
    parser.add_argument("--tests", required=True, type=pathlib.Path)
    options = parser.parse_args()
    root = pathlib.Path(os.environ.get("SHARED", options.tests.parent.parent / "shared")) / "captures"
    if options.capture == "real" and not (root / "origin-raw-layer").is_dir():
        print("1..1\nok 1 - real captures # SKIP the folder shared/captures is not there")
        return 0
    folder = tempfile.mkdtemp(prefix="livelake-answers-")
    try:
        lake = Lake(options.livelake, folder + "/lake")
        capture = root / "origin-raw-layer"
        if options.capture == "invented":
            capture = pathlib.Path(folder) / "capture"
            subprocess.run([options.tests / "origin/make-capture", capture, "--slots", "40", "--streams", "120",
                            "--seed", "5"], check=True, stdout=subprocess.DEVNULL)
        answers = json.loads(subprocess.run(
            [sys.executable, options.tests / "origin/independent.py", capture, "--timezone", ZONE, "--no-overrides"],
            check=True, capture_output=True, text=True).stdout)
        lake.run("import", "origin", str(capture), "--timezone", ZONE, "--no-overrides")
        cases = [
            ("distinct streams, viewers and duplicates of every slot", lambda: check_slots(lake, answers)),
            ("every report equals the independent computation", lambda: check_all(lake, answers)),
            ("importing twice adds nothing", lambda: check_again(lake, capture)),
            ("verify finds nothing", lambda: check_verify(lake)),
            ("the same answers from closed days", lambda: check_closed(lake, answers)),
            ("verify finds nothing in closed days", lambda: check_verify(lake)),
        ]
        if options.capture == "real":
            cases.append(("the original's curated rows of 2025-12-29 17:45", lambda: check_star_schema(lake, root)))
        return 1 if run_cases(cases) else 0
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
