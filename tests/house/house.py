#!/usr/bin/env python3
"""Rules of the house that a compiler does not check. Usage: house.py RULE ROOT

RULE is one of: includes, banned, hygiene, links, asserts. Prints "file:line: what is wrong" for each
fault and exits 1 when there is one. Each rule is a function from a tree to its faults; selftest.py
shows that each can fail.
"""
import json
import pathlib
import re
import subprocess
import sys

# Lowest first; a module includes its own headers and those of lower levels. Modules of one level do
# not know each other. A new module gets its place here first.
LEVELS = (
    ("base",),
    ("codec",),
    ("duck",),
    ("store", "queue", "net"),
    ("source",),
    ("lake",),
    ("warehouse", "collect"),
    ("pipeline", "report"),
    ("sched",),
    ("http",),
    ("serve",),
    ("app",),
)
LEVEL_OF = {module: level for level, modules in enumerate(LEVELS) for module in modules}

# Constructors of concrete backends, and the module that defines each: only the wiring calls them.
BACKENDS = {
    "ll_store_local_open": "store",
    "ll_store_mem_new": "store",
    "ll_queue_mem_new": "queue",
    "ll_warehouse_duckdb_open": "warehouse",
}
WIRING = "src/app/wire.c"
# The simulator is to be an independent judge: it knows nothing of how livelake collects.
SIM_MODULES = ("base", "codec", "source")

# What only some places may call. (pattern of the call, places, why)
RESERVED = (
    (r"(?:v?printf|puts|putchar|perror|exit|_exit|_Exit|quick_exit|atexit)\s*\(",
     ("src/app/", "sim/main.c"), "library modules neither print nor exit"),
    (r"(?:stdout|stderr)\b", ("src/app/", "src/base/", "sim/main.c"), "library modules neither print nor exit"),
    # At the end of a function it is an assert: a switch over all values went past its end.
    (r"abort\s*\((?!\);\n\})", ("src/base/",), "library modules do not abort, but for asserts"),
    (r"(?:time|gettimeofday|clock_gettime|clock)\s*\(", ("src/base/clock.c",),
     "time comes from the clock port"),
    (r"(?:sleep|usleep|nanosleep|clock_nanosleep)\s*\(", ("src/base/clock.c",),
     "only the clock port sleeps"),
    (r"(?:rand|srand|rand_r|random|srandom|drand48|lrand48|getrandom|getentropy)\s*\(",
     ("src/base/rand.c",), "randomness comes from the rand port"),
    (r"(?:getenv|secure_getenv|setenv|putenv)\s*\(", ("src/app/", "src/duck/"),
     "the environment is read by the app only"),
)

COMMENT_OR_LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)


def read(path):
    return path.read_text(encoding="utf-8", errors="replace")


def code_of(text):
    """C text with comments and literals blanked, so that line numbers stay."""
    return COMMENT_OR_LITERAL.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def c_files(root, folder):
    """(path relative to root, text) of every C file of a folder."""
    for path in sorted((root / folder).rglob("*.[ch]")):
        yield path.relative_to(root).as_posix(), read(path)


def included(text):
    """(line number, target) of each #include "target"."""
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if include:
            yield number, include.group(1)


def matches(pattern, text):
    """(line number, match) of each place where the pattern begins a word."""
    for match in re.finditer(r"(?<![\w.>])" + pattern, text):
        yield text.count("\n", 0, match.start()) + 1, match


def check_include(root, name, target):
    """What is wrong with `#include "target"` in the file `name` of src/, or None."""
    own, theirs = name.split("/")[1], target.split("/")[0]
    if not (root / "src" / target).is_file():
        return f'"{target}" is no header below src/'
    if theirs == own:
        return None
    if theirs not in LEVEL_OF:
        return f"module {theirs} has no level in tests/house/house.py"
    if LEVEL_OF[theirs] >= LEVEL_OF[own]:
        return f'{own} must not include "{target}": {theirs} is not below it'
    if target.endswith("_internal.h"):
        return f'"{target}" is private to {theirs}'
    return None


