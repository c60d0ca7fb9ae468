"""What the tests of the whole program share: starting it, looking at a lake's files, TAP."""
import hashlib
import os
import pathlib
import subprocess
import sys
import traceback

# What the program, not the user, owns: neither must be the same after a command that changed nothing.
VOLATILE = ("lake.lock", ".spill", ".tmp", "warehouse.duckdb.wal")


def environment(**extra):
    """The test's own, without settings of livelake. Preloading before a sanitizer must be allowed."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("LIVELAKE_")}
    env.setdefault("LIVELAKE_SERVE_PORT", "0")  # any that is free: tests run beside each other
    env.update(extra, LC_ALL="C")
    if "LD_PRELOAD" in extra:
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    return env


class Program:
    """The program on one lake. The time limit is for what hangs; nothing measures time by it."""

    def __init__(self, path, lake, timeout_s=300):
        self.path, self.lake, self.timeout_s = path, pathlib.Path(lake), timeout_s

    def arguments(self, *words):
        return [str(self.path), *map(str, words), "--lake", str(self.lake), "--quiet"]

    def run(self, *words, env=None, **options):
        options.setdefault("stdout", subprocess.PIPE)
        return subprocess.run(self.arguments(*words), stderr=subprocess.PIPE, text=True, check=False,
                              env=env or environment(), timeout=self.timeout_s, **options)

    def must(self, *words, code=0, **options):
        done = self.run(*words, **options)
        if done.returncode != code:
            raise AssertionError(f"{' '.join(map(str, words))}: exit code {done.returncode}, not "
                                 f"{code}: {done.stderr.strip() or done.stdout}")
        return done.stdout


def hash_file(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hash_tree(root, leave_out=()):
    """{path: SHA-256} of all files below root, but for those whose first part is in leave_out."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if name.parts[0] not in leave_out and path.is_file() and not path.is_symlink():
            found[str(name)] = hash_file(path)
    return found


def differences(before, after):
    """What differs between two results of hash_tree, in words."""
    return [f"{name}: {'gone' if name not in after else 'new' if name not in before else 'changed'}"
            for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]


class Tap:
    """Writes TAP as the cases are done."""

    def __init__(self, planned):
        self.planned, self.number, self.failed = planned, 0, 0
        print(f"1..{planned}", flush=True)

    def case(self, name, function, *arguments):
        """The case is good when the function returns; it is skipped when it raises Skip."""
        self.number += 1
        try:
            function(*arguments)
            print(f"ok {self.number} - {name}", flush=True)
        except Skip as reason:
            print(f"ok {self.number} - {name} # SKIP {reason}", flush=True)
        except Exception as error:  # a broken case must not keep the others from running
            self.failed += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            text = str(error) if isinstance(error, AssertionError) else repr(error)
            print(f"# {pathlib.Path(where.filename).name}:{where.lineno}: "
                  + text.replace("\n", "\n# "))
            print(f"not ok {self.number} - {name}", flush=True)

    def end(self):
        sys.exit(1 if self.failed or self.number != self.planned else 0)


class Skip(Exception):
    pass
