"""The guide's table of rules is the one that the classes give."""

from __future__ import annotations

from dq_core.checks import KINDS
from support.tools import load_tool

tool = load_tool("rules_table")


def test_the_table_is_up_to_date() -> None:
    page = tool.TABLE.page.read_text(encoding="utf-8")
    assert tool.TABLE.updated(page) == page, "run python tools/rules_table.py"


def test_every_kind_has_a_row() -> None:
    table = tool.table()
    own = [kind for kind, cls in KINDS.items() if cls.__module__.startswith("dq_core.")]
    assert all(f"`{kind}`" in table for kind in own)
    assert "| `in_range` (also `range`, `between`) | **column**, min, max, strict_min, strict_max |" in table
