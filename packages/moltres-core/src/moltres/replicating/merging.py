"""What tells the rows of each table apart, and which of them are new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from .._shared.wording import question
from ..write.watermarks import type_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from .items import Options
    from .names import Place

__all__ = ["keys_of", "merge_problems"]


def keys_of(connection: Connection, place: Place, options: Options) -> tuple[str, ...] | None:
    """The columns that tell the rows of a table apart: those that were named, else its primary key.

    Args:
        connection: Where the table is.
        place: The table.
        options: How it is written.

    Returns:
        None if there are none, or the mode needs none.
    """
    if options.mode != "merge":
        return None
    given = options.keys
    if isinstance(given, Mapping):
        given = given.get(str(place), given.get(place.name))
    if given is None:
        found = inspect(connection).get_pk_constraint(place.name, schema=place.schema)["constrained_columns"]
        given = found
    return tuple(given) or None


def merge_problems(connection: Connection, columns: Mapping[Place, Sequence[Any]], options: Options) -> Iterator[str]:
    """Everything that keeps the rows of tables from being told apart.

    Args:
        connection: Where the tables are.
        columns: What is known of the columns of each table.
        options: How they are written.
    """
    names = {name: place for place in columns for name in (place.name, str(place))}
    if isinstance(options.keys, Mapping):
        for table in options.keys:
            if table not in names:
                yield f"keys names the table {table!r}, which is not replicated.{question(table, names)}"
    for place, described in columns.items():
        known = {one["name"]: one["type"] for one in described}
        keys = keys_of(connection, place, options)
        if options.mode == "merge" and keys is None:
            yield f"{place} has no primary key that tells its rows apart: name its columns in keys."
        for key in keys or ():
            if key not in known:
                yield f"keys: {place} has no column {key!r}.{question(key, known)}"
        if options.cursor is not None:
            yield from _cursor_problems(place, options.cursor, known)


def _cursor_problems(place: Place, cursor: str, known: Mapping[str, Any]) -> Iterator[str]:
    if cursor not in known:
        yield f"cursor: {place} has no column {cursor!r}.{question(cursor, known)}"
        return
    problem = type_problem(cursor, known[cursor])
    if problem is not None:
        yield f"{place}: {problem}"
