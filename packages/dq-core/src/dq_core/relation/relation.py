"""A relation: what checks are evaluated on, be it a table, a query, a file or a frame."""

from __future__ import annotations

import dataclasses
import decimal
import math
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .._shared.files.untyped import identity, read, text_of
from ..errors import SourceError, TableNotFoundError
from .narrow import wide
from .selection import Selection
from .type_family import MOMENTS, MOST_DIGITS, NUMBERS, adapt, family_of_value, fits, is_iso_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import ColumnElement

    from .column import Column
    from .dialects.base import Dialect

__all__ = ["Other", "Place", "Relation"]

_MOST_PARAMETERS = 500
#: Where another source is: the source, and the table, query and schema if that is a database.
Place = tuple[Any, "str | None", "str | None", "str | None"]


@dataclass(frozen=True)
class Relation(Selection):
    """A selection with the dialect of its database: it compares values and finds other relations.

    Attributes:
        dialect: What is special about the database.
        find: Finds another relation of the same source by name (a table of the same database, a file) and schema (None
            if none is given), under the alias ``referenced``; raises a SourceError if there is none.
        elsewhere: Opens a relation of another source, which is closed with this one; only a validation does.
    """

    dialect: Dialect
    find: Callable[[str, str | None], Relation] = field(default_factory=lambda: _no_other, repr=False)
    elsewhere: Callable[[Place], Other] = field(default_factory=lambda: _nowhere, repr=False)
    _among: dict[tuple[str, int], tuple[tuple[Any, ...], ColumnElement[bool]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        return self.dialect.reads(super().__getitem__(name), self.columns[name])

    def stored(self) -> list[ColumnElement[Any]]:
        """The columns as they are stored."""
        return [self.dialect.marked(value, self.columns[value.name]) for value in super().stored()]

    def groups(self, name: str) -> list[ColumnElement[Any]]:
        """What to group rows by so that those with equal values of a column are together."""
        column = self.columns[name]
        if column.family == "untyped" and column.untyped is not None:
            written = self.written(name, exactly=True)
            if not column.untyped.nested:
                return [written]
            raw = self.from_.c[column.untyped.raw]
            nested = sa.case((sa.func.left(raw, 1).in_(["{", "["]), raw))
            return [sa.func.coalesce(self.dialect.document(nested), written)]
        if column.is_json:
            return [self.dialect.document(self[name])]
        return self.dialect.groups(self[name], column)

    @property
    def read_by_value(self) -> bool:
        """Whether it has columns for which a file declares no types."""
        return any(column.untyped is not None for column in self.columns.values())

    def by_type(self) -> Relation:
        """The relation for what asks a column for its one type: what has none is text."""
        return dataclasses.replace(self, columns={name: column.plain for name, column in self.columns.items()})

    def family_for(self, name: str, value: Any) -> str:
        """The family as which a column's values are read to be compared with a value from a rule."""
        column, own = self.columns[name], family_of_value(value) or "unknown"
        if not column.judged_by_value:
            return column.family
        if own != "text" or column.untyped is None:
            return own
        if column.family in {"time", "uuid"}:
            return column.family if fits(value, column.family) else own
        # A date in YAML may be written as a string.
        return "datetime" if column.family in MOMENTS | {"untyped"} and is_iso_moment(value) else own

    def adapted(self, name: str, value: Any) -> Any:
        """A value from a rule as one that the column's values can be compared with."""
        column = self.columns[name]
        if column.untyped is None:
            return adapt(value, column.family, zoned=column.zoned)
        family = self.family_for(name, value)
        if isinstance(value, float) and math.isfinite(value):
            return _digits_of(value)
        return adapt(value, "datetime" if family in MOMENTS else family)

    def operand(self, name: str, value: Any) -> ColumnElement[Any]:
        """A value from a rule as an expression to compare a column with."""
        exact = self._exact(name, value)
        if exact is not None and self._nearest(name, value) is None:
            value = int(exact) if self.columns[name].scale == 0 else exact
        return self.dialect.value(self.adapted(name, value), self.columns[name])

    def bound(self, name: str, value: Any, *, strict: bool, up: bool) -> tuple[ColumnElement[Any], bool]:
        """A bound of a range to compare a column with, and whether what equals it is outside.

        Args:
            name: The column.
            value: The bound.
            strict: Whether the bound itself is outside.
            up: Whether the range goes up from the bound, not down.
        """
        near = self._nearest(name, value, up=up)
        if near is None:
            return self.operand(name, value), strict
        # Only infinity is beyond a bound that is beyond all other numbers.
        return self.operand(name, near), near < value if up else near > value

    def _exact(self, name: str, value: Any) -> decimal.Decimal | None:
        """A fraction or float as a number of as many digits, if the column holds such numbers and no others."""
        if not isinstance(value, float | decimal.Decimal) or not math.isfinite(value):
            return None
        column = self.columns[name]
        scale = column.scale
        if self.dialect.types_by_value or (scale is None and column.number_family != "decimal"):
            return None
        exact = _digits_of(value) if isinstance(value, float) else value
        # Integers may be of any length.
        return None if exact.adjusted() > MOST_DIGITS * (1 if scale else 3) else exact

    def _nearest(self, name: str, value: Any, *, up: bool = True) -> int | float | decimal.Decimal | None:
        """The next number that a column can hold, if it can hold no such number.

        Engines compare exact numbers by a type with the digits of both, and fail where there are more than 38; and they
        compare a float with an integer as floats, which do not hold every integer.
        """
        column = self.columns[name]
        if self.dialect.types_by_value:
            # Its integers have 64 bits.
            large = isinstance(value, int) and not -(2**63) <= value < 2**63
            if large or _is_beyond_floats(value):
                return _nearest_float(value, up=up)
            return _nearest_whole(value, up=up)
        if column.number_family == "float" and (isinstance(value, int) or _is_beyond_floats(value)):
            return _nearest_float(value, up=up)
        if (end := self._end_of_type(column, value)) is not None:
            return end
        scale = column.scale
        exact = self._exact(name, value)
        if exact is None or scale is None:
            return None
        rounding = decimal.ROUND_CEILING if up else decimal.ROUND_FLOOR
        near = exact.quantize(decimal.Decimal(1).scaleb(-scale), rounding, decimal.Context(prec=4 * MOST_DIGITS))
        return None if near == exact else int(near) if scale == 0 else near

    def _end_of_type(self, column: Column, value: Any) -> int | None:
        """The end of what a column holds, for a number that the database has not, or infinity if none of it is."""
        if not isinstance(value, int | float | decimal.Decimal):
            return None
        most = self.dialect.most_digits
        if abs(value) == math.inf:
            beyond = most is not None or column.scale is not None
        else:
            beyond = most is not None and column.family in {"integer", "decimal"} and abs(value) >= 10**most
        end: int = 10 ** (most or MOST_DIGITS) - 1
        return None if not beyond else end if value > 0 else -end

    def of_family(self, name: str, family: str) -> tuple[ColumnElement[Any], ColumnElement[bool] | None]:
        """A column's values of one family, and the predicate of those of other families.

        Args:
            name: The column.
            family: The family; numbers of all kinds count as one.

        Returns:
            The value (NULL where it is of another family), and None where there can be no other family.
        """
        column, value = self.columns[name], self[name]
        if column.untyped is not None:
            return self._read(column, family)
        if column.family != "mixed":
            return self.dialect.stored_as(value, column, family)
        alike = next((group for group in (NUMBERS, MOMENTS) if family in group), frozenset({family}))
        member = next((member for member in column.members if member in alike), None)
        if member is None:
            return sa.null(), value.is_not(None)
        return self.dialect.member_value(value, member), self.dialect.member(value) != member

    def _read(self, column: Column, family: str) -> tuple[ColumnElement[Any], ColumnElement[bool] | None]:
        """The values of a column without a declared type, as one family."""
        untyped = column.untyped
        assert untyped is not None  # noqa: S101 (what the caller has asked)
        raw = self.from_.c[untyped.raw]
        for group, name in ((NUMBERS, "decimal"), (MOMENTS, "datetime"), (frozenset({family}), family)):
            if family in group:
                if column.family in group:
                    return self.from_.c[column.name], None
                if family == "text" and untyped.form == "csv":
                    return raw, None
                value = read(raw, untyped, name)
                return value, sa.and_(raw.is_not(None), value.is_(None))
        raise AssertionError(family)

    def written(self, name: str, *, exactly: bool = False) -> ColumnElement[Any]:
        """A column's values as text: as the file has them where it declares no type.

        Args:
            name: The column.
            exactly: Whether a string of JSON is told from the number that it spells.
        """
        untyped = self.columns[name].untyped
        if untyped is None:
            return sa.cast(self[name], sa.Text())
        raw = self.from_.c[untyped.raw]
        return identity(raw, untyped) if exactly else text_of(raw, untyped.form)

    def apart(self, name: str) -> ColumnElement[Any]:
        """A column's values, of which those that differ stay apart: strings of JSON beside others keep their quotes."""
        column = self.columns[name]
        if column.untyped is not None and column.untyped.quoted:
            return self.from_.c[column.untyped.raw]
        return self.dialect.reads(self.from_.c[name], column.plain)

    def misread(self, name: str, families: frozenset[str]) -> ColumnElement[bool]:
        """Whether a value of a column without a declared type can be read as none of the families."""
        untyped = self.columns[name].untyped
        assert untyped is not None  # noqa: S101 (what the caller has asked)
        raw = self.from_.c[untyped.raw]
        wanted = ["decimal"] if families >= NUMBERS else sorted(families)
        return sa.and_(raw.is_not(None), *(read(raw, untyped, family).is_(None) for family in wanted))

    def reading(self, name: str, family: str, *, as_double: bool = False) -> Relation:
        """The relation with the values of one column read as a family."""
        value, _ = self.of_family(name, family)
        if as_double:
            value = sa.cast(value, sa.Double())
        others = [self.from_.c[one].label(one) for one in self.columns if one != name]
        # Its type is that of the family, and no longer that of the file.
        read_as = dataclasses.replace(self.columns[name], family=family, type_name="", untyped=None)
        columns = dict(self.columns) | {name: read_as}
        # By the same name, which SQL of users may hold.
        alias = str(getattr(self.from_, "name", "read"))
        from_ = wide(sa.select(value.label(name), *others).select_from(self.from_), alias)
        return dataclasses.replace(self, from_=from_, columns={one: column.plain for one, column in columns.items()})

    def is_among(self, name: str, values: Iterable[Any]) -> ColumnElement[bool]:
        """Whether a column's value is one of these; NULL if it is NULL."""
        given = tuple(values)
        # Every statement about a check asks this, and lists may be long. A tuple that is kept keeps its id.
        kept = self._among.get((name, id(given)))
        if kept is None:
            kept = self._among[name, id(given)] = given, self._is_among(name, given)
        return kept[1]

    def _is_among(self, name: str, values: Sequence[Any]) -> ColumnElement[bool]:
        conditions: list[ColumnElement[bool]] = []
        families: dict[str, list[Any]] = {}
        for given in values:
            if self._nearest(name, given) is None:  # else no value of the column equals it
                families.setdefault(self.family_for(name, given), []).append(given)
        for family, alike in families.items():
            value, other = self.of_family(name, family)
            lists = _of_one_type([self.adapted(name, given) for given in alike], alike)
            found = sa.or_(*(_is_in(value, [self.operand(name, given) for given in one]) for one in lists))
            # A value of another type is not in the list; the comparison is false, not NULL.
            conditions.append(found if other is None else sa.and_(sa.not_(other), found))
        return sa.or_(sa.false(), *conditions)


@dataclass(frozen=True)
class Other:
    """A relation of another source, open for reading.

    Attributes:
        relation: The relation.
        description: What it is, for people; without secrets.
        fetch: Runs a SELECT.
        problems: What stands in the way of comparing some columns of rows that meet a condition.
        masked: Columns whose values must not be shown.
    """

    relation: Relation
    description: str
    fetch: Callable[[Any], Sequence[Any]]
    problems: Callable[[Sequence[str], str | None], list[str]]
    masked: frozenset[str]


def _nowhere(place: Place) -> Other:
    del place
    raise SourceError("Rows are compared with another source only where a source is validated.")


def _no_other(name: str, schema: str | None) -> Relation:
    del schema
    raise TableNotFoundError.missing(name, ())


def _digits_of(value: float) -> decimal.Decimal:
    """A float as people write it: 0.1 is a tenth; a whole number has all its digits."""
    if value.is_integer() and abs(value) < 10.0**MOST_DIGITS:
        return decimal.Decimal(int(value))
    return decimal.Decimal(repr(value))


def _nearest_whole(value: Any, *, up: bool) -> int | None:
    """The next whole number of a fraction beyond those that floats hold; None for any other value."""
    if not isinstance(value, decimal.Decimal) or not value.is_finite() or abs(value) < 2**53:
        return None
    if value == value.to_integral_value() or value.adjusted() > MOST_DIGITS:
        return None
    return int(value.to_integral_value(decimal.ROUND_CEILING if up else decimal.ROUND_FLOOR))


def _is_beyond_floats(value: Any) -> bool:
    """Whether a decimal is greater than all floats, or so near to 0 that none but 0 is as near."""
    if not isinstance(value, decimal.Decimal) or not value.is_finite() or not value:
        return False
    return float(value) == 0 or math.isinf(float(value))


def _nearest_float(value: int | decimal.Decimal, *, up: bool) -> float | None:
    """The next float of a number that no float is, or the one that is next to infinity if it is beyond all others."""
    try:
        near = float(value)
    except OverflowError:
        near = math.inf
    if math.isinf(near):
        return sys.float_info.max if value > 0 else -sys.float_info.max
    if _digits_of(near) == value:
        return None
    return near if (near > value) == up else math.nextafter(near, math.inf if up else -math.inf)


def _of_one_type(adapted: Sequence[Any], given: Sequence[Any]) -> list[list[Any]]:
    """Values in as many lists as it takes for a decimal type to hold all numbers of each, as IN needs it in DuckDB.

    Args:
        adapted: The values as they are compared.
        given: The same as the rule has them, which are what is returned.
    """
    whole, scales = 1, []
    for value in adapted:
        known = decimal.Decimal(value) if isinstance(value, int | decimal.Decimal) else None
        if known is None or not known.is_finite():
            scales.append(0)
            continue
        scales.append(max(-int(known.as_tuple().exponent), 0))
        whole = max(whole, known.adjusted() + 1)
    if whole + max(scales, default=0) <= MOST_DIGITS:
        return [list(given)]
    lists: dict[int, list[Any]] = {}
    for scale, value in zip(scales, given, strict=True):
        lists.setdefault(scale, []).append(value)
    return list(lists.values())


def _is_in(value: ColumnElement[Any], operands: list[ColumnElement[Any]]) -> ColumnElement[bool]:
    """IN, one for each type: a list of decimals with a float in it would be one of floats, and the value as well.

    Long lists are written out, because databases limit the number of parameters.
    """
    by_type: dict[str, list[ColumnElement[Any]]] = {}
    for operand in operands:
        by_type.setdefault(repr(operand.type), []).append(operand)
    return sa.or_(*(_is_in_alike(value, alike) for alike in by_type.values()))


def _is_in_alike(value: ColumnElement[Any], operands: list[ColumnElement[Any]]) -> ColumnElement[bool]:
    written_out = len(operands) > _MOST_PARAMETERS
    plain = [one for one in operands if isinstance(one, sa.BindParameter)]
    if len(plain) == len(operands):
        # One parameter for the whole list: SQLAlchemy takes time by the square of the number of those it writes out.
        members = [one.effective_value for one in plain]
        return value.in_(
            sa.bindparam(None, members, plain[0].type, expanding=True, unique=True, literal_execute=written_out)
        )
    if written_out:
        operands = [one.render_literal_execute() if isinstance(one, sa.BindParameter) else one for one in operands]
    return value.in_(operands)
