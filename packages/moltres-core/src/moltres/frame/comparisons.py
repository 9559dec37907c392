"""Strings that are compared with a column of another type: they are compared as values of that type.

Left to the databases, ``day >= '2024-01-01'`` compares dates on one, strings on the next, and is an error on the third.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import BindParameter, SelectBase, select
from sqlalchemy import types as sql
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, ClauseElement, ClauseList, ExpressionClauseList, Grouping
from sqlalchemy.sql.selectable import SelectStatementGrouping
from sqlalchemy.sql.visitors import iterate, replacement_traverse

from .._shared.moments import is_finer
from ..dialects.complexity import not_too_deep
from ..dialects.sql.moments import as_text, in_one_form
from ..dialects.sqlite.same_moments import comparable, is_moment, like_stored
from ..errors import ConfigurationError
from ..types.logical import LogicalType, logical_type, sendable
from ..types.values import float_of
from .one_form import within_functions
from .plain_values import with_plain_values
from .row_values import with_rows_apart
from .together import require_alike
from .whole_digits import with_whole_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import FromClause
    from sqlalchemy.types import TypeEngine

    from ..dialects import Capabilities

_COMPARISONS = frozenset(
    {operators.eq, operators.ne, operators.lt, operators.le, operators.gt, operators.ge}
    | {operators.is_distinct_from, operators.is_not_distinct_from, operators.in_op, operators.not_in_op}
    | {operators.between_op, operators.not_between_op}
)


@not_too_deep
def as_columns(expression: Any, capabilities: Capabilities, *, joined: Sequence[FromClause] = ()) -> Any:
    """An expression in which each string that is compared is a value of the other side's type.

    Args:
        expression: An expression on the columns of tables; anything else is returned unchanged.
        capabilities: What the database can do.
        joined: The tables and subqueries that a join looks up rows in.

    Raises:
        ConfigurationError: If a string is none, and the database would compare it as some other value; if an instant
            is compared with a column that has no time zone; or if values of two types would be one column.
    """
    if not isinstance(expression, ClauseElement):
        return expression
    expression = with_rows_apart(with_plain_values(expression))
    require_alike(expression, capabilities)
    expression = with_whole_digits(expression, capabilities)
    if not capabilities.enforces_types:
        expression = within_functions(expression)

    def compares(element: Any) -> bool:
        return _compares(element) or (not capabilities.enforces_types and _compares_moments(element))

    if not any(map(compares, iterate(expression))):
        return expression

    def replace(element: Any, **_: Any) -> Any:
        if not compares(element):
            return None
        left, right = element.left, element.right
        made = element._clone()  # noqa: SLF001 - as SQLAlchemy's own traversals copy an expression
        made.left, made.right = _as(left, right, capabilities), _as(right, left, capabilities)
        if not capabilities.enforces_types:
            made.left, made.right = _in_one_form(made.left, made.right, joined)
        return None if made.left is left and made.right is right else made

    return replacement_traverse(expression, {}, replace)


def _compares(element: Any) -> bool:
    if not isinstance(element, BinaryExpression) or element.operator not in _COMPARISONS:
        return False
    sides = (element.left, element.right)
    return (
        any(isinstance(side, BindParameter | ClauseList | ExpressionClauseList | Grouping) for side in sides)
        or {logical_type(side.type).name for side in sides} == _MOMENTS
    )


def _compares_moments(element: Any) -> bool:
    """Whether an expression compares moments of one kind with each other."""
    return isinstance(element, BinaryExpression) and element.operator in _COMPARISONS and is_moment(element.left)


def _as(side: Any, other: Any, capabilities: Capabilities) -> Any:
    """A side of a comparison, in which strings are values of the other side's type."""
    return _each(side, lambda one: _as_other(one, other, capabilities))


def _each(side: Any, change: Callable[[Any], Any]) -> Any:
    """A side with each of its parts changed; the side itself if none is, None if a part cannot be."""
    if isinstance(side, Grouping):
        inner = _each(side.element, change)
        if inner is None:
            return None
        return side if inner is side.element else Grouping(inner)
    if isinstance(side, ClauseList | ExpressionClauseList):
        parts = [_each(part, change) for part in side.clauses]
        if any(part is None for part in parts):
            return None
        if all(new is old for new, old in zip(parts, side.clauses, strict=True)):
            return side
        made: Any = side._clone()  # noqa: SLF001 - as above
        made.clauses = parts
        return made
    return change(side)


