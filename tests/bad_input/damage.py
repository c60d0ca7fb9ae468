"""Objects, manifests, settings and warehouses that are not what was written."""
import ctypes

from program import hash_tree

CORRUPT, INVALID, NOT_FOUND, UNSUPPORTED = 6, 3, 4, 9
DAY, RANGE = "2026-05-11", ("--from", "2026-05-11", "--to", "2026-05-13")
RUN = "20260511T213000Z"


def flip(path, at=0.5):
    data = bytearray(path.read_bytes())
    data[min(int(len(data) * at), len(data) - 1)] ^= 0x40
    path.write_bytes(data)


def flip_many(path, first, last):
    """A byte of every 10,000: one may lie in a block that holds nothing."""
    data = bytearray(path.read_bytes())
    for at in range(int(len(data) * first), int(len(data) * last), 10_000):
        data[at] ^= 0x40
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[:-7])


DAMAGES = {"a byte flipped": flip, "cut short": cut, "deleted": lambda path: path.unlink()}


def pick(program, pattern):
    found = sorted(program.lake.glob(pattern))
    assert found, f"no {pattern}"
    return found[0]


def told_by_verify(bench, program, path):
    """verify names the object, changes nothing, and its exit code is 1."""
    before = hash_tree(program.lake, (".spill", ".tmp", "lake.lock", "warehouse.duckdb"))
    said = bench.verified(program, 1, "BAD: ")
    key = str(path.relative_to(program.lake))
    assert key in said, f"verify does not name {key}: {said}"
    after = hash_tree(program.lake, (".spill", ".tmp", "lake.lock", "warehouse.duckdb"))
    assert before == after, "verify changed the lake"
    return said


def raw(bench, how):
    program = bench.lake()
    path = pick(program, f"raw/*/streams/date={DAY}/run={RUN}/*/*.zst")
    good = path.read_bytes()
    DAMAGES[how](path)
    said = told_by_verify(bench, program, path)
    assert "backup" in said, said
    # What was made of it before stays. Raw that is gone may have been taken by retention.
    if how == "deleted":
        program.must("replay", *RANGE)
    else:
        done = bench.expect(program, ("replay", *RANGE), CORRUPT, path.name, "backup", out=None,
                            changes=True)
        assert "failed: " in done.stdout, done.stdout
    bench.same_rows(program)
    path.write_bytes(good)
    program.must("replay", *RANGE)
    bench.verified(program)
    bench.same_rows(program)


def derived(bench, pattern, how, mend):
    """processed, quarantine, history: made anew from the layer below."""
    program = bench.lake()
    path = pick(program, pattern)
    good = path.read_bytes()
    DAMAGES[how](path)
    said = told_by_verify(bench, program, path)
    assert f"livelake {mend[0]}" in said, f"verify does not say how to mend it: {said}"
    bench.same_rows(program)
    program.must(*mend)
    assert path.read_bytes() == good, "made anew, but of other bytes"
    bench.verified(program)
    bench.same_rows(program)


def manifest(bench, layer, name, how):
    program = bench.lake()
    path = pick(program, f"manifests/{layer}/{DAY}/{name}.g0001.json")
    good = path.read_bytes()
    if how == "newer":
        path.write_bytes(good.replace(b'"schema":1,', b'"schema":99,'))
        code, word = UNSUPPORTED, "upgrade livelake"
    else:
        {"flip": lambda: flip(path, 0.3),
         "empty": lambda: path.write_bytes(b""), "garbage": lambda: path.write_bytes(b"\0\1 no\n")}[how]()
        code, word = CORRUPT, "backup"
    said = told_by_verify(bench, program, path)
    assert word in said, f"verify does not say \"{word}\": {said}"
    bench.expect(program, ("reconcile",), code, path.name, word, out=None)
    program.must("status")
    bench.same_rows(program)
    if layer == "raw":
        path.write_bytes(good)
    else:  # these are made anew
        path.unlink()
        program.must("reconcile")
    bench.verified(program)
    bench.same_rows(program)


