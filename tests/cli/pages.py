#!/usr/bin/env python3
"""What is made from the tables of commands, tried with the programs that read it: manual pages with
groff, completions within bash, zsh and fish; and docs/troubleshooting.md against the messages in the
sources. Writes TAP. Usage: pages.py LIVELAKE SOURCE_ROOT
"""
import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from program import Skip, Tap, environment  # noqa: E402

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
HANG_S = 120  # for what hangs; nothing measures time by it


def run(*words, code=0):
    done = subprocess.run([PROGRAM, *words], env=environment(), capture_output=True, check=False,
                          encoding="utf-8", timeout=HANG_S)
    assert done.returncode == code, f"{words}: exit {done.returncode}: {done.stderr}"
    return done.stdout


def need(program):
    found = shutil.which(program)
    if found is None:
        raise Skip(f"{program} is not installed")
    return found


def commands():
    return re.findall(r"^livelake-(.+)\.1$", run("help", "--man"), re.M)


def options_of(command):
    """As the program's own help lists them: {"--name": what its value is called, or None}."""
    found = {}
    for name, value in re.findall(r"^  (?:-\w, )?(--[a-z-]+)(?: (\S+))?(?:  |$)", run("help", command), re.M):
        found[name] = value or None
    return found


# --- manual

def test_manual_covers_everything():
    pages = run("help", "--man").split()
    assert pages[:2] == ["livelake.1", "livelake.conf.5"], pages
    overview = run("help", "--man", "livelake")
    names = re.findall(r"^### (.+)$", run("help", "--markdown", "cli"), re.M)
    assert sorted(names) == sorted(commands()) and len(names) > 15, names
    for name in names:
        page = run("help", "--man", name)
        assert page == run("help", "--man", f"livelake-{name}.1")
        for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO"):
            assert f"\n.SH {section}\n" in page, (name, section)
        for option in options_of(name):
            assert "\\fB" + option.replace("-", "\\-") in page or ", " + option.replace("-", "\\-") in page, (name, option)
        assert ".BR livelake\\-" + name.replace("-", "\\-") in overview, name
    keys = [v["key"] for v in json.loads(run("config", "show", "--json"))["values"]]
    settings = run("help", "--man", "livelake.conf")
    for key in keys:
        assert f"\\fB{key}\\fR" in settings, key
    done = subprocess.run([PROGRAM, "help", "--man", "poem"], capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 2 and 'no manual page "poem"' in done.stderr, done


def test_groff_finds_nothing_wrong():
    groff = need("groff")
    for page in run("help", "--man").split():
        source = run("help", "--man", page)
        assert source.isascii(), page
        done = subprocess.run([groff, "-man", "-ww", "-rLL=96n", "-Tutf8"], input=source, capture_output=True,
                              check=False, encoding="utf-8", env=environment())
        assert done.returncode == 0 and done.stderr == "", (page, done.stderr)
        # Bold and underlined may be struck over, or between escapes.
        shown = re.sub("\x1b\\[[0-9;]*m|.\b", "", done.stdout)
        assert "SEE ALSO" in shown and "\\" not in shown, page
    broken = subprocess.run([groff, "-man", "-ww", "-Tutf8", "-z"], input=".TH X 1\n.nosuch\n", capture_output=True,
                            check=False, encoding="utf-8", env=environment())
    assert broken.stderr != "", "groff would say so"


# --- completion. Each shell has a function from the words of a line (the last is being typed) to what is
# offered: {"report", …}

def bash_offers(words, folder):
    """As bash splits words, at '=', too."""
    bash = need("bash")
    script = ('compopt() { :; }; source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _livelake; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    split = [part for word in words for part in (re.findall(r"=|[^=]+", word) or [""])]
    if words[-1].endswith("=") and len(words[-1]) > 1:
        pass  # the cursor stands behind '=', which is a word of its own
    done = subprocess.run([bash, "--norc", "-c", script, "bash", str(folder / "livelake"), *split], cwd=folder,
                          capture_output=True, check=False, encoding="utf-8", env=environment(), timeout=HANG_S)
    assert done.stderr == "", done.stderr
    offered = [line for line in done.stdout.splitlines() if line]
    # What stands before '=' stays as it was.
    kept = words[-1][:words[-1].rfind("=") + 1]
    return {kept + word for word in offered}


def fish_offers(words, folder):
    fish = need("fish")
    line = " ".join(words)
    done = subprocess.run([fish, "--no-config", "-c", "source $argv[1]; complete -C $argv[2]",
                           str(folder / "livelake.fish"), line], cwd=folder, capture_output=True, check=False,
                          encoding="utf-8", env={**environment(), "HOME": str(folder)}, timeout=HANG_S)
    assert done.stderr == "", done.stderr
    return {row.split("\t")[0].rstrip("/") for row in done.stdout.splitlines()}


# Runs in an interactive zsh: Tab writes what would be offered to a pipe, then an empty line.
ZSH_SETUP = r"""
PROMPT=; fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D
bindkey '^I' complete-word; zstyle ':completion:*' insert-tab false
compadd() {{
    if [[ ${{@[1,(i)(-|--)]}} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
    local -a hits; builtin compadd -A hits "$@"
    (( $#hits )) && print -rl -- $IPREFIX$^hits >&9
    builtin compadd "$@"
}}
finished() {{ print >&9 }}
comppostfuncs=(finished); exec 9>{pipe}; print >&9
"""


def zsh_offers(words, folder):
    zsh = need("zsh")
    pipe, setup = folder / "offers", folder / "setup.zsh"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    setup.write_text(ZSH_SETUP.format(folder=folder, pipe=pipe))
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execve(zsh, [zsh, "-f", "-i"], {**environment(), "TERM": "dumb", "ZDOTDIR": str(folder)})
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        os.write(terminal, f"source {setup}\n".encode())
        read_until_blank(reader, terminal)
        os.write(terminal, (" ".join(words) + "\t").encode())
        return {line.rstrip("/") for line in read_until_blank(reader, terminal)}
    finally:
        os.close(reader)
        os.close(terminal)  # hangs up
        os.kill(child, 9)
        os.waitpid(child, 0)


def read_until_blank(reader, terminal):
    """The lines of the pipe before an empty one; what zsh shows is thrown away."""
    text = b""
    while not (text == b"\n" or text.endswith(b"\n\n")):
        ready, _, _ = select.select([reader, terminal], [], [], HANG_S)
        assert ready, f"zsh says nothing more than {text}"
        if terminal in ready:
            os.read(terminal, 65536)
        if reader in ready:
            text += os.read(reader, 65536)
        if ready == [reader] and not text:
            select.select([terminal], [], [], 0.01)  # nobody has opened the pipe yet
    return [line for line in text.decode().split("\n") if line]


def completion_folder():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="livelake-completion-"))
    for shell, name in (("bash", "livelake"), ("zsh", "_livelake"), ("fish", "livelake.fish")):
        (folder / name).write_text(run("help", "--completion", shell), encoding="utf-8")
    (folder / "data.csv").write_text("")
    (folder / "lakes").mkdir()
    return folder


