"""Count what ran: the last line of a run says how many tests and steps passed, over everything that was expected.

    python3 tools/results.py run NAME -- COMMAND…   run a step that is no pytest run and note its outcome
    python3 tools/results.py leg NAME -- COMMAND…   run pytest and note its outcome, test by test
    python3 tools/results.py sum NAME…              print what failed and how many did not; exit 1 unless all passed

A name that is summed and has left no outcome counts as failed, so nothing passes by not running; so does a leg whose
pytest ended with an error although each of its tests passed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree as ET

RESULTS = Path(__file__).resolve().parent.parent / ".cache" / "results"


def note(name: str, command: list[str]) -> int:
    """Run a command; note its exit code and how long it took."""
    outcome = RESULTS / f"{name}.ended"
    started = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    outcome.write_text(f"{code} {time.monotonic() - started:.0f}")
    return code


def run(name: str, command: list[str]) -> int:
    """Run a step of which only the exit code counts."""
    forget(name)
    return note(name, command)


def leg(name: str, command: list[str]) -> int:
    """Run pytest, which writes what became of each test.

    Its files are in a folder of their own: runs at once that tidy up the one that pytest shares fail each other.
    """
    forget(name)
    with tempfile.TemporaryDirectory(prefix="moltres-", ignore_cleanup_errors=True) as folder:
        return note(name, [*command, f"--junitxml={suite_of(name)}", f"--basetemp={folder}/tests"])


def suite_of(name: str) -> Path:
    return RESULTS / f"{name}.xml"


def forget(name: str) -> None:
    """Remove the outcome of an earlier run."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    for path in (RESULTS / f"{name}.ended", suite_of(name)):
        path.unlink(missing_ok=True)


def ended(name: str) -> tuple[int, int] | None:
    """The exit code and the seconds of what ran to its end."""
    outcome = RESULTS / f"{name}.ended"
    if not outcome.exists():
        return None
    code, seconds = outcome.read_text().split()
    return int(code), int(seconds)


def count(name: str) -> tuple[int, int, int]:
    """Passed, failed and skipped of one step or pytest run."""
    found = ended(name)
    if found is None:
        print(f"results: {name} did not run")
        return 0, 1, 0
    code, _ = found
    if not suite_of(name).exists():
        return (1, 0, 0) if code == 0 else (0, 1, 0)
    tests = failed = skipped = 0
    for element in ET.parse(suite_of(name)).getroot().iter("testsuite"):
        tests += int(element.get("tests", 0))
        failed += int(element.get("failures", 0)) + int(element.get("errors", 0))
        skipped += int(element.get("skipped", 0))
    if tests == 0:
        print(f"results: {name} collected no test")
        failed = 1
    elif code != 0 and not failed:
        print(f"results: pytest of {name} ended with {code} although its tests passed")
        failed = 1
    return max(tests - failed - skipped, 0), failed, skipped


def failures(name: str) -> list[str]:
    """The names of the tests that failed, or could not be set up."""
    if not suite_of(name).exists():
        return []
    return [
        f"{case.get('classname')}.{case.get('name')}"
        for case in ET.parse(suite_of(name)).getroot().iter("testcase")
        if case.find("failure") is not None or case.find("error") is not None
    ]


def total(names: list[str]) -> int:
    counts = {name: count(name) for name in names}
    width = max(map(len, names))
    for name, (passed, failed, skipped) in counts.items():
        seconds = (ended(name) or (0, 0))[1]
        print(f"{name:<{width}}  {passed:>5} passed  {failed:>3} failed  {skipped:>3} skipped  {seconds:>5} s")
        for test in failures(name):
            print(f"{'':<{width}}  failed: {test}")
    passed, failed, skipped = (sum(column) for column in zip(*counts.values(), strict=True))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


def main(arguments: list[str]) -> int:
    match arguments:
        case ["run", name, "--", *command] if command:
            return run(name, command)
        case ["leg", name, "--", *command] if command:
            return leg(name, command)
        case ["sum", *names] if names:
            return total(names)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
