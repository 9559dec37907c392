"""Faults between a source and a table, one for each way in which a value can change on its way.

Each is a context in which one value of what a load writes becomes another without an error of the database. A load
within it must be refused, and leave the table as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest import mock

import psycopg
from sqlalchemy import Double, event

from moltres.dialects.base.inserting import Inserting
from moltres.dialects.duckdb import dialect as of_duckdb
from moltres.dialects.iceberg import dialect as of_iceberg
from moltres.dialects.mariadb.dialect import MariaDBDialect
from moltres.dialects.postgresql import dialect as of_postgresql
from moltres.dialects.trino import types as of_trino
from moltres.write import files, statement_rows
from support.dialect_conformance.data import run

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from moltres import Database

Fault = Callable[["Database", "random.Random"], AbstractContextManager[None]]
"""A fault in the loads of a database, at a place by chance."""

_WRITES = re.compile("INSERT|CREATE OR REPLACE")
COLUMNS = ("amount", "name", "number")


def rows(draw: random.Random, number: int = 20, first: int = 0) -> list[dict[str, Any]]:
    """Rows of one trial: floats that need all of their bits, strings of eight characters, integers."""
    return [
        {
            "id": first + n,
            "amount": draw.randrange(1, 10**6) / 7,
            "name": f"ä{draw.randrange(10**6, 10**7)}",
            "number": draw.randrange(100, 999),
        }
        for n in range(number)
    ]


def _bent(draw: random.Random, value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, str):
        at = draw.randrange(len(value))
        return f"{value[:at]}#{value[at + 1 :]}"
    return value + draw.choice((-1, 1))


def _with_one_bent(draw: random.Random, batch: list[Any]) -> list[Any]:
    """Rows of which one has another value behind its first one."""
    at = draw.randrange(len(batch))
    row = list(batch[at])
    if len(row) != 1 + len(COLUMNS):
        return batch  # of the table of loads
    column = draw.randrange(1, len(row))
    row[column] = _bent(draw, row[column])
    return [*batch[:at], tuple(row), *batch[at + 1 :]]


@contextmanager
def in_the_encoder(db: Database, draw: random.Random) -> Iterator[None]:
    """What makes rows ready for the driver bends a value."""
    del db

    def bending(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given: _with_one_bent(draw, original(*given))

    with (
        mock.patch.object(Inserting, "stored", bending(Inserting.stored)),
        mock.patch.object(of_duckdb, "into_text", bending(of_duckdb.into_text)),
        mock.patch.object(of_postgresql, "into_text", bending(of_postgresql.into_text)),
    ):
        yield


@contextmanager
def in_the_files(db: Database, draw: random.Random) -> Iterator[None]:
    """What makes the columns of Iceberg's files bends a value, or what stages rows in DuckDB."""
    made = of_iceberg.to_batch

    def bent(rows: Any, columns: Any) -> Any:
        return made(_with_one_bent(draw, rows), columns)

    with in_the_encoder(db, draw), mock.patch.object(of_iceberg, "to_batch", bent):
        yield


@contextmanager
def in_the_staged_files(db: Database, draw: random.Random) -> Iterator[None]:
    """What makes the columns of the files that Trino takes bends a value; few rows go there too."""
    del db
    made = files.to_batch

    def bent(rows: Any, columns: Any) -> Any:
        return made(_with_one_bent(draw, rows), columns)

    with mock.patch.object(files, "to_batch", bent), mock.patch.object(statement_rows, "_FEW", 0):
        yield


@contextmanager
def in_the_strings(db: Database, draw: random.Random) -> Iterator[None]:
    """What writes the values of a column as strings for Trino bends one."""
    del db
    made = of_trino.as_strings

    def bent(type_: Any, values: Any) -> Any:
        strings = list(made(type_, values))
        at = draw.randrange(len(strings))
        if "ä" in (strings[at] or ""):
            strings[at] = _with_one_digit_changed(draw, strings[at])
        return strings

    with mock.patch.object(of_trino, "as_strings", bent):
        yield


def _with_one_digit_changed(draw: random.Random, text: str) -> str:
    """The text with a digit of one of the strings as another."""
    at = draw.choice([at for at, one in enumerate(text) if one == "ä"]) + draw.randrange(1, 8)
    return f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}"


