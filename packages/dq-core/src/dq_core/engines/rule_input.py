"""What a library gets for a rule: only the rows that the rule considers, so that NULL and NaN agree."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..checks.base import EvaluationError, NullCheck
from ..relation.linear import takes_long

if TYPE_CHECKING:
    import pyarrow as pa

    from ..checks.base import Check
    from ..relation.column import Column
    from ..relation.relation import Relation

__all__ = ["RuleInput", "input_of", "pandas_frame"]

#: Kinds that judge one number instead of counting failing rows.
_METRICS = frozenset({"distinct_count", "statistic"})
_NAN_FAILS = frozenset({"in_range", "in_set"})
_LARGEST = 2**63


@dataclass(frozen=True)
class RuleInput:
    """The rows that a rule considers.

    The library knows the columns by names of their places (``c0``), because it may read others as patterns (``^x$``).

    Attributes:
        check: The rule.
        relation: Where the rows come from; knows the columns' types.
        table: The rows, with the rule's columns and without what the rule does not consider.
        considered: How many rows it considers.
        settled: Rows with NaN that break the rule; they are not given to the library, which may treat NaN as missing.
        nan_rows: Rows with NaN, which are not in `table`.
        references: The keys of the other table, for a foreign key.
    """

    check: Any
    relation: Relation
    table: pa.Table
    considered: int
    settled: int = 0
    nan_rows: int = 0
    references: pa.Table | None = None

    @property
    def names(self) -> list[str]:
        """The names by which the library knows the rule's columns."""
        return list(self.table.column_names)

    @property
    def column(self) -> str:
        """That of the rule's only column."""
        (column,) = self.names
        return column

    @property
    def families(self) -> list[str]:
        """The families of the rule's columns."""
        return [self.relation.columns[target].family for target in self.check.targets]

    @property
    def family(self) -> str:
        """That of the rule's only column."""
        (family,) = self.families
        return family

    def adapted(self, value: Any) -> Any:
        """A value from the rule as one that the column's values can be compared with."""
        if value is None:
            return None
        target = self.check.targets[0]
        return _as_number_of(self.relation.columns[target].family, self.relation.adapted(target, value))

    @property
    def values(self) -> list[Any]:
        """The rule's values as ones to compare the column's values with; for a foreign key, the keys there."""
        if self.references is not None:
            keys = self.references.column(0).unique().to_pylist()
            column = self.relation.columns[self.check.targets[0]]
            found = [_as_moment_of(column, _as_number_of(column.family, key)) for key in keys]
        else:
            found = [self.adapted(value) for value in self.check.values]
        # One float among integers would make floats of them all, which do not hold all integers.
        return [value for value in map(_as_integer, found) if value is not None] if self.family == "integer" else found

    @property
    def python_pattern(self) -> str:
        """The rule's pattern for a library that searches with Python's ``re``.

        Raises:
            EvaluationError: It could take very long, and nothing could interrupt it.
        """
        import pyarrow.compute as pc

        longest = pc.max(pc.utf8_length(self.table.column(0))).as_py() or 0
        if takes_long(self.check.pattern, longest):
            raise EvaluationError(
                f"Python's re, which this engine uses, could take very long for this pattern on {longest} characters, "
                "and nothing can interrupt it; the engine dq_core matches in linear time"
            )
        return str(self.check.compiled.for_python())

    @property
    def answer_without_rows(self) -> Any:
        """The answer if there is no row to give to the library."""
        empty = {"statistic": None, "distinct_count": int(self.nan_rows > 0)}
        return empty.get(self.check.kind, 0)

    def measured(self, answer: Any) -> dict[str, Any]:
        """What the rule's outcome needs, from the library's answer: failing rows, or the measured value."""
        if self.check.kind == "row_count":
            return {"rows": answer}
        if isinstance(self.check, NullCheck):
            known = self.considered - answer if self.check.null_fails else answer
            return {"rows": self.considered, "known": known}
        if self.check.kind in _METRICS:
            return {"considered_rows": self.considered, "value": answer}
        return {"considered_rows": self.considered, "failed_rows": answer + self.settled}


def _as_number_of(family: str, value: Any) -> Any:
    """A number as one of the column's kind: 0.1 is the same as Decimal("0.1") for databases, and not for Python."""
    if family == "decimal" and isinstance(value, float) and math.isfinite(value):
        return decimal.Decimal(repr(value))
    if family == "float" and isinstance(value, decimal.Decimal):
        return float(value)
    return value


def _as_integer(value: Any) -> Any:
    """A number as the integer that it is equal to; None for one that no integer is equal to."""
    if isinstance(value, float | decimal.Decimal):
        return int(value) if math.isfinite(value) and value == int(value) else None
    return value


