"""Values in whose place a column stores others without an error, in strict mode as well.

An ENUM takes 'A' for 'a' and '1' for its first value, a SET also '3' for its first two and 'b,a' for 'a,b'. A YEAR
takes 5 for 2005, a BIT the bits of a number with a sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, cast, func, literal, not_
from sqlalchemy import types as sql
from sqlalchemy.dialects import mysql

from .lengths import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement
    from sqlalchemy.types import TypeEngine

    from ...types.arrow import Named

__all__ = ["REPLACED", "is_alike", "own_or_refused"]

LEAST_YEAR = 1901
_SHOWN = 40
"""Characters of a value in an error; the server cuts what is much longer, and with it the end."""


def _is_written(type_: Any, value: Any) -> bool:
    parts = str(value).split(",")
    return not value or value == ",".join(one for one in type_.values if one in parts)


REPLACED: tuple[tuple[type[TypeEngine[Any]], Callable[[Any, Any], bool], str], ...] = (
    (mysql.YEAR, lambda _, value: 0 < value < LEAST_YEAR, "is read by a YEAR as one of the years 1970 to 2069"),
    (mysql.BIT, lambda _, value: value < 0, "has a sign that a BIT does not keep"),
    (mysql.ENUM, lambda type_, value: value not in type_.enums, "is none of the values of the ENUM"),
    (
        mysql.SET,
        lambda type_, value: not _is_written(type_, value),
        "is not made of members of the SET, each at most once and in their order",
    ),
)
"""Types, whether they do that to a value of Python, and why."""


def is_alike(source: TypeEngine[Any], target: TypeEngine[Any]) -> bool:
    """Whether columns of two types have the same values."""
    names = ("enums", "values")
    return type(source) is type(target) and all(
        getattr(source, name, None) == getattr(target, name, None) for name in names
    )


def own_or_refused(
    value: ColumnElement[Any], exact: Callable[[ColumnElement[Any]], ColumnElement[Any]], column: Named
) -> ColumnElement[Any]:
    """A value, or a cast that fails with the column in its error if it is none that the column stores as it is.

    Args:
        value: The value.
        exact: Makes a string one that is compared byte by byte.
        column: Name and type of the column.
    """
    type_: Any = column[1]
    if isinstance(type_, mysql.YEAR | mysql.BIT):
        wrong = value.between(1, LEAST_YEAR - 1) if isinstance(type_, mysql.YEAR) else value < 0
        return case((wrong, _refused(value, column)), else_=value)
    if not isinstance(type_, mysql.ENUM | mysql.SET):
        return value
    given = exact(cast(value, mysql.CHAR()))
    if isinstance(type_, mysql.ENUM):
        wrong = not_(given.in_([literal(one, sql.String()) for one in type_.enums]))
    else:
        parts = [case((func.find_in_set(one, given) > 0, one)) for one in type_.values]
        wrong = given != func.concat_ws(",", *parts)
    return case((wrong, cast(_refused(given, column), mysql.CHAR)), else_=value)


def _refused(value: ColumnElement[Any], column: Named) -> ColumnElement[int]:
    return refused(column, func.left(value, _SHOWN))
