"""`DataQualityCheck`: functions that make checks."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from typing import TYPE_CHECKING, Any

from .._shared.wording import question, repr_of
from ..errors import RuleError
from .base import Check
from .kinds.completeness import Completeness
from .kinds.custom import Custom
from .kinds.distinct_count import DistinctCount
from .kinds.expression import Expression
from .kinds.foreign_key import ForeignKey
from .kinds.freshness import Freshness
from .kinds.in_range import InRange
from .kinds.in_set import InSet
from .kinds.length import Length
from .kinds.not_in_set import NotInSet
from .kinds.not_null import NotNull
from .kinds.not_regex import NotRegex
from .kinds.null import Null
from .kinds.regex import Regex
from .kinds.row_count import RowCount
from .kinds.same_rows import SameRows
from .kinds.schema import Schema
from .kinds.statistic import Statistic
from .kinds.type import Type
from .kinds.unique import Unique
from .registry import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["DataQualityCheck"]


class _Derived(type):
    """Gives the functions of kinds that have none written by hand: ``column_<kind>``, or ``<kind>`` without a column.

    A type checker sees the functions that are written by hand only, so that it finds a misspelt name.
    """

    if not TYPE_CHECKING:

        def __getattr__(cls, name: str) -> Callable[..., Check]:
            makers = {_name_of(kind): kind for kind in KINDS.values()}
            if name not in makers:
                raise AttributeError(f"DataQualityCheck has no function {repr_of(name)}.{question(name, dir(cls))}")
            return _maker(makers[name])

    def __dir__(cls) -> list[str]:
        return sorted({*super().__dir__(), *map(_name_of, KINDS.values())})


def _name_of(kind: type[Check]) -> str:
    has_column = any(field.name == "column" for field in dataclasses.fields(kind))
    return f"column_{kind.kind}" if has_column else kind.kind


def _maker(kind: type[Check]) -> Callable[..., Check]:
    required = [
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]

    def make(*given: Any, **options: Any) -> Check:
        if len(given) > len(required):
            raise ArgumentsError(
                [f"{_name_of(kind)} takes {len(required)} arguments by position: {', '.join(required)}."]
            )
        options |= dict(zip(required, given, strict=False))
        names = [field.name for field in dataclasses.fields(kind)]
        _refuse_unknown(_name_of(kind), options, names)
        missing = [name for name in required if name not in options]
        if missing:
            raise ArgumentsError([f"{_name_of(kind)}: the option {repr_of(name)} is missing." for name in missing])
        return kind(**options)

    make.__name__, make.__doc__ = _name_of(kind), kind.__doc__
    return make


class ArgumentsError(RuleError, TypeError):
    """Arguments that a function of `DataQualityCheck` does not have, or lacks."""


def _refuse_unknown(function: str, options: Mapping[str, Any], known: Iterable[str]) -> None:
    names = list(known)
    problems = [f"{function} has no option {name!r}.{question(name, names)}" for name in options if name not in names]
    if problems:
        raise ArgumentsError(problems)


def _strict(function: Callable[..., Check]) -> Callable[..., Check]:
    """The function, with errors of this package for arguments that it does not have."""
    signature = inspect.signature(function)
    kind = KINDS.get(function.__name__.removeprefix("column_"), Check)
    common = [field.name for field in dataclasses.fields(kind)]

    @functools.wraps(function)
    def make(*given: Any, **options: Any) -> Check:
        _refuse_unknown(function.__name__, options, [*list(signature.parameters)[:-1], *common])
        try:
            signature.bind(*given, **options)
        except TypeError as error:
            raise ArgumentsError([f"{function.__name__}: {error}."]) from None
        return function(*given, **options)

    return make


class DataQualityCheck(metaclass=_Derived):
    """A namespace of functions that make checks.

    Every function also takes ``name``, ``severity``, ``threshold``, ``where`` and ``description``, and raises
    `dq_core.errors.RuleError` if an option is wrong. A kind of check that is registered has a function as well:
    ``column_<kind>``, or ``<kind>`` if it has no option ``column``; it takes the required options by position.
    """

    # ruff: noqa: A002 - min, max and type are the documented names of these options

    @staticmethod
    def column_not_null(column: str, **common: Any) -> Check:
        """No value of the column is NULL.

        Args:
            column: The column.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return NotNull(column=column, **common)

    @staticmethod
    def column_null(column: str, **common: Any) -> Check:
        """Every value of the column is NULL.

        Args:
            column: The column.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return Null(column=column, **common)

    @staticmethod
    def column_unique(column: str, *columns: str, **common: Any) -> Check:
        """No value of the column, or combination of values of several columns, is repeated.

        Args:
            column: The column.
            *columns: Further columns, whose values together must not be repeated.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return Unique(**_one_or_more(column, columns), **common)

    @staticmethod
    def column_range(
        column: str,
        *,
        min: Any = None,
        max: Any = None,
        strict_min: bool = False,
        strict_max: bool = False,
        **common: Any,
    ) -> Check:
        """Every value is between min and max.

        Args:
            column: The column.
            min: The least value that is allowed; None for no bound.
            max: The greatest value that is allowed; None for no bound.
            strict_min: Whether `min` itself is not allowed.
            strict_max: Whether `max` itself is not allowed.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return InRange(column=column, min=min, max=max, strict_min=strict_min, strict_max=strict_max, **common)

    @staticmethod
    def column_in_set(column: str, values: Iterable[Any], **common: Any) -> Check:
        """Every value is in the list.

        Args:
            column: The column.
            values: The values that are allowed; none of them NULL.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return InSet(column=column, values=values, **common)

    @staticmethod
    def column_not_in_set(column: str, values: Iterable[Any], **common: Any) -> Check:
        """No value is in the list.

        Args:
            column: The column.
            values: The values that are not allowed; none of them NULL.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return NotInSet(column=column, values=values, **common)

    @staticmethod
    def column_regex(column: str, pattern: str, **common: Any) -> Check:
        """The pattern is found somewhere in every value.

        Args:
            column: The column.
            pattern: A regular expression.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return Regex(column=column, pattern=pattern, **common)

    @staticmethod
    def column_not_regex(column: str, pattern: str, **common: Any) -> Check:
        """The pattern is found in no value.

        Args:
            column: The column.
            pattern: A regular expression.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return NotRegex(column=column, pattern=pattern, **common)

    @staticmethod
    def column_length(column: str, *, min: int | None = None, max: int | None = None, **common: Any) -> Check:
        """The number of characters of every value is between min and max.

        Args:
            column: The column.
            min: The least number of characters; None for no bound.
            max: The greatest number of characters; None for no bound.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return Length(column=column, min=min, max=max, **common)

    @staticmethod
    def column_type(column: str, type: Any, **common: Any) -> Check:
        """Every value is of a Python type, or of a type of the database by name.

        Args:
            column: The column.
            type: A Python type or its name, or the name of a SQL type: ``int``, ``"timestamp"``, ``"decimal(10,2)"``.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return Type(column=column, dtype=type, **common)

    @staticmethod
    def column_completeness(column: str, threshold: float = 1.0, **common: Any) -> Check:
        """The share of rows that are not NULL reaches the threshold.

        Args:
            column: The column.
            threshold: The least share, from 0 to 1.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return Completeness(column=column, threshold=threshold, **common)

    @staticmethod
    def row_count(*, min: int | None = None, max: int | None = None, **common: Any) -> Check:
        """The number of rows is between min and max.

        Args:
            min: The least number of rows; None for no bound.
            max: The greatest number of rows; None for no bound.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return RowCount(min=min, max=max, **common)

    @staticmethod
    def column_distinct_count(column: str, *, min: int | None = None, max: int | None = None, **common: Any) -> Check:
        """The number of distinct values is between min and max.

        Args:
            column: The column.
            min: The least number of distinct values, without NULL; None for no bound.
            max: The greatest number; None for no bound.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return DistinctCount(column=column, min=min, max=max, **common)

    @staticmethod
    def column_statistic(
        column: str,
        statistic: str,
        *,
        min: Any = None,
        max: Any = None,
        strict_min: bool = False,
        strict_max: bool = False,
        **common: Any,
    ) -> Check:
        """The min, max, mean, median, sum or stddev is between min and max.

        Args:
            column: The column.
            statistic: ``"min"``, ``"max"``, ``"mean"``, ``"median"``, ``"sum"`` or ``"stddev"`` (the sample's).
            min: The least value that is allowed; None for no bound.
            max: The greatest value that is allowed; None for no bound.
            strict_min: Whether `min` itself is not allowed.
            strict_max: Whether `max` itself is not allowed.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return Statistic(
            column=column, statistic=statistic, min=min, max=max, strict_min=strict_min, strict_max=strict_max, **common
        )

    @staticmethod
    def schema(columns: Mapping[str, Any] | Iterable[str], *, strict: bool = False, **common: Any) -> Check:
        """The table has these columns, of these types; with strict, no others.

        Args:
            columns: Types by name of the column; or names alone.
            strict: Whether other columns are not allowed.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return Schema(columns=columns, strict=strict, **common)

    @staticmethod
    def foreign_key(column: str, *columns: str, references: Mapping[str, Any], **common: Any) -> Check:
        """Every value (or combination) occurs in the columns of another table.

        Args:
            column: The column.
            *columns: Further columns of a composite key.
            references: The other table: ``{"table": …, "column": …}``, with ``columns`` for a composite
                key, and ``schema``.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return ForeignKey(**_one_or_more(column, columns), references=references, **common)

    @staticmethod
    def same_rows(
        source: Any,
        *,
        keys: Iterable[str] = (),
        columns: Iterable[str] | None = None,
        tolerance: Any = None,
        **common: Any,
    ) -> Check:
        """The rows are those of another source; a database takes ``table``, ``query`` and ``schema`` as well.

        Args:
            source: What the rows are compared with: whatever `dq_core.validate` takes; a database also as ``env:NAME``.
            keys: The columns that identify a row; without keys, whole rows are compared.
            columns: The columns to compare besides the keys; None for all.
            tolerance: How far numbers may be apart: a number, or ``{"absolute": …, "relative": …}``.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return SameRows(source=source, key_columns=keys, columns=columns, tolerance=tolerance, **common)

    @staticmethod
    def column_freshness(column: str, max_age: Any, **common: Any) -> Check:
        """The newest date or timestamp is at most max_age old.

        Args:
            column: The column.
            max_age: A `timedelta`, a number of seconds, or a string such as ``"1 day"`` or ``"90m"``.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return Freshness(column=column, max_age=max_age, **common)

    @staticmethod
    def expression(sql: str, **common: Any) -> Check:
        """A boolean SQL expression is true for every row.

        Args:
            sql: The expression, in the SQL of the database.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        return Expression(sql=sql, **common)

    @staticmethod
    def custom(function: Callable[[list[dict[str, Any]]], bool], check_name: str | None = None, **common: Any) -> Check:
        """A function gets the rows as a list of dicts and returns True or False.

        Args:
            function: Gets the rows; an exception is a check that could not be evaluated.
            check_name: The name of the check in reports.
            **common: `name`, `severity`, `threshold`, `where` and `description`, as every rule takes them.
        """
        named: dict[str, Any] = {} if check_name is None else {"name": check_name}
        return Custom(function=function, **named, **common)


for _name, _function in list(vars(DataQualityCheck).items()):
    if isinstance(_function, staticmethod):
        setattr(DataQualityCheck, _name, staticmethod(_strict(_function.__func__)))


def _one_or_more(column: str, columns: tuple[str, ...]) -> dict[str, Any]:
    return {"columns": (column, *columns)} if columns else {"column": column}
