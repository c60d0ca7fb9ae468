"""Other processes: one that holds the lake, one that stops us, one that stops reading."""
import os
import signal
import subprocess
import time

from program import environment

BUSY, DISK_FULL, IO, SIGINT, SIGPIPE, SIGTERM = 5, 7, 13, 130, 141, 143
LONG = ("query", "SELECT count(*) FROM range(1000000000000)", "--timeout", "7d")


def locked(bench):
    program = bench.lake()
    holder = subprocess.Popen(program.arguments(*LONG), env=environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        lock = program.lake / "lake.lock"
        while not lock.read_text() and holder.poll() is None:
            time.sleep(0.01)
        assert lock.read_text() == f"{holder.pid} query\n", lock.read_text()
        for words in (("status",), ("import", "origin", bench.capture), ("query", "SELECT 1")):
            bench.expect(program, words, BUSY, f"pid {holder.pid}", "livelake query", "in use",
                         warehouse=False)
    finally:
        holder.send_signal(signal.SIGTERM)
        out, said = holder.communicate(timeout=program.timeout_s)
    assert holder.returncode == SIGTERM and out == "", (holder.returncode, out, said)
    assert "signal" in said, said
    bench.same_rows(program)


def interrupted(bench, number, code):
    """The signal comes at the 12th object that is written: in the middle of the import."""
    program = bench.lake(base=None)
    env = environment(LD_PRELOAD=str(bench.killer), KILL_CALL="rename", KILL_AT="12",
                      KILL_HOW="after", KILL_BY=str(int(number)))
    bench.expect(program, ("import", "origin", bench.capture), code, "again to go on", changes=True,
                 env=env)
    program.must("status")
    program.must("import", "origin", bench.capture)
    program.must("reconcile")
    bench.verified(program)
    bench.same_rows(program)


def stop_working(bench):
    """In the middle of the stages; what is not done yet is done by the next command."""
    program = bench.lake()
    env = environment(LD_PRELOAD=str(bench.killer), KILL_CALL="rename", KILL_AT="3",
                      KILL_HOW="after", KILL_BY=str(int(signal.SIGINT)))
    bench.expect(program, ("replay", "--from", "2026-05-11", "--to", "2026-05-13"), SIGINT,
                 out=None, changes=True, env=env)
    program.must("reconcile")
    bench.verified(program)
    bench.same_rows(program)


def nobody_reads(bench):
    program = bench.lake()
    process = subprocess.Popen(
        program.arguments("query", "SELECT * FROM range(10000000)", "--max-rows", "0", "--format",
                          "csv"), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"range\r\n"
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(program.timeout_s) == SIGPIPE and said == b"", (process.returncode, said)
    bench.same_rows(program)


def full_output(bench):
    program = bench.lake()
    for words in (("status",), ("verify",), ("help",), ("query", "SELECT * FROM range(100000)",
                                                        "--format", "csv"),
                  ("report", "platform", "--from", "2026-05-11", "--to", "2026-05-13")):
        with open("/dev/full", "w", encoding="ascii") as full:
            bench.expect(program, words, DISK_FULL, "standard output", "No space left", out=None,
                         stdout=full)


def closed_output(bench):
    program = bench.lake()
    bench.expect(program, ("status",), IO, "standard output", preexec_fn=lambda: os.close(1),
                 stdout=None, out=None)
    # Without standard error there is nobody to tell, but the answer and the exit code stand.
    done = subprocess.run(program.arguments("status"), env=environment(), check=False,
                          stdout=subprocess.PIPE, preexec_fn=lambda: os.close(2))
    assert done.returncode == 0 and done.stdout.startswith(b"observations"), done
    assert done.stdout.endswith(b"days\n"), done.stdout


def cases(bench):
    return [
        ("a lake that another process holds", lambda: locked(bench)),
        ("SIGINT in the middle of an import",
         lambda: interrupted(bench, signal.SIGINT, SIGINT)),
        ("SIGTERM in the middle of an import",
         lambda: interrupted(bench, signal.SIGTERM, SIGTERM)),
        ("SIGINT in the middle of a replay", lambda: stop_working(bench)),
        ("a reader that goes away", lambda: nobody_reads(bench)),
        ("an output that is full", lambda: full_output(bench)),
        ("an output that is closed", lambda: closed_output(bench)),
    ]
