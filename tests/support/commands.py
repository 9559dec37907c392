"""The commands that the documentation shows, as their arguments."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_PAGES = ("README.md", "docs/guides/*.md", "packages/*/README.md")


def documented_commands(program: str) -> list[list[str]]:
    """The arguments of each call of a program in blocks of ``bash``, and of each that a sentence names with options.

    Args:
        program: The program, such as ``dq``.
    """
    found = []
    for page in sorted(page for pattern in _PAGES for page in _ROOT.glob(pattern)):
        text = page.read_text(encoding="utf-8")
        lines = [line for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
        sentences = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        lines += re.findall(rf"`({program} [a-z]+ [A-Z][^`]* --[^`]+)`", sentences)
        calls = [shlex.split(line, comments=True) for line in lines if line.startswith(f"{program} ")]
        found += [call[1 : call.index("|") if "|" in call else None] for call in calls]
    return found
