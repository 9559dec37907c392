"""Write the table of engines in docs/guides/engines.md from what they answer to the suite's rules.

.venvs/truthound-kestra/bin/python tools/engines_table.py
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "guides" / "engines.md"
_TABLE = re.compile(r"(?<=<!-- engines: begin -->\n).*?(?=<!-- engines: end -->)", re.DOTALL)


def updated(page: str) -> str:
    """The page with the table as the engines give it; the working directory holds the suite's other table."""
    from support.engine_conformance import support_table

    table = f"{support_table().strip()}\n"
    return _TABLE.sub(lambda _: table, page)


def main() -> None:
    sys.path.insert(0, str(ROOT / "tests"))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("a.csv").write_text("a,t\nn,x\ns,ab-1\n", encoding="utf-8")
        PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