def test_completion(offers, shell):
    folder = completion_folder()
    reports = ("platform categories broadcasters genres game-modes languages sessions samples runs "
               "coverage concentration").split()
    keys = [v["key"] for v in json.loads(run("config", "show", "--json"))["values"] if v["key"] != "twitch.client_secret"]
    levels = "debug info warn error off".split()
    try:
        for typed, wanted in (
            ("", commands()),
            ("re", [c for c in commands() if c.startswith("re")]),
            ("--lake lakes re", [c for c in commands() if c.startswith("re")]),
            ("-q report ", reports),
            ("report --grain hour g", ["genres", "game-modes"]),
            ("report --grain ", "none slot hour day week month hour_of_week".split()),
            ("report --json --by ", "category language genre game_mode".split()),
            ("query --format ", "table json csv ndjson".split()),
            ("export --format ", "parquet csv ndjson".split()),
            ("export broadcaster", ["broadcaster", "broadcaster-name"]),
            ("--log-level ", levels),
            ("status --log-level=", [f"--log-level={level}" for level in levels]),
            ("config ", ["check", "show"]),
            ("import ", ["origin"]),
            ("help ex", ["exit-codes", "export"]),
            ("--set que", ["query.timeout=", "query.max_rows="]),
            ("--set ", [key + "=" for key in keys]),
            ("report --from ", []),
            ("query ", []),
        ):
            words = ["livelake", *typed.split(" ")]
            got = offers(words, folder)
            if shell == "fish" and "--set" in words:  # has "log.level=debug" at once
                got = {word for word in got if word.endswith("=")}
            assert got == set(wanted), f"{typed!r}: {sorted(got)}, not {sorted(wanted)}"
        for typed, wanted, unwanted in (
            ("--lake ", "lakes", "data.csv"),
            ("--config ", "data.csv", "report"),
            ("export run --out d", "data.csv", "lakes"),
            ("import origin ", "lakes", "origin"),
            ("--set log.level=", "log.level=debug", "log.level=parquet"),
        ):
            got = offers(["livelake", *typed.split(" ")], folder)
            assert wanted in got and unwanted not in got, f"{typed!r}: {sorted(got)}"
        for command in commands():
            got = offers(["livelake", command, "--"], folder)
            # zsh offers "--name" with or without its "=".
            got = {word.rstrip("=") for word in got}
            assert got >= set(options_of(command)), f"{command}: {set(options_of(command)) - got} is not offered"
    finally:
        shutil.rmtree(folder)


