"""A profile and its parts; every field is a plain JSON value or a record of such values."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from .._shared.wording import plural
from ..errors import UnknownColumnError, reading_document
from ..report.declared import typed
from ..report.document import Document, Documented
from ..report.tables import Table
from ..report.view import count, duration, moment, percent, sample_text, stated_semantics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Bin", "ColumnProfile", "PatternCount", "Profile", "TextProfile", "ValueCount"]

_HEADER = ("Column", "Type", "NULL", "Distinct", "Min", "Max", "Mean", "Deviation", "Most frequent", "Shape")
_RIGHT = frozenset({2, 3, 6, 7})


@dataclass(frozen=True)
class ValueCount:
    """A value and how many rows have it.

    Attributes:
        value: The value, as JSON has it.
        count: How many rows have it.
    """

    value: Any
    count: int


@dataclass(frozen=True)
class PatternCount:
    """A shape of strings (``AA-9999``) and the share of the examined values that have it, from 0 to 1.

    Attributes:
        pattern: The shape.
        share: The share of the examined values.
    """

    pattern: str
    share: float


@dataclass(frozen=True)
class Bin:
    """Values from `low` (included) to `high` (excluded, but in the last bin).

    Attributes:
        low: The lower bound.
        high: The upper bound.
        count: How many rows have a value in it.
    """

    low: Any
    high: Any
    count: int


@dataclass(frozen=True)
class TextProfile:
    """The lengths and shapes of a column of strings.

    Attributes:
        min_length: Characters of the shortest value; None without values.
        mean_length: Characters on average.
        max_length: Characters of the longest value.
        empty_count: Rows with the empty string.
        patterns: The most frequent shapes: every upper-case letter is an ``A``, every lower-case one an ``a``, every
            digit a ``9``, and runs of more than four of a kind are cut to four and an ellipsis.
        pattern_rows: How many values the shapes were computed from: the first ones of the (sampled) rows.
    """

    min_length: int | None
    mean_length: float | None
    max_length: int | None
    empty_count: int
    patterns: tuple[PatternCount, ...]
    pattern_rows: int


@dataclass(frozen=True)
class ColumnProfile:
    """One column.

    Attributes:
        name: Its name.
        dtype: Its type as the database prints it.
        family: What kind of values it holds; see `dq_core.relation.type_family.FAMILIES`.
        row_count: Rows that were read.
        null_count: Those that are NULL; None where the database cannot read the column (see `notes`).
        null_rate: Their share, from 0 to 1; None without rows.
        distinct_count: Different values, without NULL; None where the type cannot be grouped.
        distinct_rate: Their number by that of the values; 1.0 says that all are different.
        min: The least value; strings by code points. For numbers, infinities and NaN are left out.
        max: The greatest value.
        mean: Of the finite numbers.
        stddev: The sample's standard deviation; None for fewer than two numbers.
        quantiles: By their share, as text (``"0.5"`` is the median), interpolated.
        non_finite_count: Rows with an infinity or NaN (in SQLite, also with values that are not numbers); None for
            columns that are not numeric.
        top_values: The most frequent values, ties in ascending order; empty where the type cannot be grouped.
        text: Lengths and shapes, for strings.
        histogram: Bins of equal width, if they were asked for and the column has them.
        notes: What could not be measured, and why: a value that Python cannot hold, a sum that overflows.
    """

    name: str
    dtype: str
    family: str
    row_count: int
    null_count: int | None
    null_rate: float | None
    distinct_count: int | None = None
    distinct_rate: float | None = None
    min: Any = None
    max: Any = None
    mean: float | None = None
    stddev: float | None = None
    quantiles: dict[str, float] = dataclasses.field(default_factory=dict)
    non_finite_count: int | None = None
    top_values: tuple[ValueCount, ...] = ()
    text: TextProfile | None = None
    histogram: tuple[Bin, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_unique(self) -> bool:
        """Whether no value occurs twice, without NULL."""
        if self.distinct_count is None or self.null_count is None:
            return False
        return self.distinct_count == self.row_count - self.null_count

    def to_dict(self) -> dict[str, Any]:
        """The column as plain JSON values."""
        return dataclasses.asdict(self, dict_factory=_plain)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The column that `to_dict` wrote.

        Args:
            data: The dict, or what JSON gave back of it.

        Raises:
            RuleError: If it is no such dict.
        """
        with reading_document("ColumnProfile.from_dict", data):
            # Profiles that were written before there were notes have none.
            values = {one.name: data[one.name] for one in fields(cls) if one.name != "notes"}
            values["notes"] = tuple(data.get("notes", ()))
            values["top_values"] = tuple(typed(ValueCount(**item)) for item in data["top_values"])
            values["histogram"] = tuple(typed(Bin(**item)) for item in data["histogram"])
            if (text := data["text"]) is not None:
                patterns = tuple(typed(PatternCount(**item)) for item in text["patterns"])
                values["text"] = typed(TextProfile(**{**text, "patterns": patterns}))
            found = typed(cls(**values))
            if not all(share.replace(".", "", 1).isdecimal() for share in found.quantiles):
                raise TypeError(f"the keys of quantiles must be shares, not {list(found.quantiles)!r:.80}")
            return found


