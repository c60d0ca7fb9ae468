"""Folders to import that are no captures, and captures with bad files."""
import gzip
import os
import random
import shutil

from program import Skip

DENIED, INVALID, NOT_FOUND = 8, 3, 4
LABEL = "20260511_1430"
# Somebody who owns nothing. Where the test is not run by root, its own user is denied as well.
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}

GOOD_ROW = ('{"id":"%d","user_id":"77","user_login":"abc","user_name":"Abc","game_id":"1",'
            '"game_name":"Chess","type":"live","title":"t","viewer_count":5,'
            '"started_at":"2026-05-11T20:00:00Z","language":"en","tags":["a"],"is_mature":false}')
HEAD = '{"day_date_id":"20260511","time_of_day_id":"1430","data":['
# (name, bytes, verdict, note, rows that can be used)
FILES = [
    ("cut off", (HEAD + GOOD_ROW % 1 + "," + GOOD_ROW[:60]).encode(), "damaged", "not well-formed", 1),
    ("cut off at once", HEAD[:-1].encode(), "failed", "no list of records", None),
    ("no JSON", b"Not Found\n", "failed", "no list of records", None),
    ("an HTML page", b"<html><body>502</body></html>", "failed", "no list of records", None),
    ("binary garbage", random.Random(1).randbytes(300_000), "failed", "no list of records", None),
    ("0 bytes", b"", "failed", "no list of records", None),
    ("deeply nested", b'{"data":' + b"[" * 2_000_000, "damaged", "not well-formed", 0),
    ("deeply nested in a row", (HEAD + GOOD_ROW % 1 + ',{"id":').encode() + b'{"a":' * 500_000,
     "damaged", "not well-formed", 1),
    ("another list", b'{"items":[]}', "failed", "no list of records", None),
    ("rows of all kinds", b'{"data":[1,"a",null,{},[],' + (GOOD_ROW % 1).encode() + b"]}", "new", "", 1),
    ("NUL bytes", (HEAD + GOOD_ROW % 1).encode() + b",\0\0\0\0]}", "damaged", "not well-formed", 1),
    ("broken UTF-8", (HEAD + (GOOD_ROW % 1).replace('"t"', '"t?"') + "]}").encode().replace(
        b"?", b"\xff\xfe"), "new", "", 1),
    ("no gzip", None, "failed", "", None),
    ("a cut-off gzip", None, "failed", "", None),
]


def capture_of(bench, name, data):
    """A capture with one good file and this one, both of one slot."""
    root = bench.folder / "capture-bad"
    shutil.rmtree(root, ignore_errors=True)
    folder = root / "raw_streams_data" / LABEL
    folder.mkdir(parents=True)
    (folder / f"raw_streams_data_X1X_{LABEL}.json").write_text(
        HEAD + ",".join(GOOD_ROW % i for i in (11, 12)) + "]}")
    packed = gzip.compress((HEAD + GOOD_ROW % 1 + "]}").encode() * 50, mtime=0)
    ending, data = {"no gzip": (".gz", b"not packed"),
                    "a cut-off gzip": (".gz", packed[:len(packed) // 2])}.get(name, ("", data))
    (folder / f"raw_streams_data_X2X_{LABEL}.json{ending}").write_bytes(data)
    return root


def bad_file(bench, name, data, verdict, note, rows):
    program = bench.lake(base=None)
    said = program.must("import", "origin", capture_of(bench, name, data))
    line = [line for line in said.splitlines() if "_X2X_" in line]
    if verdict == "new":
        assert not line, said
    else:
        assert len(line) == 1 and line[0].split()[0] == verdict and note in line[0], said
    got = program.must("query", "SELECT count(DISTINCT stream_id) AS n FROM observation",
                       "--format", "csv").split()
    # The good file's two streams share a channel with the bad one's: all are of one broadcaster.
    assert int(got[1]) >= 1, got
    assert "_X1X_" not in said, said
    bench.verified(program)
    again = program.must("import", "origin", bench.folder / "capture-bad")
    assert "0 files imported as 0 runs" in again, again


def loops(bench):
    root = bench.folder / "capture-loop"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(bench.capture, root)
    (root / "self").symlink_to(".")
    (root / "raw_streams_data" / "up").symlink_to("..")
    (root / "raw_streams_data" / "round").symlink_to("round")
    os.mkfifo(root / "raw_streams_data" / "raw_streams_data_X9X_20260511_1430.json")
    program = bench.lake(base=None)
    said = program.must("import", "origin", root)
    for name in ("self", "up", "round", "X9X"):
        assert any(name in line and line.startswith("failed") for line in said.splitlines()), said
    program.must("reconcile")
    bench.same_rows(program)


def no_capture(bench, name):
    root = bench.folder / "no-capture"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    if name != "empty":
        (root / "photo.jpg").write_bytes(b"\xff\xd8\xff")
        (root / "notes").mkdir()
        (root / "notes" / "a.json").write_text("{}")
    bench.expect(bench.lake(), ("import", "origin", root), INVALID, "no-capture", "raw_streams_data",
                 out=None)


def not_there(bench):
    bench.expect(bench.lake(), ("import", "origin", bench.folder / "nope"), NOT_FOUND, "nope")
    fresh = bench.lake("fresh", None)
    bench.expect(fresh, ("import", "origin", bench.folder / "nope"), NOT_FOUND, "nope")
    assert not fresh.lake.exists(), "a lake was made for a capture that does not exist"
    file = bench.folder / "file"
    file.write_text("x")
    bench.expect(bench.lake(), ("import", "origin", file), INVALID, "raw_streams_data", out=None)


def unreadable(bench):
    root = bench.folder / "capture-unreadable"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(bench.capture, root)
    program = bench.lake("unreadable", None)
    program.lake.mkdir()
    if NOBODY:
        os.chown(program.lake, NOBODY["user"], NOBODY["group"])
        if program.run("help", **NOBODY).returncode != 0:
            raise Skip("another user cannot run this build")
    files = sorted((root / "raw_streams_data").rglob("*.json"))
    files[3].chmod(0)
    folder = root / "raw_users_data"
    folder.chmod(0)
    try:
        done = program.run("import", "origin", root, **NOBODY)
        failed = [line for line in done.stdout.splitlines() if line.startswith("failed")]
        assert done.returncode == 0 and len(failed) == 2, done.stdout + done.stderr
        assert files[3].name in done.stdout and "raw_users_data" in done.stdout, done.stdout
        assert all("denied" in line or "cannot be read" in line for line in failed), done.stdout
        root.chmod(0)
        bench.expect(program, ("import", "origin", root), DENIED, "Permission denied", **NOBODY)
    finally:
        for path in (root, folder, files[3]):
            path.chmod(0o755)
    # The rest comes with the next import, as if nothing had been.
    program.must("import", "origin", root, **NOBODY)
    program.must("reconcile", **NOBODY)
    bench.same_rows(program)


def cases(bench):
    found = [(f"import of a file that is {file[0]}", lambda file=file: bad_file(bench, *file))
             for file in FILES]
    return found + [
        ("import of a folder that does not exist, and of a file", lambda: not_there(bench)),
        ("import of an empty folder", lambda: no_capture(bench, "empty")),
        ("import of a folder without a capture", lambda: no_capture(bench, "other files")),
        ("import with links that loop and a pipe", lambda: loops(bench)),
        ("import with a file and a folder that may not be read", lambda: unreadable(bench)),
    ]
