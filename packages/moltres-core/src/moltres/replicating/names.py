"""Which tables are meant: names, and patterns of names."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect

from .._shared.databases.tables import view_names
from .._shared.wording import listing, question
from ..dialects import catalog
from ..write.target import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Inspector

    from ..frame.source import Source

__all__ = ["Place", "expand"]

OWN: Final = "moltres_"
"""How the names of tables that moltres makes for itself begin, which no pattern means."""


@dataclass(frozen=True)
class Place:
    """A table: its schema, None for the default, and its name."""

    schema: str | None
    name: str

    def __str__(self) -> str:
        return self.name if self.schema is None else f"{self.schema}.{self.name}"


def is_pattern(name: str) -> bool:
    """Whether a name has characters that stand for others."""
    return any(mark in name for mark in "*?[")


def expand(source: Source, connection: Connection, tables: Sequence[str], schema: str | None) -> list[Place | str]:
    """The tables and views that are named, and those tables that patterns match, each once.

    A pattern does not mean the partitions of a table that is among them: the rows of the table are theirs.

    Args:
        source: The database.
        connection: A connection of it.
        tables: Names and patterns, ``name`` or ``schema.name``.
        schema: The schema of those without one.

    Returns:
        Places in the order given, those of a pattern sorted; a string is a problem.
    """
    inspector = inspect(connection)
    found: dict[Place | str, None] = {}
    named: set[Place] = set()
    for given in tables:
        if is_pattern(given):
            found.update(dict.fromkeys(_matching(inspector, given, schema or source.schema)))
            continue
        place = catalog.locate(connection, source.dialect, given, schema or source.schema)
        if place is None:
            names = catalog.names(inspector, schema or source.schema)
            near = question(given, names) or f" Existing: {listing(names)}."
            found[f"The table or view {given!r} does not exist in {_where(schema or source.schema)}.{near}"] = None
        else:
            found[Place(*place)] = None
            named.add(Place(*place))
    places = [one for one in found if isinstance(one, Place)]
    tables_found = [table_of(one.name, [], one.schema) for one in places]
    inner = {places[part] for part, _, of_it in source.dialect.contained(connection, tables_found) if of_it} - named
    return [one for one in found if one not in inner]


def _matching(inspector: Inspector, given: str, schema: str | None) -> Iterator[Place | str]:
    before, dot, after = given.partition(".")
    pattern = given
    if dot and not is_pattern(before):
        if before not in inspector.get_schema_names():
            schemas = inspector.get_schema_names()
            yield f"The schema {before!r} of {given!r} does not exist in the source.{question(before, schemas)}"
            return
        schema, pattern = before, after
    elif dot and is_pattern(before):
        yield f"The schema of {given!r} must be a name: give a pattern for each schema."
        return
    names = sorted(name for name in inspector.get_table_names(schema) if not name.startswith(OWN))
    matches = [name for name in names if fnmatchcase(name, pattern) or name == pattern]
    for name in matches:
        yield Place(schema, name)
    if not matches:
        views = " (patterns match tables, not views)" if view_names(inspector, schema) else ""
        near = question(pattern.strip("*?"), names) or f" Existing: {listing(names)}."
        yield f"No table of {_where(schema)} matches {given!r}{views}.{near}"


def _where(schema: str | None) -> str:
    return "the source" if schema is None else f"the schema {schema!r} of the source"