def _as_moment_of(column: Column, value: Any) -> Any:
    """A date as the moment that it begins with, and that moment as the date, where the column has the other of both."""
    if column.family == "date" and isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    if column.family == "datetime" and isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time(), dt.UTC if column.zoned else None)
    return value


def input_of(check: Check, relation: Relation, table: pa.Table, references: pa.Table | None = None) -> RuleInput:
    """The rows that a rule considers, out of those that its ``where`` lets through.

    Raises:
        EvaluationError: The library would misread the values.
    """
    import pyarrow as pa

    names = list(check.targets) or table.column_names[:1]
    table = table.select(names).rename_columns([f"c{place}" for place in range(len(names))])
    table = _with_long_floats(table)
    if isinstance(check, NullCheck) or check.kind == "row_count":
        # For these rules NaN is a value like any other; pandas treats it as missing.
        return RuleInput(check, relation, _without_nan(table), table.num_rows)
    known = _mask(table, any_of=check.kind == "unique")
    table = table.filter(known)
    considered = table.num_rows
    if check.kind == "statistic" and _holds_non_finite(table):
        raise EvaluationError(f"{names[0]} holds NaN or infinities, which this engine leaves out or mistakes")
    nan = _nan(table)
    nan_rows = 0 if nan is None else _count(nan)
    if nan is None or nan_rows == 0 or check.kind == "type":
        found = RuleInput(check, relation, table, considered, references=references)
    elif check.kind == "foreign_key" or len(names) > 1:
        raise EvaluationError(f"{', '.join(names)} holds NaN, which this engine treats as missing")
    else:
        import pyarrow.compute as pc

        settled = nan_rows if check.kind in _NAN_FAILS or (check.kind == "unique" and nan_rows > 1) else 0
        rest = table.filter(pc.invert(pc.fill_null(nan, False)))
        found = RuleInput(check, relation, rest, considered, settled, nan_rows)
    _refuse_overflow(check, found.table, pa)
    return found


def pandas_frame(given: RuleInput, *, dates_as_moments: bool = False) -> Any:
    """The rows as a pandas frame; strings as Python's own, which every version searches with Python's patterns."""
    # Integers beside NULL would become floats, which do not hold them all.
    frame = given.table.to_pandas(date_as_object=not dates_as_moments, integer_object_nulls=True)
    texts = [name for name, family in zip(given.names, given.families, strict=False) if family == "text"]
    return frame.astype(dict.fromkeys(texts, object)) if texts else frame


def _mask(table: pa.Table, *, any_of: bool) -> Any:
    import pyarrow.compute as pc

    valid = [pc.is_valid(column) for column in table.columns]
    mask = valid[0]
    for other in valid[1:]:
        mask = pc.or_(mask, other) if any_of else pc.and_(mask, other)
    return mask


def _with_long_floats(table: pa.Table) -> pa.Table:
    """Floats as 64 bits, as databases compare them with a rule's number; some libraries round that number instead."""
    import pyarrow as pa

    for place, column in enumerate(table.columns):
        if pa.types.is_floating(column.type) and column.type != pa.float64():
            table = table.set_column(place, table.column_names[place], column.cast(pa.float64()))
    return table


def _nan(table: pa.Table) -> Any:
    """Which rows hold NaN, or None if no column can."""
    import pyarrow as pa
    import pyarrow.compute as pc

    mask = None
    for column in table.columns:
        if pa.types.is_floating(column.type):
            nan = pc.fill_null(pc.is_nan(column), False)
            mask = nan if mask is None else pc.or_(mask, nan)
    return mask


def _holds_non_finite(table: pa.Table) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table.column(0)
    return pa.types.is_floating(column.type) and pc.all(pc.is_finite(column)).as_py() is False


def _count(mask: Any) -> int:
    import pyarrow.compute as pc

    return int(pc.sum(mask).as_py() or 0)


def _without_nan(table: pa.Table) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    for place, name in enumerate(table.column_names):
        column = table.column(place)
        if pa.types.is_floating(column.type):
            zero = pa.scalar(0.0, type=column.type)
            table = table.set_column(place, name, pc.if_else(pc.fill_null(pc.is_nan(column), False), zero, column))
    return table


def _refuse_overflow(check: Any, table: pa.Table, pa: Any) -> None:
    """Frames add integers in 64 bits and overflow without an error."""
    import pyarrow.compute as pc

    if check.kind != "statistic" or check.statistic != "sum" or not table.num_rows:
        return
    column = table.column(0)
    if pa.types.is_integer(column.type):
        ends = pc.min_max(column).as_py()
        if max(abs(ends["min"]), abs(ends["max"])) * table.num_rows >= _LARGEST:
            raise EvaluationError("the sum may exceed 64 bits, which this engine does not detect")
