"""Write the table of rules in docs/guides/checks.md from the classes: ``python tools/rules_table.py [--check]``."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from dq_core import Check
from dq_core.checks import KINDS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "guides" / "checks.md"
BEGIN, END = "<!-- rules: written by tools/rules_table.py -->\n", "<!-- end of rules -->\n"


def table() -> str:
    """The table: a row for each kind of check, with the first line of its docstring."""
    common = {field.name for field in dataclasses.fields(Check)}
    lines = ["| type | options | what must hold |", "|---|---|---|"]
    for kind in dict.fromkeys(cls.kind for cls in KINDS.values() if cls.__module__.startswith("dq_core.checks.")):
        cls = KINDS[kind]
        names = [
            f"**{field.name}**" if field.default is dataclasses.MISSING else field.name
            for field in dataclasses.fields(cls)
            if field.name not in common
        ]
        also = [name for name, other in KINDS.items() if other is cls and name != kind]
        types = f"`{kind}`" + (f" (also {', '.join(f'`{name}`' for name in also)})" if also else "")
        assert cls.__doc__ is not None
        sentence = cls.__doc__.partition("\n")[0].replace("``", "`")
        lines.append(f"| {types} | {', '.join(names)} | {sentence} |")
    return "\n".join(lines) + "\n"


def updated(page: str) -> str:
    """The page with the table as the classes give it."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    page = PAGE.read_text(encoding="utf-8")
    if updated(page) == page:
        return 0
    if "--check" in sys.argv:
        print(f"{PAGE} is not what the classes say: run python tools/rules_table.py")
        return 1
    PAGE.write_text(updated(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
