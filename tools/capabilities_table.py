"""Write the tables of what databases can do: ``python tools/capabilities_table.py [--check]``.

They stand in docs/reference/databases.md, and are made of what the conformance suites proved:
docs/reference/proved.json. ``MOLTRES_PROOFS=write make test-moltres-core test-dq-core test-engines`` writes that.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from moltres.dialects import Capabilities
from written_table import DOCS, WrittenTable

PROVED = DOCS / "reference" / "proved.json"
UNTRIED = " †"
#: Places of checks by the names that databases have here.
NAMES = {"trino": "trino (memory)", "trino iceberg": "trino (iceberg)"}


def proved() -> dict[str, Any]:
    """What is committed as proved."""
    read: dict[str, Any] = json.loads(PROVED.read_text(encoding="utf-8"))
    return read


def shown(value: object) -> str:
    """A value of a capability in the table."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "no limit" if value is None else str(value) or "none"


def suites(databases: dict[str, Any]) -> list[str]:
    """A row for each suite of moltres: where its tests passed."""
    every = sorted({suite for of in databases.values() for suite in of["suites"]})
    lines = [f"| suite of moltres | {' | '.join(databases)} |", f"|---|{'---|' * len(databases)}"]
    for suite in every:
        cells = " | ".join("passed" if suite in of["suites"] else "not run" for of in databases.values())
        lines.append(f"| `{suite}` | {cells} |")
    return lines


def kinds(places: dict[str, list[str]]) -> list[str]:
    """How many kinds of check passed where."""
    every = {kind for of in places.values() for kind in of}
    lines = [
        f"| kinds of check | {' | '.join(NAMES.get(place, place) for place in places)} |",
        f"|---|{'---|' * len(places)}",
    ]
    return [*lines, f"| passed | {' | '.join(f'{len(of)} of {len(every)}' for of in places.values())} |"]


def capabilities(databases: dict[str, Any]) -> list[str]:
    """A row for each capability, with the values that the suites met."""
    sentences = dict(re.findall(r"^        (\w+): (.+)$", Capabilities.__doc__ or "", re.MULTILINE))
    lines = [
        f"| capability | {' | '.join(databases)} | what it means |",
        f"|---|{'---|' * len(databases)}---|",
    ]
    for name in next(iter(databases.values()))["values"]:
        cells = " | ".join(
            shown(of["values"][name]) + ("" if name in of["asked"] else UNTRIED) for of in databases.values()
        )
        lines.append(f"| `{name}` | {cells} | {sentences[name]} |")
    return [*lines, "", f"{UNTRIED.strip()} No test of the suite on this database made moltres ask for it."]


def table() -> str:
    """The three tables."""
    found = proved()
    parts = [suites(found["databases"]), kinds(found["kinds"]), capabilities(found["databases"])]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


TABLE = WrittenTable(DOCS / "reference" / "databases.md", "capabilities", "capabilities_table", table)


if __name__ == "__main__":
    sys.exit(TABLE.main())
