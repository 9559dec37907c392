"""Count what ran: the last line of a run says how many tests and steps passed, over everything that was expected.

    python3 tools/results.py run NAME -- COMMAND…   run a step that is no pytest run and note its outcome
    python3 tools/results.py sum NAME…              print ``N passed, N failed, N skipped``, exit 1 unless all did

A pytest run notes its outcome by ``--junitxml=.cache/results/NAME.xml``. A name that is summed and has left no outcome
counts as failed, so nothing passes by not running.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

RESULTS = Path(__file__).resolve().parent.parent / ".cache" / "results"


def run(name: str, command: list[str]) -> int:
    RESULTS.mkdir(parents=True, exist_ok=True)
    outcome = RESULTS / f"{name}.step"
    outcome.unlink(missing_ok=True)
    code = subprocess.run(command, check=False).returncode
    outcome.write_text(str(code))
    return code


def count(name: str) -> tuple[int, int, int]:
    """Passed, failed and skipped of one step or pytest run."""
    step, suite = RESULTS / f"{name}.step", RESULTS / f"{name}.xml"
    if step.exists():
        return (1, 0, 0) if step.read_text() == "0" else (0, 1, 0)
    if not suite.exists():
        print(f"results: {name} did not run")
        return 0, 1, 0
    tests = failed = skipped = 0
    for element in ET.parse(suite).getroot().iter("testsuite"):
        tests += int(element.get("tests", 0))
        failed += int(element.get("failures", 0)) + int(element.get("errors", 0))
        skipped += int(element.get("skipped", 0))
    if tests == 0:
        print(f"results: {name} collected no test")
        failed = 1
    return max(tests - failed - skipped, 0), failed, skipped


def total(names: list[str]) -> int:
    counts = {name: count(name) for name in names}
    width = max(map(len, names))
    for name, (passed, failed, skipped) in counts.items():
        print(f"{name:<{width}}  {passed:>5} passed  {failed:>3} failed  {skipped:>3} skipped")
    passed, failed, skipped = (sum(column) for column in zip(*counts.values(), strict=True))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


def main(arguments: list[str]) -> int:
    match arguments:
        case ["run", name, "--", *command] if command:
            return run(name, command)
        case ["sum", *names] if names:
            return total(names)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
