"""Rows that a table does not have yet, found by all their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ..errors import WriteError
from .target import temporary_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from ..dialects import Dialect
    from .incremental import Watched
    from .inputs import Input
    from .request import WriteRequest
    from .target import Target


def insert_missing(target: Target, table: Table, rows: Watched | Input, request: WriteRequest) -> int:
    """Add those rows that the table does not have, where equal rows count as often as they are there.

    Args:
        target: The table.
        table: The same, with its columns.
        rows: The rows. Of each value of the cursor that they have, they are all the rows that the source has.
        request: What was asked for.

    Returns:
        The number of rows added.

    Raises:
        WriteError: If the table holds other values than were written.
    """
    dialect: Dialect = target.dialect
    connection = target.connection
    names = [name for name, _ in rows.columns or []]
    staged = staged_rows(target, table, rows)
    number, same = unused("moltres_number", names), unused("moltres_same", names)
    identity = dialect.identity([staged.c[name] for name in names])
    counted = select(
        *staged.c, identity.label(same), func.row_number().over(partition_by=identity).label(number)
    ).subquery()
    of_table = dialect.identity([table.c[name] for name in names])
    cursor = request.cursor or ""
    lowest = select(func.min(dialect.comparable(staged.c[cursor]))).scalar_subquery()
    known = (
        select(of_table.label("same"), func.count().label("times"))
        .where(dialect.comparable(table.c[cursor]) >= lowest)
        .group_by(of_table)
        .subquery()
    )
    missing = (
        select(*(counted.c[name] for name in names))
        .select_from(counted.outerjoin(known, counted.c[same] == known.c.same))
        .where(counted.c[number] > func.coalesce(known.c.times, 0))
    )
    inserted = dialect.insert_select(connection, table, names, missing)
    if inserted and request.verify:
        # Rows that a trigger has changed would be added again by each load.
        changed = connection.execute(select(func.count()).select_from(missing.subquery())).scalar_one()
        if changed:
            raise WriteError(
                f"{changed:,} of the rows are in the table {table.name!r} with other values than were written, by a"
                " trigger or a default: the next load would add them again. Nothing was changed.",
                suggestion="Use mode='merge' with keys.",
            )
    dialect.drop(connection, staged)
    return inserted


def staged_rows(target: Target, table: Table, rows: Watched | Input, keys: Sequence[str] = ()) -> Table:
    """Put rows into a temporary table of the very types of the target, so that equal values are equal byte by byte.

    Those that come from elsewhere are proved there.

    Args:
        target: The table that they are for.
        table: The same, with its columns.
        rows: The rows.
        keys: The columns that they are searched by.
    """
    columns = [(name, table.c[name].type) for name, _ in rows.columns or []]
    staged = temporary_table(columns, keys)
    like = select(*(table.c[name] for name, _ in columns)).limit(0)
    target.dialect.create_as(target.connection, staged, columns, like, temporary=True)
    rows.insert(staged)
    proof = rows.proof
    if proof is not None:
        proof.part(staged)
    return staged


def unused(name: str, names: Sequence[str]) -> str:
    """A name that no column has."""
    while name in names:
        name += "_"
    return name