def test_bash_completes_what_is_typed():
    """Through readline: Tab fills in what is left of the word."""
    folder = completion_folder()
    child, terminal = pty.fork()
    if child == 0:
        bash = need("bash")
        os.execve(bash, [bash, "--norc", "--noprofile", "-i"], {**environment(), "PS1": "", "TERM": "dumb"})
    try:
        os.write(terminal, f"source {folder}/livelake; livelake() {{ echo got: \"$@\"; }}\n".encode())
        os.write(terminal, b"livelake repo\tplat\t--set log.lev\twar\t\n")
        text = b""
        while b"got: report platform --set log.level=warn\r\n" not in text:
            ready, _, _ = select.select([terminal], [], [], HANG_S)
            assert ready, text
            text += os.read(terminal, 65536)
    finally:
        os.close(terminal)
        os.kill(child, 9)
        os.waitpid(child, 0)
        shutil.rmtree(folder)


# --- what users read

def literals(text):
    """All string literals of a C source, adjacent ones put together, conversions of printf as …"""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"^#include.*$", "", text, flags=re.M)
    text = re.sub(r"'(\\.|[^'\\])'", " ", text)
    # What a macro puts between two literals is unknown here.
    text = re.sub(r'"\s*(LL_[A-Z_]+|PRI[diux]64)\s*"', "…", text)
    for match in re.finditer(r'"(?:\\.|[^"\\])*"(?:\s*"(?:\\.|[^"\\])*")*', text):
        joined = "".join(re.findall(r'"((?:\\.|[^"\\])*)"', match.group(0)))
        joined = joined.replace('\\"', '"').replace("\\n", "\n")
        yield re.sub(r"%[-.*0-9]*(?:ll|z)?[a-zA-Z]", "…", joined).replace("%%", "%").replace("`", "")


def quoted_messages(page):
    """The first cell of each row below a head whose first cell is Message or You see."""
    telling = False
    for line in page.splitlines():
        cell = line.split(" | ")[0].lstrip("| ").strip() if line.startswith("|") else ""
        telling = cell in ("Message", "You see") or (telling and line.startswith("|"))
        yield from re.findall(r"`([^`]+)`", cell) if telling else ()


def fixed_parts(message):
    return [part.strip() for part in re.split("…", message) if len(part.strip()) > 3]


def test_troubleshooting_quotes_real_messages():
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    said = [text for source in sorted((ROOT / "src").rglob("*.c")) + sorted((ROOT / "src").rglob("*.h"))
            for text in literals(source.read_text(encoding="utf-8"))]
    everything = "\0".join(said)
    messages = list(quoted_messages(page))
    assert len(messages) > 40, messages
    for message in messages:
        parts = fixed_parts(message)
        assert parts, f"nothing of {message!r} is fixed"
        for part in parts:
            assert part in everything, f"no source says {part!r} (of {message!r})"
    assert "no source says this at all" not in everything
    for code in re.findall(r"^ *(\d+) ", run("help", "exit-codes"), re.M):
        assert f"\n| {code} | " in page, f"exit code {code} is not explained"


def test_topics():
    assert "parquet" in run("help", "formats")
    assert "141" in run("help", "exit-codes")
    settings = run("help", "config")
    for value in json.loads(run("config", "show", "--json"))["values"]:
        assert f"\n  {value['key']}" in settings, value
    table = [line for line in run("help", "--markdown", "config").splitlines() if line.startswith("| `")]
    for line in table:
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        assert len(cells) == 6 and all(cells), line
        assert cells[4] in ("after SIGHUP", "after a restart", "with the next command"), line


def main():
    tap = Tap(8)
    tap.case("the manual covers every command, option and key", test_manual_covers_everything)
    tap.case("groff finds nothing wrong in it", test_groff_finds_nothing_wrong)
    tap.case("bash completes", test_completion, bash_offers, "bash")
    tap.case("bash completes what is typed", test_bash_completes_what_is_typed)
    tap.case("zsh completes", test_completion, zsh_offers, "zsh")
    tap.case("fish completes", test_completion, fish_offers, "fish")
    tap.case("troubleshooting.md quotes real messages", test_troubleshooting_quotes_real_messages)
    tap.case("topics and settings", test_topics)
    tap.end()


main()