@dataclass(frozen=True, repr=False)
class Profile(Documented):
    """A description of a source.

    Attributes:
        source: What was profiled, without passwords.
        row_count: All rows of the source.
        sampled_rows: The rows that were read, if a sample was asked for; None if all were.
        columns: The columns, in the order of the source.
        engine: Which engine made it.
        execution_time_seconds: Wall time.
        statements: How many statements read data.
        started_at: When, ISO 8601 in UTC.
        semantics: "database" where strings are compared in the database's own way.
    """

    source: str
    row_count: int
    sampled_rows: int | None
    columns: tuple[ColumnProfile, ...]
    engine: str
    execution_time_seconds: float
    statements: int
    started_at: str
    semantics: str = "portable"

    def __repr__(self) -> str:
        size = f"{plural(self.column_count, 'column')} and {plural(self.row_count, 'row')}"
        return f"<Profile of {size} of {self.source!r:.200}>"

    @property
    def column_count(self) -> int:
        """How many columns were profiled."""
        return len(self.columns)

    def column(self, name: str) -> ColumnProfile:
        """A column by its name.

        Args:
            name: Its name.

        Raises:
            UnknownColumnError: It was not profiled; a KeyError, too.
        """
        for one in self.columns:
            if one.name == name:
                return one
        raise UnknownColumnError(name, [one.name for one in self.columns])

    def to_dict(self) -> dict[str, Any]:
        """The profile as plain JSON values."""
        return dataclasses.asdict(self, dict_factory=_plain)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The profile that `to_dict` wrote.

        Args:
            data: The dict, or what JSON gave back of it.

        Raises:
            RuleError: If it is no such dict.
        """
        with reading_document("Profile.from_dict", data):
            values = {one.name: data[one.name] for one in fields(cls) if one.name != "semantics"}
            values["semantics"] = data.get("semantics", "portable")
            values["columns"] = tuple(map(ColumnProfile.from_dict, data["columns"]))
            return typed(cls(**values))

    def _document(self) -> Document:
        rows = count(self.row_count)
        if self.sampled_rows is not None:
            rows += f", of which {count(self.sampled_rows)} were read"
        facts = [
            ("Source", self.source),
            ("Rows", rows),
            ("Columns", count(self.column_count)),
            ("Started", moment(self.started_at)),
            ("Took", duration(self.execution_time_seconds)),
            ("Statements", count(self.statements)),
            ("Engine", self.engine),
            *stated_semantics(self.semantics),
        ]
        found = [Table("Columns", _HEADER, [_cells(column) for column in self.columns], _RIGHT)]
        found += _quantiles(self.columns)
        found += [_histogram(column) for column in self.columns if column.histogram]
        notes = [[column.name, note] for column in self.columns for note in column.notes]
        if notes:
            found.append(Table("Notes", ("Column", "What could not be measured"), notes, limit=None))
        return Document("Data profile", facts, found)


def _quantiles(columns: Sequence[ColumnProfile]) -> list[Table]:
    shares = sorted({share for column in columns for share in column.quantiles}, key=float)
    rows = [
        [column.name, *(_text(column.quantiles.get(share)) for share in shares)]
        for column in columns
        if column.quantiles
    ]
    header = ("Column", *(percent(float(share)) for share in shares))
    return [Table("Quantiles", header, rows, frozenset(range(1, len(header))))] if rows else []


def _histogram(column: ColumnProfile) -> Table:
    bins = [[_text(one.low), _text(one.high), count(one.count)] for one in column.histogram]
    most = max(one.count for one in column.histogram) or 1
    shares = [one.count / most for one in column.histogram]
    return Table(f"Histogram of {column.name}", ("From", "To", "Rows"), bins, frozenset({0, 1, 2}), shares=shares)


def _cells(column: ColumnProfile) -> list[str]:
    frequent = column.top_values[0] if column.top_values else None
    shape = column.text.patterns[0] if column.text is not None and column.text.patterns else None
    return [
        column.name,
        column.dtype,
        "" if column.null_rate is None else percent(column.null_rate),
        "" if column.distinct_count is None else count(column.distinct_count),
        _text(column.min),
        _text(column.max),
        _text(column.mean),
        _text(column.stddev),
        "" if frequent is None else f"{_text(frequent.value)} ({plural(frequent.count, 'row')})",
        "" if shape is None else f"{sample_text(shape.pattern)} ({percent(shape.share)})",
    ]


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else sample_text(value)


def _plain(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """Tuples as lists, so that the dict equals what JSON gives back."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in items}
