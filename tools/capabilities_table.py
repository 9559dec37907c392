"""Write the table of capabilities in docs/reference/databases.md: ``python tools/capabilities_table.py [--check]``."""

from __future__ import annotations

import dataclasses
import re
import sys

from moltres.dialects import Capabilities, supported
from written_table import DOCS, WrittenTable


def shown(value: object) -> str:
    """A value of a capability in the table."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "no limit" if value is None else str(value) or "none"


def table() -> str:
    """The table: a row for each capability, a column for each database."""
    dialects = supported()
    sentences = dict(re.findall(r"^        (\w+): (.+)$", Capabilities.__doc__ or "", re.MULTILINE))
    names = " | ".join(f"`{dialect.name}`" for dialect in dialects)
    lines = [f"| capability | {names} | what it means |", f"|---|{'---|' * len(dialects)}---|"]
    for field in dataclasses.fields(Capabilities):
        values = " | ".join(shown(getattr(dialect.capabilities, field.name)) for dialect in dialects)
        lines.append(f"| `{field.name}` | {values} | {sentences[field.name]} |")
    return "\n".join(lines) + "\n"


TABLE = WrittenTable(DOCS / "reference" / "databases.md", "capabilities", "capabilities_table", table)


if __name__ == "__main__":
    sys.exit(TABLE.main())
