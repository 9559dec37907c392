"""Write the table of rules in docs/guides/checks.md from the classes: ``python tools/rules_table.py [--check]``."""

from __future__ import annotations

import dataclasses
import sys

from dq_core import Check
from dq_core.checks import KINDS
from written_table import DOCS, WrittenTable


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


TABLE = WrittenTable(DOCS / "guides" / "checks.md", "rules", "rules_table", table)


if __name__ == "__main__":
    sys.exit(TABLE.main())
