"""What a database can do is asked of its dialect, never of its name, and the documentation shows it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine

import moltres
from moltres.dialects import Capabilities, Dialect, dialect_for, supported
from support.check_conformance import PLACES
from support.database_names import is_name_of_database
from support.proofs import Proofs, missing, values_of
from support.tools import load_tool

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(moltres.__path__[0])
tool = load_tool("capabilities_table")
elsewhere = load_tool("elsewhere_table")


def decided_by_name(tree: ast.AST) -> Iterator[int]:
    """The lines on which the name or the class of a dialect is compared."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left, _, comparators):
                if any(is_name_of_database(part) for part in (left, *comparators)):
                    yield node.lineno
            case ast.Call(ast.Name("isinstance"), [_, ast.Name(name) | ast.Attribute(_, name)]):
                if name.endswith("Dialect"):
                    yield node.lineno


@pytest.mark.parametrize(
    "code",
    [
        "if database.dialect.name == 'duckdb': pass",
        "x = dialect.name in {'mysql', 'mariadb'}",
        "if engine.name != 'sqlite': pass",
        "if url.get_backend_name() == 'duckdb': pass",
        "isinstance(database.dialect, SQLiteDialect)",
    ],
)
def test_every_way_to_ask_for_the_name_is_seen(code: str) -> None:
    assert list(decided_by_name(ast.parse(code))) == [1]


def test_nothing_outside_of_the_dialects_asks_for_the_name_of_a_database() -> None:
    modules = [
        path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] not in {"dialects", "_shared"}
    ]
    assert len(modules) > 30
    found = {str(path.relative_to(SOURCE)): list(decided_by_name(ast.parse(path.read_text()))) for path in modules}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_the_documentation_shows_the_capabilities() -> None:
    page = tool.TABLE.page.read_text(encoding="utf-8")
    assert tool.TABLE.updated(page) == page, "run python tools/capabilities_table.py"


@pytest.mark.parametrize("dialect", supported(), ids=lambda dialect: dialect.name)
def test_a_suite_ran_on_what_a_dialect_claims(dialect: Dialect) -> None:
    """The suites note the capabilities that they met; a leg that proves less than what is committed fails."""
    claimed = values_of(dialect.capabilities)
    met = [of for of in tool.proved()["databases"].values() if of["values"] == claimed]
    assert met, "no suite met these capabilities: MOLTRES_PROOFS=write on its suite, see tests/support/proofs.py"
    asked = {name for of in met for name in of["asked"]}
    unknown = values_of(Capabilities())
    claims = {name for name, value in claimed.items() if value != unknown[name]}
    assert claims - asked == set()


def test_the_documentation_shows_what_compiles_elsewhere() -> None:
    page = elsewhere.TABLE.page.read_text(encoding="utf-8")
    assert elsewhere.TABLE.updated(page) == page, "run python tools/elsewhere_table.py"


def test_an_unknown_database_has_the_capabilities_of_sqlalchemy_alone() -> None:
    engine = create_engine("sqlite://")
    engine.dialect.name = "elsewhere"
    found = dialect_for(engine).capabilities
    assert found == Capabilities(max_identifier_bytes=engine.dialect.max_identifier_length, counts_characters=True)


def test_mysql_shares_the_limits_of_mariadb() -> None:
    by_name = {dialect.name: dialect.capabilities for dialect in supported()}
    found = dialect_for(create_engine("mysql+pymysql://")).capabilities
    assert (found.full_join, found.nulls_first, found.max_identifier_bytes) == (False, False, 64)
    assert (by_name["mariadb"].full_join, by_name["mariadb"].nulls_first) == (False, False)
    assert not found.statement_timeout


def test_a_run_that_proves_less_is_told() -> None:
    before = {
        "databases": {"A": {"suites": ["Merge", "Modes"], "asked": ["nan"], "values": {"nan": True}}},
        "kinds": {"a": ["regex", "unique"], "elsewhere": ["regex"]},
    }
    now = Proofs("check")
    assert missing(before, now) == []  # of a database that is not tried nothing is known
    now.databases["A"] = {"suites": {"Merge", "Modes", "Waits"}, "asked": {"nan"}, "values": {"nan": True}}
    now.kinds["a"] = {"regex", "unique"}
    assert missing(before, now) == []
    now.databases["A"] = {"suites": {"Merge"}, "asked": set(), "values": {"nan": False}}
    now.kinds["a"] = {"regex"}
    said = "\n".join(missing(before, now))
    assert "A no longer proves suites: Modes" in said
    assert "A no longer proves asked: nan" in said
    assert "the capabilities of A are others" in said
    assert "a no longer proves the kinds unique" in said


def test_every_kind_of_check_passed_wherever_the_suite_of_kinds_runs() -> None:
    kinds = tool.proved()["kinds"]
    assert set(kinds) == set(PLACES)
    every = {kind for of in kinds.values() for kind in of}
    assert {place: every - set(of) for place, of in kinds.items() if every - set(of)} == {}
