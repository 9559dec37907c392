"""Rows that have been read: a sequence of dicts which knows its columns, also when it is empty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, overload

from sqlalchemy import ARRAY, JSON
from sqlalchemy.types import TypeEngine

from .._shared import arguments
from .._shared.wording import plural, repr_of
from ..errors import ColumnNotFoundError, ConfigurationError, listing, refuse
from . import frames

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["Records"]

_SHOWN = 5


class Records(Sequence[dict[str, Any]]):
    """Rows in memory, as tuples inside and as dicts to the outside.

    A Records is equal to any sequence of equal dicts.

    Args:
        rows: One sequence of values per row, in the order of the columns.
        columns: The names of the columns, each once.
        types: SQL types of columns by name, where they are known. They keep the types of empty and all-NULL columns in
            `to_arrow`, `to_pandas` and `to_polars`.

    Examples:
        >>> records = Records([(1, "Ada"), (2, "Grace")], ["id", "name"])
        >>> records[1]
        {'id': 2, 'name': 'Grace'}
        >>> records.columns, len(records)
        (('id', 'name'), 2)
        >>> records == [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Grace"}]
        True
    """

    __slots__ = ("_columns", "_rows", "_stored", "_types")
    __hash__ = None  # type: ignore[assignment]  # equal to lists, which have no hash either

    def __init__(
        self,
        rows: Iterable[Sequence[Any]],
        columns: Iterable[str],
        types: Mapping[str, TypeEngine[Any]] | None = None,
    ) -> None:
        refuse([*_iterable("rows", rows), *_iterable("columns", columns)])
        every = rows if isinstance(rows, list) else list(rows)
        names: tuple[Any, ...] = tuple(columns)
        problems = [
            f"columns must be names of columns, not {repr_of(name)}." for name in names if not isinstance(name, str)
        ]
        problems += () if types is None else _type_problems(types)
        refuse([*_row_problems(every), *problems])
        self._rows: list[tuple[Any, ...]] = [tuple(row) for row in every]
        self._stored = self._rows
        self._columns = names
        self._types: dict[str, TypeEngine[Any]] = dict(types or {})
        duplicates = [name for name in dict.fromkeys(self._columns) if self._columns.count(name) > 1]
        if duplicates:
            raise ConfigurationError(f"Duplicate column names: {listing(duplicates)}.")
        width = len(self._columns)
        wrong = next((index for index, row in enumerate(self._rows) if len(row) != width), None)
        if wrong is not None:
            raise ConfigurationError(f"Row {wrong} has {len(self._rows[wrong])} values for {plural(width, 'column')}.")
        if any(map(_has_documents, self._types.values())):
            self._rows = _without_markers(self._stored)

    @classmethod
    def from_dicts(cls, rows: Iterable[Mapping[str, Any]], columns: Sequence[str] | None = None) -> Records:
        """Records from mappings; a key that a row lacks becomes None.

        Args:
            rows: The rows.
            columns: The columns; by default the keys of all rows, in the order of their first appearance.

        Raises:
            ConfigurationError: If a row has a key that is not among the columns.
        """
        refuse([*_iterable("rows", rows), *([] if columns is None else arguments.strings("columns", columns))])
        every = list(rows)
        wrong = {kind for kind in set(map(type, every)) if not issubclass(kind, Mapping)}
        refuse(f"rows must be mappings, not {kind.__name__}." for kind in wrong)
        found = dict.fromkeys(key for row in every for key in row)
        names = tuple(found) if columns is None else tuple(columns)
        unknown = [key for key in found if key not in names]
        if unknown:
            raise ConfigurationError(f"Rows have keys that are not among the columns {list(names)}: {unknown}.")
        return cls(([row.get(name) for name in names] for row in every), names)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self._columns

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows as tuples, in the order of the columns."""
        return list(self._rows)

    @property
    def stored_rows(self) -> list[tuple[Any, ...]]:
        """The rows with `sqlalchemy.JSON.NULL` where JSON is null, also within arrays; in `rows` it is None."""
        return list(self._stored)

    @property
    def types(self) -> dict[str, TypeEngine[Any]]:
        """SQL types by column, as far as they are known."""
        return dict(self._types)

    def column(self, name: str) -> list[Any]:
        """The values of one column.

        Args:
            name: Its name.

        Returns:
            One value for each row.

        Raises:
            ColumnNotFoundError: If it does not exist.
        """
        if name not in self._columns:
            raise ColumnNotFoundError.of([name], self._columns, where="the records")
        index = self._columns.index(name)
        return [row[index] for row in self._rows]

    def to_arrow(self) -> pa.Table:
        """The rows as an Arrow table; UUIDs and JSON become text.

        Raises:
            MissingDependencyError: If pyarrow is not installed.
            SchemaMismatchError: If a column has values of several types.
        """
        return frames.rows_to_arrow(self._columns, self._stored, self._types)

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame; integers and booleans with NULL get pandas' nullable types."""
        return frames.arrow_to_pandas(self.to_arrow())

    def to_polars(self) -> pl.DataFrame:
        """The rows as a Polars DataFrame."""
        return frames.arrow_to_polars(self.to_arrow())

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Records: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | Records:
        if isinstance(index, slice):
            return Records(self._stored[index], self._columns, self._types)
        return dict(zip(self._columns, self._rows[index], strict=True))

    def __add__(self, other: object) -> Records:
        """The rows of both, in this order.

        Args:
            other: Records or dicts with the same columns; a key that a dict lacks becomes None.

        Raises:
            ConfigurationError: If the other has columns that these have not, or Records lack one of them.
        """
        return NotImplemented if (more := self._like(other)) is None else self._together(self, more)

    def __radd__(self, other: object) -> Records:
        return NotImplemented if (more := self._like(other)) is None else self._together(more, self)

    def _like(self, other: object) -> Records | None:
        """Another sequence of rows as Records with these columns; None if it is none."""
        if isinstance(other, Records):
            if set(other.columns) != set(self._columns):
                raise ConfigurationError(
                    f"Records with the columns {listing(self._columns)} cannot be added to Records with the columns"
                    f" {listing(other.columns)}."
                )
            order = [other.columns.index(name) for name in self._columns]
            rows = [tuple(row[index] for index in order) for row in other.stored_rows]
            return Records(rows, self._columns, other.types)
        if isinstance(other, list | tuple) and all(isinstance(row, Mapping) for row in other):
            made = Records.from_dicts(other, self._columns)
            return Records(made.rows, self._columns, self._types)
        return None

    def _together(self, first: Records, second: Records) -> Records:
        # A type that one of them does not know, or knows otherwise, is told by the values.
        types = {name: type_ for name, type_ in first.types.items() if repr(second.types.get(name)) == repr(type_)}
        return Records([*first.stored_rows, *second.stored_rows], self._columns, types)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for row in self._rows:
            yield dict(zip(self._columns, row, strict=True))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Records):
            if self._columns == other._columns:
                return self._rows == other._rows
            return set(self._columns) == set(other._columns) and list(self) == list(other)
        if isinstance(other, Sequence) and not isinstance(other, str | bytes):
            return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))
        return NotImplemented

    def __repr__(self) -> str:
        shown = ", ".join(repr(row) for row in self[:_SHOWN])
        more = f", … {len(self) - _SHOWN} more" if len(self) > _SHOWN else ""
        return f"Records([{shown}{more}], columns={list(self._columns)})"


