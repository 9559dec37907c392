"""The tests look at what the code does, not at what it keeps for itself."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).resolve().parents[1]
OF_NAMED_TUPLES = {"_asdict", "_fields", "_make", "_replace", "_mapping"}
#: What notebooks call, though its name begins with an underscore.
OF_NOTEBOOKS = {"_repr_html_"}
REACHES = {"getattr", "setattr", "delattr", "hasattr", "setitem"}


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in OF_NAMED_TUPLES | OF_NOTEBOOKS


def reaches(tree: ast.AST) -> Iterator[str]:
    """Everything private that a module takes from elsewhere: by attribute, by import, or by a name in a string."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ast.Name("self" | "cls"), _):
                pass
            case ast.Attribute(_, attr) if private(attr):
                yield f"{node.lineno}: .{attr}"
            case ast.ImportFrom(module, names):
                parts = [*(module or "").split("."), *(name.name for name in names)]
                yield from (f"{node.lineno}: import {part}" for part in parts if private(part))
            case ast.Call(ast.Name(name) | ast.Attribute(_, name), args) if name in REACHES:
                texts = [arg.value for arg in args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
                yield from (f"{node.lineno}: {text!r}" for text in texts if any(map(private, text.split("."))))


@pytest.mark.parametrize(
    "source",
    [
        "thing._hidden",
        "from moltres._inside import x",
        "from moltres import _x",
        "patch.setattr(module, '_LIMIT', 1)",
        "patch.setattr('moltres.module._LIMIT', 1)",
        "getattr(thing, '_hidden')",
    ],
)
def test_every_way_to_reach_inside_is_seen(source: str) -> None:
    assert len(list(reaches(ast.parse(source)))) == 1


def test_no_test_reaches_inside() -> None:
    modules = sorted(TESTS.rglob("*.py"))
    assert len(modules) > 100
    found = {str(path.relative_to(TESTS)): list(reaches(ast.parse(path.read_text()))) for path in modules}
    assert {path: places for path, places in found.items() if places} == {}
