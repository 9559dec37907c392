"""Tables and fragments of a validation in one query of Trino, whose every query takes longer than an answer."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, CursorResult, TableClause

__all__ = ["MOST_TABLES", "described", "described_together", "judging"]

#: How many tables one query describes.
MOST_TABLES = 20


def judging(select: str, counts: Sequence[str], sqls: Sequence[str]) -> str:
    """A query that reads no row, and that is refused if one of these is not one boolean expression.

    What closes its own parentheses, quotes and comments cannot make another statement of the parts around it.

    Args:
        select: A SELECT of the rows that the fragments are about.
        counts: For each fragment a SELECT of none of these rows that counts what it holds for.
        sqls: The fragments.
    """
    parts = [
        part for count, sql in zip(counts, sqls, strict=True) for part in (count, f"({select} WHERE {sql}\n LIMIT 0)")
    ]
    return " UNION ALL ".join(parts)


def described_together(
    connection: Connection, tables: Sequence[TableClause], judged: str | None
) -> list[list[tuple[str, str]]]:
    """The names and types of the columns of each table, if all are there and the query that judges is sound.

    Args:
        connection: Where they are.
        tables: The tables.
        judged: A query about fragments. It stands in FROM, where no column of these tables has a meaning.

    Raises:
        DBAPIError: Something is not there, or not sound.
    """
    format_table = connection.dialect.identifier_preparer.format_table
    # Stands between the columns of two tables; no column is called so.
    between = uuid.uuid4().hex
    sources = [f'{format_table(table)} AS "{between}{place}"' for place, table in enumerate(tables)]
    if judged is not None:
        sources.append(" ".join(("(SELECT count(*) AS n FROM (", judged, f')) AS "{between}"')))
    columns = f', 1 AS "{between}", '.join(f'"{between}{place}".*' for place in range(len(tables)))
    result = connection.exec_driver_sql(" ".join(("SELECT", columns, "FROM", ", ".join(sources), "WHERE false")))
    found: list[list[tuple[str, str]]] = [[]]
    for name, type_name in described(result):
        if name == between:
            found.append([])
        else:
            found[-1].append((name, type_name))
    return found


def described(result: CursorResult[Any]) -> list[tuple[str, str]]:
    """The names and types of the columns of a result without rows."""
    cursor: Any = result.cursor
    found = [(entry[0], str(entry[1]).lower()) for entry in cursor.description]
    result.all()  # a result that is closed before its end cancels the query, and ends the transaction
    return found
