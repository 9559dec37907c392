"""Write the table of capabilities in docs/reference/databases.md: ``python tools/capabilities_table.py [--check]``."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path

from moltres.dialects import Capabilities, supported

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "databases.md"
BEGIN, END = "<!-- capabilities: written by tools/capabilities_table.py -->\n", "<!-- end of capabilities -->\n"


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


def updated(page: str) -> str:
    """The page with the table as the dialects give it."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    page = PAGE.read_text(encoding="utf-8")
    if updated(page) == page:
        return 0
    if "--check" in sys.argv:
        print(f"{PAGE} is not what the dialects say: run python tools/capabilities_table.py")
        return 1
    PAGE.write_text(updated(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
