"""MariaDB's values on every road out of it and into the others, and theirs into it.

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
from support.mariadb import mariadb_server
from support.round_trip import (
    ARRIVING,
    DELICATE,
    DUCKDB,
    MARIADB,
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

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]  # the first one starts the server, and may build it


SERVED = {"mariadb"}
EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "2"))
REPEATED = "ORACLE_EXAMPLES" not in os.environ
CASES = [
    pytest.param(database, native, targets, turn, id=f"{database}-{native.name or 'undeclared'}")
    for database, natives, targets in (
        ("mariadb", MARIADB, ("mariadb", "sqlite", "duckdb", "postgresql")),
        ("sqlite", SQLITE, ("mariadb",)),
        ("duckdb", DUCKDB, ("mariadb",)),
        ("postgresql", POSTGRESQL, ("mariadb",)),
    )
    for turn, native in enumerate(natives)
]


@pytest.fixture(scope="module")
def databases(postgresql: PostgreSQLServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Database]]:
    """One of each kind, which all examples share."""
    folder = tmp_path_factory.mktemp("round_trip")
    with ExitStack() as stack:
        server = stack.enter_context(mariadb_server())
        found = {
            "mariadb": stack.enter_context(connect(stack.enter_context(server.database("round_trip")))),
            "sqlite": stack.enter_context(connect(f"sqlite:///{folder / 'rows.sqlite'}")),
            "duckdb": stack.enter_context(connect(f"duckdb:///{folder / 'rows.duckdb'}")),
            "postgresql": stack.enter_context(connect(stack.enter_context(postgresql.database("round_trip_all")))),
        }
        with found["postgresql"].transaction() as connection:
            for native in POSTGRESQL:
                for statement in native.setup:
                    connection.exec_driver_sql(statement)
        yield found


@pytest.mark.most_cases(72)
@pytest.mark.filterwarnings("ignore:Did not recognize type")  # SQLAlchemy's, of types that moltres asks the server for
@pytest.mark.parametrize(("database", "native", "targets", "turn"), CASES)
@settings(max_examples=EXAMPLES, derandomize=REPEATED, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_value_is_equal_or_refused(
    databases: dict[str, Database],
    tmp_path: Path,
    database: str,
    native: Native,
    targets: tuple[str, ...],
    turn: int,
    data: st.DataObject,
) -> None:
    if REPEATED and is_the_simplest(data):
        return
    drawn = data.draw(st.lists(native.values | st.just(("NULL", None)), min_size=1, max_size=3))
    into = {name: databases[name] for name in targets}
    reader = databases["duckdb"] if database in targets else None
    begin = turn if REPEATED else None
    assert faults(databases[database], into, native.name, drawn, tmp_path, reader=reader, turn=begin) == []


@pytest.mark.parametrize("type_", DECLARED["mariadb"])
@settings(max_examples=EXAMPLES + 1, derandomize=REPEATED, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_value_into_any_column(databases: dict[str, Database], type_: str, data: st.DataObject) -> None:
    if REPEATED and is_the_simplest(data):
        return
    values = data.draw(st.lists(values_for(type_) | st.none(), min_size=1, max_size=2))
    assert write_faults(databases["mariadb"], type_, values) == []


@pytest.mark.filterwarnings("ignore:Did not recognize type")  # as above
@pytest.mark.parametrize(
    ("database", "type_", "literal", "value", "refusable"),
    [(*one, refusable) for refusable, values in ((True, DELICATE), (False, ARRIVING)) for one in values],
)
def test_a_listed_value_is_equal_or_refused(
    databases: dict[str, Database], tmp_path: Path, database: str, type_: str, literal: str, value: Any, refusable: bool
) -> None:
    into = {name: one for name, one in databases.items() if SERVED & {name, database}}
    assert faults(databases[database], into, type_, [(literal, value)], tmp_path, refusable=refusable) == []


def test_the_largest_number_without_a_sign_arrives(databases: dict[str, Database], tmp_path: Path) -> None:
    into = databases.copy()
    del into["sqlite"]  # which has 63 bits
    drawn = [("18446744073709551615", 2**64 - 1)]
    assert faults(databases["mariadb"], into, "bigint unsigned", drawn, tmp_path, refusable=False) == []


@pytest.mark.parametrize(("database", "type_", "value"), listed_of(WRITTEN, "mariadb"))
def test_a_listed_value_into_its_column(databases: dict[str, Database], database: str, type_: str, value: Any) -> None:
    assert write_faults(databases[database], type_, [value, None]) == []
