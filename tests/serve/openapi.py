#!/usr/bin/env python3
"""A fuzzer that is not ours, driven by the API's own description: no answer is a server error, and all are as
described. Writes TAP. Usage: openapi.py LIVELAKE SIM INTEROP"""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from program import Skip, Tap
from served import Served, fill

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
EXAMPLES = 60  # of each operation and phase


def fuzz(server, fuzzer):
    if not fuzzer.exists():
        raise Skip("scripts/bootstrap interop installs the fuzzer")
    done = subprocess.run(
        [fuzzer, "run", f"{server.url}/api/v1/openapi.json", "--checks", CHECKS, "--max-examples",
         str(EXAMPLES), "--exclude-path", "/api/v1/events", "--seed", "20261124", "--no-color",
         "--generation-database", "none", "--request-timeout", "60"],
        capture_output=True, text=True, timeout=3000, check=False, cwd=server.program.lake.parent)
    print("# " + done.stdout[-9000:].replace("\n", "\n# "))
    server.alive()
    assert done.returncode == 0, done.stderr[-2000:]


def main():
    livelake, simulator, interop = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
    tap = Tap(1)
    with tempfile.TemporaryDirectory(prefix="livelake-openapi-") as folder:
        program = fill(livelake, simulator, pathlib.Path(folder) / "lake")
        server = Served(program, "query.timeout=5s")
        tap.case("a fuzzer driven by OpenAPI", fuzz, server,
                 interop / "fuzzer" / "bin" / "schemathesis")
        server.stop()
    tap.end()


if __name__ == "__main__":
    main()
