"""Failing rows on a database where every statement commits: into a table of their own first, then published at once.

Nobody sees rows in the target before it is known that passed and quarantined rows are all rows, and the target changes
by one commit: the table of their own gets its name, or replaces it, or is inserted.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ..errors import RuleError
from ..relation.selection import literal_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

__all__ = ["write_staged"]


def write_staged(
    connection: sa.Connection,
    *,
    counts: sa.Select[Any],
    rows: sa.Select[Any],
    target: sa.TableClause,
    exists: bool,
    mode: str,
    limited: Callable[[], AbstractContextManager[None]],
    check: Callable[[Sequence[int], int], None],
) -> tuple[int, ...]:
    """Write the failing rows.

    Args:
        connection: What runs the statements, each of which commits.
        counts: A SELECT of the numbers of all, passing and failing rows, and those of each check.
        rows: A SELECT of the failing rows.
        target: The table to write to.
        exists: Whether it exists.
        mode: "replace" or "append", for a table that exists.
        limited: Makes a block in which statements have the time limit.
        check: Raises unless the numbers and that of the written rows fit.

    Raises:
        RuleError: The database replaces no table in one commit; nothing was changed.
    """
    staged = sa.table(f"{target.name}_{secrets.token_hex(6)}", schema=target.schema)
    own, there = map(connection.dialect.identifier_preparer.format_table, (staged, target))
    try:
        with limited():
            _run(connection, f"CREATE TABLE {own} AS {literal_sql(rows, connection)}")
        with limited():
            found = tuple(int(number) for number in connection.execute(counts).all()[0])
        with limited():
            written = connection.execute(sa.select(sa.func.count()).select_from(staged)).scalars().all()[0]
        check(found, written)
        with limited():
            if not exists:
                _run(connection, f"ALTER TABLE {own} RENAME TO {there}")
            elif mode == "append":
                _run(connection, f"INSERT INTO {there} TABLE {own}")
            else:
                _replace(connection, there, own, target.name)
    finally:
        _run(connection, f"DROP TABLE IF EXISTS {own}")
    return found


def _replace(connection: sa.Connection, there: str, own: str, name: str) -> None:
    try:
        _run(connection, f"CREATE OR REPLACE TABLE {there} AS TABLE {own}")
    except DBAPIError as error:
        if getattr(error.orig, "error_name", None) != "NOT_SUPPORTED":
            raise
        raise RuleError(
            [f"The table {name!r} exists, and the connector of its catalog replaces no table in one commit."],
            suggestion="Drop it before, append to it (mode='append'), or use a catalog of Iceberg.",
        ) from None


def _run(connection: sa.Connection, statement: str) -> None:
    result = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    if result.returns_rows:
        result.all()  # before its last row, a statement may not have ended