def _as_other(side: Any, other: Any, capabilities: Capabilities) -> Any:
    if not isinstance(side, BindParameter) or side.callable is not None:
        return side
    values = list(side.value or ()) if side.expanding else [side.value]
    items = [_value(sendable(value), side.type, other, capabilities) for value in values]
    kind = logical_type(other.type)
    # Where SQLAlchemy would leave the zone out, or write the UUID in another way than the column.
    as_stored = kind.name == "uuid" or (kind.zoned and not capabilities.binds_types)
    own = other.type if as_stored and all(isinstance(item, UUID | dt.datetime) for item in items) else None
    if own is None and len({type(item) for item in items if item is not None}) > 1:
        # SQLAlchemy gives all values of a list the type of the first: 1.5 behind 1 would be an integer.
        types = [other.type.coerce_compared_value(operators.eq, item) for item in items]
        each = (BindParameter(None, item, type_=type_, unique=True) for item, type_ in zip(items, types, strict=True))
        return Grouping(ClauseList(*each, operator=operators.comma_op))
    if own is None and all(new is old for new, old in zip(items, values, strict=True)):
        return side
    return BindParameter(None, items if side.expanding else items[0], type_=own, unique=True, expanding=side.expanding)


def _in_one_form(left: Any, right: Any, joined: Sequence[FromClause]) -> tuple[Any, Any]:
    """Both sides of a comparison; moments and what is beside them as text in one form, where they have several."""
    query = right.element if isinstance(right, Grouping | SelectStatementGrouping) else right
    if isinstance(query, SelectBase):
        (column,) = query.subquery().c
        return (comparable(left), select(comparable(column)).scalar_subquery()) if is_moment(column) else (left, right)
    columns = [one for side in (left, right) for one in _parts(side) if not isinstance(one, BindParameter)]
    kinds = {logical_type(one.type) for one in columns}
    names = {kind.name for kind in kinds}
    if any(kind.zoned for kind in kinds) or not (names <= _MOMENTS or names == {"time"}):
        return left, right
    if names == {"date"}:
        # A day is kept in one form alone: only what has a time needs another one.
        if not any(map(_has_time, (*_parts(left), *_parts(right)))):
            return left, right
    elif len(columns) > 1 and len(names) == 1 and {left, right} == set(columns):
        return _side_by_side(left, right, joined)
    form = partial(_formed, names=names)
    formed = (_each(left, form), _each(right, form))
    return (left, right) if any(side is None for side in formed) else formed


def _side_by_side(left: Any, right: Any, joined: Sequence[FromClause]) -> tuple[Any, Any]:
    """Two expressions on columns; where one is a column that the other is looked up in, the other is as that one is."""
    of_left, of_right = (getattr(side, "table", None) for side in (left, right))
    # SQLAlchemy tells nowhere else what an expression reads.
    if of_left in joined and of_left not in right._from_objects:  # noqa: SLF001
        return left, like_stored(right, left)
    if of_right is not None and of_right not in left._from_objects:  # noqa: SLF001
        return like_stored(left, right), right
    return comparable(left), comparable(right)


def _parts(side: Any) -> list[Any]:
    """What a side is made of: the items of a list, or the side itself."""
    if isinstance(side, Grouping):
        return _parts(side.element)
    if isinstance(side, ClauseList | ExpressionClauseList):
        return [one for part in side.clauses for one in _parts(part)]
    return [side]


def _has_time(side: Any) -> bool:
    """Whether values are not all days."""
    if not isinstance(side, BindParameter) or side.callable is not None:
        return False
    values = list(side.value or ()) if side.expanding else [side.value]
    return any(isinstance(_date(value) if isinstance(value, str) else value, dt.datetime) for value in values)


def _formed(side: Any, names: set[str]) -> Any:
    """A part of a comparison as text; None if it is a value and no moment.

    Args:
        side: The part.
        names: The kinds of all columns that are compared. Beside days midnight is a day: it is stored as one there.
    """
    with_days = "date" in names
    if not isinstance(side, BindParameter):
        kind = logical_type(side.type).name
        return side if kind == "date" else in_one_form(side, kind, midnight=not with_days)
    if side.callable is not None:
        return None
    values = list(side.value or ()) if side.expanding else [side.value]
    read = _time if names == {"time"} else _date if with_days else _moment
    found = [as_text(read(value) if isinstance(value, str) else value, midnight=not with_days) for value in values]
    if None in found:
        return None
    return BindParameter(
        None, found if side.expanding else found[0], type_=sql.String(), unique=True, expanding=side.expanding
    )