def warehouse(bench, how):
    program = bench.lake()
    path = program.lake / "warehouse.duckdb"
    {"flipped at the start": lambda: flip(path, 0.0001), "flipped in the middle": lambda: flip_many(path, 0.3, 0.6),
     "flipped at the end": lambda: flip_many(path, 0.6, 1),
     "cut short": lambda: path.write_bytes(path.read_bytes()[:5000]),
     "cut in half": lambda: path.write_bytes(path.read_bytes()[:path.stat().st_size // 2]),
     "of 0 bytes": lambda: path.write_bytes(b""),
     "of text": lambda: path.write_bytes(b"hello\n" * 9999)}[how]()
    # Where the damage lies decides which command meets it; each that does must say the same.
    said = 0
    for words in (("verify",), ("query", "SELECT sum(viewer_count) FROM observation"), ("curate",),
                  ("report", "platform", *RANGE)):
        if program.run(*words).returncode != 0:
            said += 1
            bench.expect(program, words, CORRUPT, "move the warehouse away",
                         "livelake curate",
                         out=None)
    assert said > 0, "nobody met the damage"
    path.rename(path.with_name("away"))
    program.must("curate")
    bench.verified(program)
    bench.same_rows(program)


def foreign_sql(bench, path, *statements):
    """Runs statements on a DuckDB file, past livelake."""
    lib = ctypes.CDLL(str(bench.duckdb))
    database, connection = ctypes.c_void_p(), ctypes.c_void_p()
    assert lib.duckdb_open(str(path).encode(), ctypes.byref(database)) == 0
    assert lib.duckdb_connect(database, ctypes.byref(connection)) == 0
    for statement in statements:
        assert lib.duckdb_query(connection, statement.encode(), None) == 0, statement
    lib.duckdb_disconnect(ctypes.byref(connection))
    lib.duckdb_close(ctypes.byref(database))


def newer_warehouse(bench):
    program = bench.lake()
    foreign_sql(bench, program.lake / "warehouse.duckdb",
                "UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    for words in (("status",), ("query", "SELECT 1"), ("curate",)):
        bench.expect(program, words, UNSUPPORTED, "newer livelake", "upgrade livelake",
                     warehouse=False)


def foreign_warehouse(bench):
    program = bench.lake()
    path = program.lake / "warehouse.duckdb"
    path.unlink()
    foreign_sql(bench, path, "CREATE TABLE mine AS SELECT 42 AS x")
    bench.expect(program, ("status",), INVALID, "no livelake warehouse", warehouse=False)


def lost_warehouse(bench):
    """Not even damage: everything in it can be made anew."""
    program = bench.lake()
    (program.lake / "warehouse.duckdb").unlink()
    program.must("curate")
    bench.verified(program)
    bench.same_rows(program)


def settings(bench, text, code, *phrases):
    program = bench.lake()
    path = program.lake / "lake.json"
    good = path.read_bytes()
    path.write_bytes(text(good))
    for words in (("status",), ("query", "SELECT 1"), ("reconcile",),
                  ("import", "origin", bench.capture)):
        bench.expect(program, words, code, *phrases, warehouse=False)
    path.write_bytes(good)
    bench.same_rows(program)


def no_settings(bench):
    program = bench.lake()
    (program.lake / "lake.json").unlink()
    bench.expect(program, ("status",), NOT_FOUND, "no lake at", warehouse=False)
    bench.expect(program, ("import", "origin", bench.capture), INVALID, "not empty",
                 warehouse=False)


def broken_quarantine(bench):
    program = bench.lake()
    path = pick(program, "quarantine/stream/*/*.parquet")
    run = path.stem.removeprefix("run=")
    flip(path)
    bench.expect(program, ("status", run), CORRUPT, path.name, "livelake replay")
    program.must("status")


def cases(bench):
    replay = ("replay", "--from", "2026-05-11", "--to", "2099-01-04")
    rebuild = ("close-day", DAY, "--rebuild")
    found = [(f"raw: {how}", lambda how=how: raw(bench, how)) for how in DAMAGES]
    for pattern, mend in (("processed/stream/*/*.parquet", replay),
                          ("quarantine/stream/*/*.parquet", replay),
                          (f"history/track/date={DAY}/*.parquet", rebuild)):
        found += [(f"{pattern.rsplit('/', 2)[0]}: {how}",
                   lambda a=(pattern, how, mend): derived(bench, *a))
                  for how in ("a byte flipped", "deleted")]
    for layer, name in (("raw", RUN), ("processed", RUN), ("history", DAY)):
        found += [(f"manifest of {layer}: {how}", lambda a=(layer, name, how): manifest(bench, *a))
                  for how in ("flip", "empty", "garbage", "newer")]
    found += [(f"warehouse {how}", lambda how=how: warehouse(bench, how))
              for how in ("flipped at the start", "flipped in the middle", "flipped at the end",
                          "cut short", "cut in half", "of 0 bytes", "of text")]
    unreadable = (CORRUPT, "lake.json cannot be read", "backup")
    for name, text in (("empty", lambda good: b""), ("of garbage", lambda good: b"\0\1\2 hello"),
                       ("cut short", lambda good: good[:30])):
        found.append((f"lake.json {name}",
                      lambda text=text: settings(bench, text, *unreadable)))
    return found + [
        ("lake.json of a newer livelake",
         lambda: settings(bench, lambda good: good.replace(b'"schema":2', b'"schema":99'),
                          UNSUPPORTED, "newer livelake", "upgrade livelake")),
        ("lake.json lost", lambda: no_settings(bench)),
        ("warehouse of a newer livelake", lambda: newer_warehouse(bench)),
        ("warehouse of somebody else", lambda: foreign_warehouse(bench)),
        ("warehouse lost", lambda: lost_warehouse(bench)),
        ("status of a run whose quarantine is damaged", lambda: broken_quarantine(bench)),
    ]
