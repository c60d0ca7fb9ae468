#!/usr/bin/env python3
"""scripts/install and scripts/uninstall into a folder of our own. Writes TAP.
Usage: install.py SOURCE_ROOT BUILD
"""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from program import Tap, environment  # noqa: E402

ROOT, BUILD = (pathlib.Path(word).resolve() for word in sys.argv[1:3])


def script(name, *words, code=0):
    done = subprocess.run([ROOT / "scripts" / name, *map(str, words)], env=environment(), capture_output=True,
                          check=False, encoding="utf-8", timeout=300)
    assert done.returncode == code, (name, words, done.returncode, done.stdout, done.stderr)
    return done


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_install():
    with tempfile.TemporaryDirectory(prefix="livelake-install-") as name:
        destdir = pathlib.Path(name)
        script("install", destdir, "/opt/ll", BUILD)
        there = files(destdir / "opt/ll")
        assert {"bin/livelake", "share/man/man1/livelake.1", "lib/livelake/installed"} <= there, there
        said = subprocess.run([destdir / "opt/ll/bin/livelake", "--version"], env=environment(), check=True,
                              capture_output=True, encoding="utf-8").stdout
        assert said.startswith("livelake "), said
        script("install", destdir, "/opt/ll", BUILD)
        assert files(destdir / "opt/ll") == there, "installing again changes nothing"
        foreign = destdir / "opt/ll/bin/somebody-elses"
        foreign.write_text("")
        said = script("uninstall", destdir, "/opt/ll").stdout
        assert files(destdir) == {"opt/ll/bin/somebody-elses"}, (files(destdir), said)
        done = script("uninstall", destdir, "/opt/ll", code=1)
        assert "nothing is installed" in done.stderr, done


def test_wrong_prefix():
    done = script("install", "", "relative", BUILD, code=2)
    assert "absolute" in done.stderr, done


def main():
    subprocess.run(["cmake", "--build", BUILD, "--target", "installed"], check=True, stdout=subprocess.DEVNULL)
    tap = Tap(2)
    tap.case("installed, and removed but for what is somebody else's", test_install)
    tap.case("a relative prefix is refused", test_wrong_prefix)
    tap.end()


main()