def _value(value: Any, type_: TypeEngine[Any], other: Any, capabilities: Capabilities) -> Any:
    kind = logical_type(other.type)
    if isinstance(value, dt.datetime) and not capabilities.binds_types:
        return _with_its_zone(value, kind, other)
    if isinstance(value, Decimal) and not capabilities.enforces_types and _is_whole(value):
        return sendable(int(value))  # as a float it would lose digits
    if not isinstance(value, str) or not isinstance(type_, sql.String) or isinstance(type_, sql.Enum):
        return value
    if capabilities.enforces_types and kind.name in _KEPT_AS_TEXT and (kind.scale or 0) <= _DIGITS and is_finer(value):
        raise ConfigurationError(f"{value!r} has digits below a microsecond, which {_named(other)} does not hold.")
    read = _READERS.get(kind.name)
    if read is None or (kind.name not in _OF_ALL and not capabilities.enforces_types):
        return value  # SQLite's columns of dates hold strings, which are compared as they are
    found = None if kind.zoned and not _OFFSET.search(value) else read(value)
    if found is not None:
        return _with_its_zone(found, kind, other)
    if capabilities.binds_types or not capabilities.enforces_types or kind.zoned:
        return value  # the database refuses it, or knows more forms of the type; SQLite compares strings
    raise ConfigurationError(
        f"{value!r} is no {kind.name}, which {_named(other)} holds: the database would take it for another value."
    )


def _is_whole(value: Decimal) -> bool:
    # With an exponent of a billion it is no number to write out.
    return value.is_finite() and value.adjusted() <= _MOST_DIGITS and value == value.to_integral_value()


def typed(text: str, type_: TypeEngine[Any]) -> Any:
    """What a string says as a value of a type; the string if it says none, or the type is one of strings.

    Args:
        text: The string.
        type_: A type.
    """
    kind = logical_type(type_)
    read = _READERS.get(kind.name) or _KEPT_AS_TEXT.get(kind.name)
    found = None if read is None or (kind.zoned and not _OFFSET.search(text)) else read(text)
    if kind.name == "integer" and isinstance(found, Decimal):
        return int(found) if _is_whole(found) else text  # one of more than 64 bits, or with an exponent
    return text if found is None else found


def _with_its_zone(value: Any, kind: LogicalType, other: Any) -> Any:
    if isinstance(value, dt.datetime) and value.tzinfo is not None and kind.name in _MOMENTS and not kind.zoned:
        raise ConfigurationError(
            f"{value} has a time zone, and {_named(other)} has none.",
            suggestion="Compare with a moment without a zone.",
        )
    return value


def _named(other: Any) -> str:
    name = getattr(other, "name", None)
    return f"the column {name!r}" if name else "the expression"


_DIGITS = 6
"""Of a second, which datetimes have."""

_MOST_DIGITS = 400
"""Of a number that a float holds."""

_WHOLE = re.compile(r"\s*[+-]?\d+\s*")
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?)?")
_CLOCK = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?")
_OFFSET = re.compile(r"(Z|[+-]\d\d(:?\d\d)?)$")


def _number(text: str) -> Any:
    if len(text) <= _MOST_DIGITS and _WHOLE.fullmatch(text):
        return sendable(int(text))
    try:
        return Decimal(text.strip()) if _NUMBER.fullmatch(text) else None
    except InvalidOperation:
        return None


def _float(text: str) -> float | None:
    return float_of(text) if _NUMBER.fullmatch(text) else None


def _boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.strip().lower())


def _moment(text: str) -> Any:
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def _date(text: str) -> Any:
    if not _DAY.fullmatch(text):
        return _moment(text)
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _time(text: str) -> dt.time | None:
    try:
        return dt.time.fromisoformat(text) if _CLOCK.fullmatch(text) else None
    except ValueError:
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


_READERS: dict[str, Callable[[str], Any]] = {
    "integer": _number,
    "decimal": _number,
    "float": _float,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _moment,
    "uuid": _uuid,
}

_KEPT_AS_TEXT: dict[str, Callable[[str], Any]] = {"timestamp": _moment, "time": _time}
"""Types that have no storage class in SQLite, and several forms of the same value."""

_MOMENTS = frozenset({"date", "timestamp"})

_OF_ALL = frozenset({"integer", "decimal", "float", "boolean", "uuid"})
"""Types whose values SQLite stores as what they are, and not as strings."""
