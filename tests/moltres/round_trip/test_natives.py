"""Whatever a database holds comes back equal on every road, or is refused with its column named.

``ORACLE_EXAMPLES=100`` draws more, from another seed each time (``--hypothesis-seed`` repeats one), and lets every form
of the rows go to every database instead of one of them in turn.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moltres import connect
from support.round_trip import (
    ARRIVING,
    DELICATE,
    DUCKDB,
    POSTGRESQL,
    SQLITE,
    WRITTEN,
    Native,
    faults,
    is_the_simplest,
    listed_of,
)
from support.round_trip.targets import DECLARED, values_for, write_faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from moltres import Database
    from support.postgresql import PostgreSQLServer

EMBEDDED = ("sqlite", "duckdb", "postgresql")
EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "2"))
REPEATED = "ORACLE_EXAMPLES" not in os.environ
CASES = [
    pytest.param(database, native, turn, id=f"{database}-{native.name or 'undeclared'}")
    for database, natives in (("sqlite", SQLITE), ("duckdb", DUCKDB), ("postgresql", POSTGRESQL))
    for turn, native in enumerate(natives)
]


@pytest.fixture(scope="module")
def databases(postgresql: PostgreSQLServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Database]]:
    """One of each kind, which all examples share."""
    folder = tmp_path_factory.mktemp("round_trip")
    with ExitStack() as stack:
        url = stack.enter_context(postgresql.database("round_trip"))
        urls: dict[str, Any] = {
            "sqlite": f"sqlite:///{folder / 'rows.sqlite'}",
            "duckdb": f"duckdb:///{folder / 'rows.duckdb'}",
            "postgresql": url,
        }
        found = {name: stack.enter_context(connect(address)) for name, address in urls.items()}
        with found["postgresql"].transaction() as connection:
            for native in POSTGRESQL:
                for statement in native.setup:
                    connection.exec_driver_sql(statement)
        yield found


@pytest.mark.most_cases(60)
@pytest.mark.filterwarnings("ignore:Did not recognize type")  # SQLAlchemy's, of types that moltres asks the server for
@pytest.mark.parametrize(("database", "native", "turn"), CASES)
@settings(max_examples=EXAMPLES, derandomize=REPEATED, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_value_is_equal_or_refused(
    databases: dict[str, Database], tmp_path: Path, database: str, native: Native, turn: int, data: st.DataObject
) -> None:
    if REPEATED and is_the_simplest(data):
        return
    drawn = data.draw(st.lists(native.values | st.just(("NULL", None)), min_size=1, max_size=3))
    reader = databases["duckdb"]
    begin = turn if REPEATED else None
    assert faults(databases[database], databases, native.name, drawn, tmp_path, reader=reader, turn=begin) == []


COLUMNS = [
    pytest.param(database, type_, id=f"{database}-{type_ or 'undeclared'}")
    for database in ("sqlite", "duckdb", "postgresql")
    for type_ in DECLARED[database]
]


@pytest.mark.parametrize(("database", "type_"), COLUMNS)
@settings(max_examples=EXAMPLES + 1, derandomize=REPEATED, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_value_into_any_column(
    databases: dict[str, Database], database: str, type_: str, data: st.DataObject
) -> None:
    if REPEATED and is_the_simplest(data):
        return
    values = data.draw(st.lists(values_for(type_) | st.none(), min_size=1, max_size=2))
    assert write_faults(databases[database], type_, values) == []


@pytest.mark.filterwarnings("ignore:Did not recognize type")  # as above
@pytest.mark.parametrize(
    ("database", "type_", "literal", "value", "refusable"),
    [
        (*one, refusable)
        for refusable, values in ((True, DELICATE), (False, ARRIVING))
        for one in listed_of(values, *EMBEDDED)
    ],
)
def test_a_listed_value_is_equal_or_refused(
    databases: dict[str, Database], tmp_path: Path, database: str, type_: str, literal: str, value: Any, refusable: bool
) -> None:
    drawn = [(literal, value)]
    assert faults(databases[database], databases, type_, drawn, tmp_path, refusable=refusable) == []


@pytest.mark.parametrize(("database", "type_", "value"), listed_of(WRITTEN, *EMBEDDED))
def test_a_listed_value_into_its_column(databases: dict[str, Database], database: str, type_: str, value: Any) -> None:
    assert write_faults(databases[database], type_, [value, None]) == []