def includes(root):
    for name, text in c_files(root, "sim"):
        for number, target in included(text):
            if target.split("/")[0] not in ("sim", *SIM_MODULES):
                yield f'{name}:{number}: sim must not include "{target}"'
    for name, text in c_files(root, "src"):
        module = name.split("/")[1]
        if module not in LEVEL_OF:
            yield f"{name}:1: module {module} has no level in tests/house/house.py"
            continue
        for number, target in included(text):
            fault = check_include(root, name, target)
            if fault:
                yield f"{name}:{number}: {fault}"
        for call, owner in BACKENDS.items():
            if module == owner or name == WIRING:
                continue
            for number, _ in matches(call + r"\b", code_of(text)):
                yield f"{name}:{number}: {call} belongs in {WIRING}"


def poisoned(root):
    """The names of src/base/banned.h."""
    text = read(root / "src/base/banned.h")
    return [name for line in re.findall(r"#pragma GCC poison (.*)", text) for name in line.split()]


def banned(root):
    names = r"(?:" + "|".join(poisoned(root)) + r")\s*\("
    for name, text in (*c_files(root, "src"), *c_files(root, "sim")):
        if name == "src/base/banned.h":
            continue
        code = code_of(text)
        for number, match in matches(names, code):
            yield f"{name}:{number}: {match.group().rstrip('( ')} is banned (src/base/banned.h)"
        for pattern, places, why in RESERVED:
            if not name.startswith(places):
                for number, match in matches(pattern, code):
                    yield f"{name}:{number}: {match.group().rstrip('( ')}: {why}"


# The patterns are written so that they do not match their own source.
TEXT_FAULTS = (
    (re.compile(r"\bregistry\.[a-z0-9-]+\.(?:org|com|io|net)\b|\b(?:deb|security|archive)\."
                r"(?:debian|ubuntu)\.(?:org|com)\b|\bfiles\.pythonhosted\.|\bpypi\.org\b|"
                r"\b(?:static\.)?crates\.io\b|\bproxy\.golang\.org\b|\brepo1?\.maven\.", re.I),
     "names a package registry's host"),
    (re.compile(r"(?<![\w.})$*\]-])/(?:work|home|root|Users)/(?!\.\.)"),
     "names a path of one machine"),
    (re.compile(r"\bTO" r"DO\b|\bFIX" r"ME\b"), "has a mark of unfinished work"),
    (re.compile(r"^(?:<{7}|>{7}) "), "has a merge conflict"),
)
MAX_FILE_BYTES = 900_000


def tracked(root):
    """Files that git tracks or would add; without git, all but the folders .gitignore names."""
    done = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if done.returncode == 0:
        names = [name for name in done.stdout.decode().split("\0") if name]
    else:
        ignored = (".git", "build", "node_modules", "livelake-data", ".venv", "__pycache__")
        names = [path.relative_to(root).as_posix() for path in root.rglob("*")
                 if not set(path.relative_to(root).parts) & set(ignored)]
    return sorted({name for name in names if (root / name).is_file()})


def hygiene(root):
    for name in tracked(root):
        data = (root / name).read_bytes()
        if len(data) > MAX_FILE_BYTES:
            yield f"{name}:1: {len(data)} bytes; the limit is {MAX_FILE_BYTES}"
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            for pattern, fault in TEXT_FAULTS:
                if pattern.search(line):
                    yield f"{name}:{number}: {fault}"


def links(root):
    """Relative links of the pages lead to files that are there."""
    for name in tracked(root):
        if not name.endswith(".md"):
            continue
        for number, line in enumerate(read(root / name).splitlines(), 1):
            for target in re.findall(r"\]\(([^)#\s]+)", line):
                if "://" not in target and not (root / name).parent.joinpath(target).exists():
                    yield f"{name}:{number}: the link to {target} leads nowhere"


def asserts(build):
    """Asserts stay on: no command of the build defines NDEBUG. `build` is the build folder."""
    commands = json.loads(read(build / "compile_commands.json"))
    if not commands:
        yield f"{build}: no compile commands"
    for entry in commands:
        if re.search(r"-D\s*NDEBUG\b", entry.get("command", "")):
            yield f"{entry['file']}:1: compiled with NDEBUG"


RULES = {"includes": includes, "banned": banned, "hygiene": hygiene, "links": links,
         "asserts": asserts}


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in RULES:
        print(__doc__, file=sys.stderr)
        return 2
    faults = list(RULES[arguments[0]](pathlib.Path(arguments[1]).resolve()))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
