#!/usr/bin/env python3
"""Shows that each rule of house.py, src/base/banned.h and scripts/test-count can fail. Writes TAP.

Usage: selftest.py ROOT
"""
import importlib.machinery
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

import house

ROOT = pathlib.Path(sys.argv[1]).resolve()

GOOD = {
    "src/base/banned.h": "#pragma GCC poison strcpy sprintf\n#pragma GCC poison system\n",
    "src/base/str.h": "int x;\n",
    "src/base/clock.c": "long f(void) { return time(0); }\n",
    "src/store/store.h": '#include "base/str.h"\n/* sprintf(a) and ll_store_mem_new() in words */\n',
    "src/store/mem.c": 'void g(void) { ll_store_mem_new(); puts_all("exit(1) strcpy(a)"); p->time(1);\n    abort();\n}\n',
    "src/store/store_internal.h": "int y;\n",
    "src/app/wire.c": '#include "store/store.h"\nvoid h(void) { ll_store_mem_new(); exit(1); }\n',
    "README.md": "[a](src/base/str.h#x) [b](https://example.org) see ./work/list and ${HOME}/home/ and a/root/b\n",
}

# (rule, name of the case, file to add or replace, its text, word of the expected fault)
BAD = [
    ("includes", "upward", "src/base/a.c", '#include "store/store.h"\n', "not below"),
    ("includes", "sibling", "src/queue/a.c", '#include "store/store.h"\n', "not below"),
    ("includes", "private header", "src/app/a.c", '#include "store/store_internal.h"\n', "private"),
    ("includes", "unknown module", "src/novel/a.c", "int z;\n", "no level"),
    ("includes", "no such header", "src/app/a.c", '#include "gone.h"\n', "no header"),
    ("includes", "what sim must not know", "sim/a.c", '#include "store/store.h"\n', "sim must not"),
    ("banned", "wall clock in sim", "sim/a.c", "long f(void) { return time(0); }\n", "clock port"),
    ("includes", "backend outside the wiring", "src/app/run.c", "int n = ll_store_mem_new();\n",
     "belongs in"),
    ("banned", "poisoned name", "src/app/a.c", "void f(void) { strcpy (a, b); }\n", "banned"),
    ("banned", "exit in a library", "src/store/a.c", "void f(void) { exit(1); }\n", "neither"),
    ("banned", "stderr in a library", "src/store/a.c", "void *f = stderr;\n", "neither"),
    ("banned", "abort", "src/app/a.c", "void f(void)\n{\n    abort();\n    g();\n}\n", "abort"),
    ("banned", "wall clock", "src/app/a.c", "long f(void) { return time(0); }\n", "clock port"),
    ("banned", "sleep", "src/app/a.c", "void f(void) { usleep(5); }\n", "sleeps"),
    ("banned", "random", "src/app/a.c", "int f(void) { return rand(); }\n", "rand port"),
    ("banned", "environment", "src/lake/a.c", 'char *f(void) { return getenv("A"); }\n', "environment"),
    ("hygiene", "registry host", "a.md", "npm i --registry=https://registry." "example.org/\n", "registry"),
    ("hygiene", "machine path", "a.md", "cd /" "home/me/livelake\n", "one machine"),
    ("hygiene", "quoted machine path", "a.py", 'open("/' 'work/x")\n', "one machine"),
    ("hygiene", "unfinished", "src/a.c", "/* TO" "DO: more */\n", "unfinished"),
    ("hygiene", "conflict", "a.md", "<" * 7 + " ours\n", "conflict"),
    ("links", "broken link", "docs/a.md", "see [b](../gone.md)\n", "nowhere"),
    ("hygiene", "large file", "a.bin", "x" * 900_001, "limit"),
]

