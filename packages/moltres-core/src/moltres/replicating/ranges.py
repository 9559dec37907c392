"""One table in ranges of a key, so that several connections read it at a time and a kill costs one range."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, inspect, or_, select

from .._shared.wording import listing, question, repr_of
from ..dialects.rows import open_rows
from ..frame.expressions import col
from ..types.logical import logical_type
from ..write.target import table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ..database import Database
    from ..frame.dataframe import DataFrame
    from .names import Place

__all__ = ["NO_KEY", "Asked", "Key", "Ranges", "key_of", "key_problems", "ranges_of"]

KINDS: Final = ("integer", "decimal", "float", "text", "date", "timestamp", "uuid", "binary")
"""The types of a key: those whose values a database puts in one order."""

_DENSE: Final = 2
"""How many integers between the least and the greatest may be there for each row, so that equal parts of them do."""

_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "int": int,
    "Decimal": Decimal,
    "float": float,
    "str": str,
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "UUID": UUID,
    "bytes": bytes.fromhex,
}


@dataclass(frozen=True)
class Key:
    """What the ranges of a table are ranges of.

    Attributes:
        column: The column; None if there is none.
        nullable: Whether it may be NULL.
        problem: Why there is none.
    """

    column: str | None = None
    nullable: bool = True
    problem: str = ""


NO_KEY: Final = Key()


@dataclass(frozen=True)
class Ranges:
    """The ranges of one table. Together they have each row once, in whatever order the source has the values.

    Attributes:
        key: The column.
        nullable: Whether the first range has the rows without a key.
        bounds: The least value of each range but the first.
        rows: The rows of the table when the bounds were chosen.
    """

    key: str
    nullable: bool
    bounds: tuple[Any, ...]
    rows: int

    def __len__(self) -> int:
        return len(self.bounds) + 1

    def of(self, frame: DataFrame, number: int) -> DataFrame:
        """The rows of one range.

        Args:
            frame: All rows of the table.
            number: Which range, from 0 on.
        """
        key, conditions = col(self.key), []
        if number < len(self.bounds):
            conditions.append(key < self.bounds[number])
        if number > 0:
            conditions.append(key >= self.bounds[number - 1])
        within: ColumnElement[bool] = and_(*conditions)
        return frame.where(or_(within, key.is_(None)) if self.nullable and number == 0 else within)

    def to_json(self) -> str:
        """The record of them, for a call that goes on."""
        bounds = [(type(one).__name__, one.hex() if isinstance(one, bytes) else str(one)) for one in self.bounds]
        said = {"key": self.key, "nullable": self.nullable, "bounds": bounds, "rows": self.rows}
        return json.dumps(said)

    @classmethod
    def of_json(cls, text: str) -> Ranges:
        """What `to_json` has recorded."""
        said = json.loads(text)
        bounds = tuple(_READERS[kind](value) for kind, value in said["bounds"])
        return cls(said["key"], said["nullable"], bounds, said["rows"])


def key_problems(given: Mapping[str, str], columns: Mapping[Place, Sequence[Any]]) -> Iterator[str]:
    """What is wrong with the keys that the caller names.

    Args:
        given: A column for each table, by ``name`` or ``schema.name``.
        columns: What is known of the columns of all tables.
    """
    names = {name: place for place in columns for name in (place.name, str(place))}
    for table, column in given.items():
        if table not in names:
            yield f"range_keys names the table {table!r}, which is not replicated.{question(table, names)}"
            continue
        found = {one["name"]: one for one in columns[names[table]]}
        if column not in found:
            yield f"range_keys: {table} has no column {column!r}.{question(column, found)}"
        elif logical_type(found[column]["type"]).name not in KINDS:
            yield (
                f"range_keys: column {column!r} of {table} is {logical_type(found[column]['type'])}; ranges are of"
                f" {listing(KINDS)}."
            )


def key_of(connection: Connection, place: Place, columns: Sequence[Any], given: Mapping[str, str]) -> Key:
    """The column whose ranges a table is read in: the one that is named, else the first of a key that orders its rows.

    Args:
        connection: Where the table is.
        place: The table.
        columns: What is known of its columns.
        given: The keys that the caller names.
    """
    known = {one["name"]: one for one in columns}
    named = given.get(str(place), given.get(place.name))
    if named is not None:
        return Key(named, bool(known[named].get("nullable", True)))
    inspector = inspect(connection)
    try:
        keys: list[Sequence[str | None]] = [
            inspector.get_pk_constraint(place.name, schema=place.schema)["constrained_columns"]
        ]
        keys += [one["column_names"] for one in inspector.get_unique_constraints(place.name, schema=place.schema)]
        keys += [one["column_names"] for one in inspector.get_indexes(place.name, schema=place.schema) if one["unique"]]
    except NotImplementedError:
        return Key(problem="the source does not tell its keys: name one in range_keys")
    for key in keys:
        first = known.get(key[0] or "") if key else None
        if first is not None and logical_type(first["type"]).name in KINDS:
            return Key(first["name"], bool(first.get("nullable", True)))
    return Key(problem="it has no primary or unique key whose values have an order: name a column in range_keys")


@dataclass(frozen=True)
class Asked:
    """Which ranges are asked for.

    Attributes:
        place: The table.
        key: Its key.
        rows: Its rows.
        size: The rows of a range, about.
    """

    place: Place
    key: Key
    rows: int
    size: int


def ranges_of(reader: Database, frame: DataFrame, asked: Asked) -> Ranges | str:
    """Choose ranges.

    Args:
        reader: What reads the table, in the snapshot of all tables.
        frame: The rows of the table.
        asked: The table, and the size of the ranges.

    Returns:
        The ranges; a string says why there are none.
    """
    place, key, rows, size = asked.place, asked.key, asked.rows, asked.size
    if key.column is None:
        return key.problem
    number = -(-rows // size)
    with reader.connection() as connection:
        types = dict(reader.dialect.describe(connection, frame.statement))
        table = table_of(place.name, [(key.column, types[key.column])], place.schema)
        column = table.c[key.column]
        bounds: Sequence[Any] = ()
        if logical_type(types[key.column]).name == "integer":
            ends = select(func.min(column).label("least"), func.max(column).label("most"))
            ((least, most),) = _read(reader, connection, ends)
            if type(least) is int and type(most) is int and most - least < _DENSE * rows:
                bounds = [least + (most - least + 1) * one // number for one in range(1, number)]
                bounds = [one for one in bounds if one > least]
        if not bounds:
            order = func.row_number().over(order_by=reader.dialect.comparable(column)).label("moltres_number")
            ordered = select(column.label("moltres_key"), order).where(column.is_not(None)).subquery("ordered")
            position = ordered.c.moltres_number
            every = select(ordered.c.moltres_key).where(or_(position == 1, position % size == 0)).order_by(position)
            values = [value for (value,) in _read(reader, connection, every)]
            bounds = [value for value in values if value != values[0]]  # no row is below the least
    # What is not equal to itself is greater than all others, or what the database says: no bound.
    bounds = [one for one in dict.fromkeys(bounds) if one == one]  # noqa: PLR0124
    unknown = next((one for one in bounds if type(one).__name__ not in _READERS), None)
    if unknown is not None:
        return f"its key {key.column!r} has the value {repr_of(unknown, 80)}, which cannot be a bound"
    if not bounds:
        return f"its key {key.column!r} has one value in all rows"
    return Ranges(key.column, key.nullable, tuple(bounds), rows)


def _read(reader: Database, connection: Connection, query: Select[Any]) -> list[Any]:
    with open_rows(reader.dialect, connection, query) as (_, batches):
        return [row for batch in batches for row in batch]
