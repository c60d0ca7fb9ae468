#!/usr/bin/env python3
"""What the program says, returns and leaves behind when something is bad. Writes TAP.

Usage: bad_input.py PROGRAM KILLER ROOT DUCKDB_LIBRARY

Every case expects its own exit code (`livelake help exit-codes`) and words that say what is wrong
and what to do about it, nothing on standard output but what is documented, and a lake whose files
are what they were.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from program import Program, Tap, VOLATILE, differences, environment, hash_tree

import arguments
import captures
import damage
import disks
import processes

TABLES = ("run", "observation", "session", "rollup_slot", "text_span_all", "broadcaster_day_all",
          "category_term")
DIGEST = " UNION ALL ".join(
    f"SELECT '{t}' AS name, count(*) AS rows, md5(coalesce(string_agg(r::VARCHAR, chr(10) "
    f"ORDER BY r::VARCHAR), '')) AS digest FROM {t} AS r" for t in TABLES)


class Bench:
    """A capture, the lake of it, and how to look at what a command did."""

    def __init__(self, program, killer, root, duckdb, folder):
        self.path, self.killer, self.duckdb, self.folder = program, killer, duckdb, folder
        self.capture = folder / "capture"
        for seed, slots, start in ((3, 13, "2026-05-11T14:30"), (4, 5, "2099-01-02T08:00")):
            subprocess.run([sys.executable, root / "tests/origin/make-capture", self.capture,
                            "--slots", str(slots), "--streams", "10", "--seed", str(seed),
                            "--start", start], check=True, stdout=subprocess.DEVNULL)
        good = self.lake("good", base=None)
        good.must("import", "origin", self.capture)
        good.must("reconcile")
        self.rows = self.digest(good)

    def lake(self, name="lake", base="good"):
        """A program on a copy of the lake `base`; on a folder that does not exist without."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        if base is not None:
            shutil.copytree(self.folder / base, path)
        return Program(self.path, path)

    @staticmethod
    def digest(program, **options):
        return program.must("query", DIGEST, "--format", "csv", **options)

    def same_rows(self, program, **options):
        assert self.digest(program, **options) == self.rows, "the warehouse has other rows"

    @staticmethod
    def expect(program, words, code, *phrases, out="", changes=False, warehouse=True, **options):
        """Runs a command that must fail: exit code, all phrases on standard error, `out` on standard
        output (None: anything), and no file changed. warehouse: it may be written (opening it does)."""
        leave_out = VOLATILE + (("warehouse.duckdb",) if warehouse else ())
        before = hash_tree(program.lake, leave_out)
        done = program.run(*words, **options)
        said = f"exit code {done.returncode}, stderr: {done.stderr.strip()}, stdout: {done.stdout}"
        assert done.returncode == code, f"not exit code {code}: {said}"
        for phrase in phrases:
            assert phrase in done.stderr, f"does not say \"{phrase}\": {said}"
        assert out is None or done.stdout == out, f"standard output is not {out!r}: {said}"
        if not changes:
            faults = differences(before, hash_tree(program.lake, leave_out))
            assert not faults, "changed the lake:\n" + "\n".join(faults)
        return done

    @staticmethod
    def verified(program, code=0, phrase="good: 0 differences"):
        said = program.must("verify", code=code)
        assert phrase in said, f"verify does not say \"{phrase}\": {said}"
        return said


def main():
    program, killer, root, duckdb = (pathlib.Path(a).resolve() for a in sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="livelake-bad-") as folder:
        pathlib.Path(folder).chmod(0o755)  # some cases run as another user
        bench = Bench(program, killer, root, duckdb, pathlib.Path(folder))
        cases = [case for module in (arguments, captures, damage, processes, disks)
                 for case in module.cases(bench)]
        tap = Tap(len(cases))
        for name, function in cases:
            tap.case(name, function)
        tap.end()


if __name__ == "__main__":
    main()