def _iterable(name: str, given: object) -> Iterator[str]:
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        yield f"{name} must be a list, not {type(given).__name__}."


def _row_problems(rows: list[Any]) -> Iterator[str]:
    # A tuple of a mapping would be its keys, that of a string its characters.
    for kind in set(map(type, rows)):
        if issubclass(kind, str | bytes | Mapping | AbstractSet) or not issubclass(kind, Iterable):
            yield f"rows must be sequences of values, in the order of the columns, not {kind.__name__}."


def _type_problems(types: object) -> Iterator[str]:
    yield from (problems := [*arguments.mapping("types", types)])
    if not problems and isinstance(types, Mapping):
        for name, given in types.items():
            if not isinstance(given, TypeEngine):
                yield f"types: {name} must be a type of SQLAlchemy, not {repr_of(given)}."


def _has_documents(type_: TypeEngine[Any]) -> bool:
    return isinstance(type_, JSON) or (isinstance(type_, ARRAY) and _has_documents(type_.item_type))


def _without_markers(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows with None where JSON is null, also within an array or a structure; the same list if it never is."""
    if not any(_is_marked(value) for row in rows for value in row):
        return rows
    return [tuple(_plain(value) if _is_marked(value) else value for value in row) for row in rows]


def _is_marked(value: Any) -> bool:
    kind = type(value)
    if kind is dict:
        return any(map(_is_marked, value.values()))
    return any(map(_is_marked, value)) if kind is list else value is JSON.NULL


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {name: _plain(item) for name, item in value.items()}
    if kind is list:
        return list(map(_plain, value))
    return None if value is JSON.NULL else value