# (name, TAP or other output, ctest's status and message, expected passed, failed, skipped)
COUNTS = [
    ("all pass", "1..2\nok 1 - a\nok 2 - b\n", "run", 2, 0, 0),
    ("one fails", "1..2\nok 1 - a\nnot ok 2 - b\n", "fail", 1, 1, 0),
    ("cmocka skips", "1..1\nno captures here\nnot ok 1 # SKIP a\n", "run", 0, 0, 1),
    ("TAP skips", "1..1\nok 1 - a # SKIP no captures\n", "run", 0, 0, 1),
    ("ends early", "1..3\nok 1 - a\n", "run", 1, 2, 0),
    ("fails outside its cases", "1..1\nok 1 - a\n", "fail", 1, 1, 0),
    ("group set-up fails", "1..2\nnot ok 0 - g [  FAILED  ] GROUP SETUP\n", "fail", 0, 2, 0),
    ("two groups", "1..1\nok 1 - a\n# ok - g\n1..1\nok 1 - b\n# ok - h\n", "run", 2, 0, 0),
    ("no TAP passes", "fine\n", "run", 1, 0, 0),
    ("no TAP fails", "bad\n", "fail", 0, 1, 0),
    ("a program skips", "no python\n", "notrun SKIP_RETURN_CODE=77", 0, 0, 1),
    ("a program is missing", "", "notrun Unable to find executable", 0, 1, 0),
    ("a program is disabled", "", "disabled", 0, 1, 0),
]


def make_tree(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def bad_trees():
    for rule, name, path, text, word in BAD:
        with tempfile.TemporaryDirectory() as folder:
            tree = make_tree(pathlib.Path(folder), GOOD | {path: text})
            faults = list(house.RULES[rule](tree))
        yield f"{rule}: {name}", len(faults) == 1 and word in faults[0] and path in faults[0], faults


def good_tree():
    with tempfile.TemporaryDirectory() as folder:
        tree = make_tree(pathlib.Path(folder), GOOD)
        for rule in ("includes", "banned", "hygiene", "links"):
            faults = list(house.RULES[rule](tree))
            yield f"{rule}: a good tree", not faults, faults


def ndebug():
    for flag, expected in (("-DNDEBUG", 1), ("-DND", 0)):
        with tempfile.TemporaryDirectory() as folder:
            commands = json.dumps([{"file": "a.c", "command": f"cc {flag} -c a.c"}])
            tree = make_tree(pathlib.Path(folder), {"compile_commands.json": commands})
            faults = list(house.asserts(tree))
        yield f"asserts: {flag}", len(faults) == expected, faults


def compiles(body):
    source = f"#include <string.h>\n#include <stdlib.h>\nint f(char *a); int f(char *a) {{ {body} }}\n"
    done = subprocess.run(
        ["cc", "-std=gnu17", "-include", str(ROOT / "src/base/banned.h"), "-fsyntax-only", "-xc", "-"],
        input=source.encode(), stderr=subprocess.PIPE, check=False)
    return done.returncode == 0, done.stderr.decode()


def compiler():
    good, text = compiles('return (int)strlen(a);')
    yield "banned.h: good code compiles", good, text
    for name in house.poisoned(ROOT):
        good, text = compiles(f"return (int)(long){name}(a);")
        yield f"banned.h: {name} does not compile", not good and "poison" in text, text


def counts():
    path = str(ROOT / "scripts/test-count")
    loader = importlib.machinery.SourceFileLoader("test_count", path)
    sys.dont_write_bytecode = True
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("test_count", loader))
    loader.exec_module(module)
    for name, output, status, passed, failed, skipped in COUNTS:
        status, _, message = status.partition(" ")
        case = module.ElementTree.Element("testcase", name="t", status=status)
        module.ElementTree.SubElement(case, "skipped", message=message)
        module.ElementTree.SubElement(case, "system-out").text = output
        tally = module.Tally()
        module.count_program("dev", case, tally)
        found = (tally.passed, len(tally.failed), len(tally.skipped))
        yield f"test-count: {name}", found == (passed, failed, skipped), found
    done = subprocess.run([path], stdout=subprocess.PIPE, check=False)
    yield "test-count: nothing ran", done.returncode == 1 and b"\n0 passed, 0 failed" in done.stdout, done


def main():
    results = [result for cases in (bad_trees, good_tree, ndebug, compiler, counts)
               for result in cases()]
    print(f"1..{len(results)}")
    for number, (name, good, detail) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        if not good:
            print(f"# {detail}")
    return 0 if all(good for _, good, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
