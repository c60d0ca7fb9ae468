"""Disks that are full or may not be written."""
import contextlib
import os
import shutil
import subprocess

from captures import NOBODY
from program import Program, Skip

DISK_FULL, DENIED = 7, 8


@contextlib.contextmanager
def small_disk(bench, size):
    folder = bench.folder / "disk"
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "livelake", folder],
                          capture_output=True, text=True, check=False) if os.geteuid() == 0 else None
    if done is None or done.returncode != 0:
        raise Skip("only root can mount a small disk"
                   + (f": {done.stderr.strip()}" if done else ""))
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def remount(folder, options):
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def full(bench, size):
    with small_disk(bench, size) as folder:
        program = Program(bench.path, folder / "lake")
        bench.expect(program, ("import", "origin", bench.capture), DISK_FULL, "o space left",
                     out=None, changes=True)
        remount(folder, "size=200m")
        program.must("import", "origin", bench.capture)
        program.must("reconcile")
        bench.verified(program)
        bench.same_rows(program)


def full_later(bench):
    """A good lake on a disk that is full: it can be read, and nothing of it is lost."""
    with small_disk(bench, "100m") as folder:
        shutil.copytree(bench.folder / "good", folder / "lake")
        program = Program(bench.path, folder / "lake")
        space = os.statvfs(folder)
        filler = folder / "filler"
        filler.write_bytes(bytes(space.f_bavail * space.f_frsize - 64 * 1024))
        bench.expect(program, ("replay", "--from", "2026-05-11", "--to", "2026-05-13"), DISK_FULL,
                     "o space left", out=None, changes=True)
        filler.unlink()
        program.must("reconcile")
        bench.verified(program)
        bench.same_rows(program)


def may_be_read(bench, program, **user):
    """All that only reads works; all that writes is denied, and says why."""
    bench.same_rows(program, **user)
    for words in (("status",), ("verify",), ("report", "platform", "--from", "2026-05-11", "--to",
                                             "2026-05-13")):
        program.must(*words, **user)
    root = bench.folder / "capture-more"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(bench.capture, root)
    file = sorted((root / "raw_streams_data").rglob("*.json"))[0]
    file.write_text(file.read_text().replace('"type": "live"', '"type": "live "'))
    for words in (("import", "origin", root), ("close-day", "2026-05-11", "--rebuild"),
                  ("replay", "--from", "2026-05-11", "--to", "2026-05-13")):
        done = bench.expect(program, words, DENIED, out=None, warehouse=False, **user)
        assert "ermission denied" in done.stderr or "ead-only" in done.stderr, done.stderr


def read_only_disk(bench):
    with small_disk(bench, "100m") as folder:
        shutil.copytree(bench.folder / "good", folder / "lake")
        remount(folder, "ro")
        program = Program(bench.path, folder / "lake")
        may_be_read(bench, program)
        fresh = Program(bench.path, folder / "fresh")
        bench.expect(fresh, ("import", "origin", bench.capture), DENIED, "ead-only file system")


def others_lake(bench):
    program = bench.lake("others")
    if NOBODY and program.run("help", **NOBODY).returncode != 0:
        raise Skip("another user cannot run this build")
    tree = [program.lake, *program.lake.rglob("*")]
    for path in tree:
        path.chmod(path.stat().st_mode & 0o555)
    try:
        may_be_read(bench, program, **NOBODY)
        fresh = Program(bench.path, program.lake / "fresh")
        bench.expect(fresh, ("import", "origin", bench.capture), DENIED, "Permission denied",
                     **NOBODY)
    finally:
        for path in tree:
            path.chmod(path.stat().st_mode | 0o200)


def hidden_lake(bench):
    program = bench.lake("hidden")
    if NOBODY and program.run("help", **NOBODY).returncode != 0:
        raise Skip("another user cannot run this build")
    program.lake.chmod(0)
    try:
        done = program.run("status", **NOBODY)
        assert done.returncode == DENIED and "Permission denied" in done.stderr, done
    finally:
        program.lake.chmod(0o755)


def cases(bench):
    found = [(f"import to a disk of {size}", lambda size=size: full(bench, size))
             for size in ("100k", "400k")]
    return found + [
        ("a disk that gets full", lambda: full_later(bench)),
        ("a read-only disk", lambda: read_only_disk(bench)),
        ("a lake that belongs to somebody else", lambda: others_lake(bench)),
        ("a lake that may not even be read", lambda: hidden_lake(bench)),
    ]
