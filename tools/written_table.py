"""A table in a page of the documentation that is written from the code, between two comments."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).resolve().parents[1] / "docs"


@dataclass(frozen=True)
class WrittenTable:
    """One table.

    Attributes:
        page: The page.
        name: What the comments around it call it.
        tool: The module of ``tools`` that writes it.
        table: Makes it.
    """

    page: Path
    name: str
    tool: str
    table: Callable[[], str]

    def updated(self, page: str) -> str:
        """The page with the table as the code gives it."""
        begin = f"<!-- {self.name}: written by tools/{self.tool}.py -->\n"
        end = f"<!-- end of {self.name} -->\n"
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        return f"{before}{begin}\n{self.table()}\n{end}{after}"

    def main(self) -> int:
        """Write the page, or with ``--check`` say whether it would change."""
        page = self.page.read_text(encoding="utf-8")
        if self.updated(page) == page:
            return 0
        if "--check" in sys.argv:
            print(f"{self.page} is not what the code says: run python tools/{self.tool}.py")
            return 1
        self.page.write_text(self.updated(page), encoding="utf-8")
        return 0