@contextmanager
def in_the_driver(db: Database, draw: random.Random) -> Iterator[None]:
    """What the driver sends is another value than it was given."""

    def sent(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
        if not _WRITES.search(statement) or "INTO moltres_loads" in statement:
            return statement, parameters
        if isinstance(parameters, list) and parameters:
            return statement, _with_one_bent(draw, parameters)
        if isinstance(parameters, tuple) and any(isinstance(one, str) and one.count("ä") > 1 for one in parameters):
            return statement, tuple(  # rows as one string
                _with_one_digit_changed(draw, one) if isinstance(one, str) and "ä" in one else one for one in parameters
            )
        if isinstance(parameters, tuple) and len(parameters) > len(COLUMNS):
            at = draw.choice([at for at in range(len(parameters)) if at % (1 + len(COLUMNS))])
            return statement, (*parameters[:at], _bent(draw, parameters[at]), *parameters[at + 1 :])
        return (_with_one_digit_changed(draw, statement) if "ä" in statement else statement), parameters

    write = psycopg.Copy.write
    copied = mock.patch.object(
        psycopg.Copy, "write", lambda copy, part: write(copy, _with_one_digit_changed(draw, part))
    )
    event.listen(db.engine, "before_cursor_execute", sent, retval=True)
    try:
        with copied:
            yield
    finally:
        event.remove(db.engine, "before_cursor_execute", sent)


def by_a_trigger(make: str, drop: str) -> Fault:
    """A trigger of the table ``target`` changes the number of one row in twenty.

    Args:
        make: Statements, one a line, that make it.
        drop: The statement that drops it.
    """

    @contextmanager
    def fault(db: Database, draw: random.Random) -> Iterator[None]:
        del draw
        run(db, *make.splitlines())
        try:
            yield
        finally:
            run(db, drop)

    return named("by_a_trigger", fault)


def by_a_type(alter: str) -> Fault:
    """The column holds fewer digits than what is known of it says, as if it were altered between look and load."""

    @contextmanager
    def fault(db: Database, draw: random.Random) -> Iterator[None]:
        del draw
        run(db, alter)

        kind = type(db.dialect)
        columns_of, told = kind.columns_of, kind.told

        def believed(columns: Any) -> Any:
            return [{**one, "type": Double()} if one["name"] == "amount" else one for one in columns]

        def believed_told(*given: Any) -> Any:
            found = told(*given)
            return found and replace(found, columns=believed(found.columns))

        with (
            mock.patch.object(kind, "columns_of", lambda *given: believed(columns_of(*given))),
            mock.patch.object(kind, "told", believed_told),
        ):
            yield

    return named("by_a_type", fault)


@contextmanager
def by_a_session(db: Database, draw: random.Random) -> Iterator[None]:
    """A session of MariaDB that cuts strings without an error; and nothing of ours that looks at them before."""
    del draw
    run(
        db,
        "UPDATE target SET name = left(name, 6)",
        "ALTER TABLE target MODIFY name VARCHAR(6) CHARACTER SET utf8mb4",
    )

    @contextmanager
    def lenient(_: Any, connection: Any) -> Iterator[None]:
        connection.exec_driver_sql("SET SESSION sql_mode = ''")
        yield

    with (
        mock.patch.object(MariaDBDialect, "writing", lenient),
        mock.patch.object(MariaDBDialect, "refusal", return_value=None),
    ):
        yield


def named(name: str, fault: Fault) -> Fault:
    """The fault under a name of its own, for the ids of tests."""
    fault.__name__ = name
    return fault


SQLITE: tuple[Fault, ...] = (
    in_the_encoder,
    in_the_driver,
    by_a_trigger(
        "CREATE TRIGGER bends AFTER INSERT ON target WHEN new.id % 20 = 7"
        " BEGIN UPDATE target SET number = number + 1 WHERE id = new.id; END",
        "DROP TRIGGER bends",
    ),
)
DUCKDB: tuple[Fault, ...] = (
    in_the_encoder,
    in_the_driver,
    by_a_type("ALTER TABLE target ALTER amount TYPE real"),
)
POSTGRESQL: tuple[Fault, ...] = (
    in_the_encoder,
    in_the_driver,
    by_a_trigger(
        "CREATE OR REPLACE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN IF NEW.id % 20 = 7 THEN NEW.number = NEW.number + 1; END IF; RETURN NEW; END'\n"
        "CREATE TRIGGER bends BEFORE INSERT ON target FOR EACH ROW EXECUTE FUNCTION bend()",
        "DROP TRIGGER bends ON target",
    ),
    by_a_type("ALTER TABLE target ALTER amount TYPE real"),
)
ICEBERG: tuple[Fault, ...] = (in_the_files,)
TRINO: tuple[Fault, ...] = (in_the_strings, in_the_driver)
TRINO_FILES: tuple[Fault, ...] = (in_the_staged_files,)
MARIADB: tuple[Fault, ...] = (
    in_the_encoder,
    in_the_driver,
    by_a_trigger(
        "CREATE TRIGGER bends BEFORE INSERT ON target FOR EACH ROW SET NEW.number = NEW.number + (NEW.id % 20 = 7)",
        "DROP TRIGGER bends",
    ),
    by_a_type("ALTER TABLE target MODIFY amount FLOAT"),
    by_a_session,
)
