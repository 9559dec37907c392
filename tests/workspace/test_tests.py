"""The tests look at what the code does, not at what it keeps for itself, and decide nothing by a database's name."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.database_names import is_name_of_database

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).resolve().parents[1]
OF_NAMED_TUPLES = {"_asdict", "_fields", "_make", "_replace", "_mapping"}
#: What notebooks call, though its name begins with an underscore.
OF_NOTEBOOKS = {"_repr_html_"}
#: The documented way out of a forked process.
OF_FORKS = {"_exit"}
#: The options of a parser of argparse, which it tells by no other name.
OF_PARSERS = {"_actions", "_SubParsersAction"}
OF_OTHERS = OF_NAMED_TUPLES | OF_NOTEBOOKS | OF_FORKS | OF_PARSERS
REACHES = {"getattr", "setattr", "delattr", "hasattr", "setitem"}


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in OF_OTHERS


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


DATABASE_NAMES = {"sqlite", "duckdb", "postgresql", "mariadb", "mysql"}
#: Where a database is found by its name: one row of facts for each, and the oracle of checks, which must not ask the
#: dialects that it judges.
BY_NAME = ("support/database_facts.py", "support/fingerprints.py", "support/check_oracle/", "dq_core/test_oracle.py")


def decided_by_name(tree: ast.AST) -> Iterator[int]:
    """The lines where the name of a database decides: compared with a literal, but to assert it, or looked up."""
    for node in ast.walk(tree):
        match node:
            case ast.If(test) | ast.IfExp(test) | ast.While(test):
                yield from compared(test)
            case ast.comprehension(ifs=tests):
                yield from (line for test in tests for line in compared(test))
            case ast.Assign(value=ast.Compare() | ast.BoolOp() as test) | ast.keyword(value=ast.Compare() as test):
                yield from compared(test)
            case ast.Subscript(_, key) | ast.Call(ast.Attribute(_, "get"), [key, *_]):
                if is_name_of_database(key):
                    yield node.lineno


def compared(test: ast.AST) -> Iterator[int]:
    for node in ast.walk(test):
        if isinstance(node, ast.Compare) and any(map(literal_name, (node.left, *node.comparators))):
            yield node.lineno


def literal_name(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value):
            return value in DATABASE_NAMES
        case ast.Tuple(items) | ast.List(items) | ast.Set(items):
            return any(map(literal_name, items))
    return False


@pytest.mark.parametrize(
    "source",
    [
        "if db.dialect.name == 'sqlite': pass",
        "x = 1 if 'duckdb' != place else 2",
        "[name for name in names if name in ('sqlite', 'duckdb')]",
        "assert x < (1 if url.get_backend_name() == 'postgresql' else 2)",
        "run(exact=place == 'mariadb')",
        "exact = place == 'mariadb' or other",
        "{'sqlite': 1}[db.dialect.name]",
        "SQL.get(engine.dialect.name)",
    ],
)
def test_every_way_to_decide_by_a_name_is_seen(source: str) -> None:
    assert list(decided_by_name(ast.parse(source))) == [1]


def test_no_test_decides_by_the_name_of_a_database() -> None:
    found = {
        str(path.relative_to(TESTS)): list(decided_by_name(ast.parse(path.read_text())))
        for path in sorted(TESTS.rglob("*.py"))
        if not str(path.relative_to(TESTS)).startswith(BY_NAME)
    }
    assert {path: lines for path, lines in found.items() if lines} == {}
