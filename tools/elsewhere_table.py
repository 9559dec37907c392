"""Write what compiles for databases without a server here into docs/reference/databases.md: ``[--check]``.

``WRITE_FOUND=1 make test-dialects`` measures it anew, with the packages of the dialects.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from written_table import DOCS, WrittenTable

FOUND = DOCS / "reference" / "compiled.json"
PARTS = {"moltres": "moltres", "dq_core": "dq-core", "dq_core, semantics=database": 'dq-core, `semantics="database"`'}

Found = dict[str, dict[str, Any]]


def rows(found: Found, part: str) -> list[str]:
    """A row for each piece of work that does not compile for all of them."""
    names = next(iter(found.values()))[part]
    return [name for name in names if any(of[part][name] != "compiles" for of in found.values())]


def cell(outcome: str, reasons: list[str]) -> str:
    """What stands in the table for an outcome; what the dialect says is a note."""
    if outcome == "compiles":
        return "yes"
    if outcome.startswith("refused: "):
        return "refused"
    if outcome not in reasons:
        reasons.append(outcome)
    return f"no ({reasons.index(outcome) + 1})"


def table() -> str:
    """The packages, what compiles everywhere, the rest as a table, and why something does not."""
    found: Found = json.loads(FOUND.read_text(encoding="utf-8"))
    reasons: list[str] = []
    packages = ", ".join(f"{name} ({of['package']})" for name, of in found.items())
    lines = [f"Tried: {packages}.", ""]
    for part, title in PARTS.items():
        names = next(iter(found.values()))[part]
        differing = rows(found, part)
        everywhere = ", ".join(f"`{name}`" for name in names if name not in differing)
        lines += [f"**{title}.** Compiles for all: {everywhere}.", ""]
        if differing:
            lines += [f"| {title} | {' | '.join(found)} |", f"|---|{'---|' * len(found)}"]
            for name in differing:
                cells = " | ".join(cell(of[part][name], reasons) for of in found.values())
                lines.append(f"| `{name}` | {cells} |")
            lines.append("")
    lines += [f"{number}. {reason}" for number, reason in enumerate(reasons, 1)]
    return "\n".join(lines) + "\n"


TABLE = WrittenTable(DOCS / "reference" / "databases.md", "elsewhere", "elsewhere_table", table)


if __name__ == "__main__":
    sys.exit(TABLE.main())
