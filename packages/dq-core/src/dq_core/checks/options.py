"""Checking the options of rules: each function yields sentences about what is wrong."""

from __future__ import annotations

import decimal
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .._shared import arguments
from .._shared.arguments import is_number, string
from .._shared.moments import finer_than_columns
from .._shared.wording import question, repr_of
from ..errors import RuleError
from ..relation.type_family import MOMENTS, NUMBERS, adapt, family_of_value, is_iso_moment
from .outcome import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..relation.column import Column

__all__ = [
    "MOST_LEVELS", "bounds", "column", "column_names", "column_or_columns", "count_bounds", "family_misfit", "flag",
    "frozen", "is_finite", "is_number", "misfit", "name_part", "python_value", "question", "sql_problems", "targets",
    "text", "values", "whole",
]  # fmt: skip

MOST_LEVELS = 32
"""How many lists of a rule may be nested in each other."""

MOST_DIGITS_WRITTEN = 1000
"""How many digits an integer of a rule may have."""


def name_part(given: object) -> str:
    """A part of a check's default name; what is no string, which its problems tell, is cut."""
    return given if isinstance(given, str) else repr_of(given, 60)


def text(label: str, name: str, given: object) -> Iterator[str]:
    """An option must be a string."""
    return string(f"{label}: {name}", given, empty=True)


def flag(label: str, name: str, given: object) -> Iterator[str]:
    """An option must be a boolean."""
    return arguments.flag(f"{label}: {name}", given)


def whole(label: str, name: str, given: object, *, least: int = 0) -> Iterator[str]:
    """An option must be a whole number from a least one."""
    return arguments.whole(f"{label}: {name}", given, least=least)


def column(label: str, given: object) -> Iterator[str]:
    """A column's name must be a non-empty string."""
    if not isinstance(given, str) or not given:
        yield f"{label}: column must be the name of a column, not {repr_of(given)}."


def column_names(label: str, given: object, option: str = "columns") -> Iterator[str]:
    """Columns must be a list of at least one name, without duplicates."""
    if not isinstance(given, tuple) or not given:
        yield f"{label}: {option} must be a list of at least one column, not {repr_of(given)}."
        return
    for name in given:
        if not isinstance(name, str) or not name:
            yield f"{label}: {option} must be names of columns, not {repr_of(name)}."
    if len(set(map(name_part, given))) < len(given):
        yield f"{label}: {option} has duplicate names: {repr_of(list(given))}."


def column_or_columns(label: str, one: object, several: object) -> Iterator[str]:
    """Either ``column`` or ``columns``."""
    if (one is None) == (several is None):
        yield f"{label}: give either column or columns."
    elif several is None:
        yield from column(label, one)
    else:
        yield from column_names(label, several)


def targets(one: str | None, several: tuple[str, ...] | None) -> tuple[str, ...]:
    """The columns of ``column`` or ``columns``; empty if neither is valid."""
    if one is not None:
        return (one,)
    return several if isinstance(several, tuple) else ()


def bounds(
    label: str, low: object, high: object, *, strict_min: object = False, strict_max: object = False
) -> Iterator[str]:
    """At least one of min and max, both of a kind, in order; the strict flags need their bound."""
    if low is None and high is None:
        yield f"{label}: min or max is missing."
    for name, strict, bound in (("strict_min", strict_min, low), ("strict_max", strict_max, high)):
        yield from flag(label, name, strict)
        if strict is True and bound is None:
            yield f"{label}: {name} is given without {name.removeprefix('strict_')}."
    for name, bound in (("min", low), ("max", high)):
        if bound is not None:
            yield from _bound(label, name, bound)
    if low is not None and high is not None:
        yield from _order(label, low, high, strict=strict_min is True or strict_max is True)


def _order(label: str, low: Any, high: Any, *, strict: bool) -> Iterator[str]:
    try:
        wrong = low > high
    except decimal.InvalidOperation:
        return  # a signalling NaN, which is a problem of its own
    except TypeError:
        yield f"{label}: min {repr_of(low)} and max {repr_of(high)} cannot be compared with each other."
        return
    if wrong:
        yield f"{label}: min {repr_of(low)} is greater than max {repr_of(high)}."
    elif low == high and strict:
        yield f"{label}: no value is strictly between min {repr_of(low)} and max {repr_of(high)}."


def _bound(label: str, name: str, bound: object) -> Iterator[str]:
    if family_of_value(bound) not in ("integer", "float", "decimal", "text", "date", "datetime", "time"):
        yield f"{label}: {name} must be a number, a date, a time or a string, not {repr_of(bound)}."
    elif _is_too_long(bound):
        yield f"{label}: {name} must have at most {MOST_DIGITS_WRITTEN} digits."
    elif isinstance(bound, float | decimal.Decimal) and not is_finite(bound):
        yield f"{label}: {name} must be finite, not {repr_of(bound)}; leave it out for no limit."


def is_finite(value: float | decimal.Decimal) -> bool:
    """Whether a number is neither NaN nor infinite; a decimal may be beyond all floats."""
    return value.is_finite() if isinstance(value, decimal.Decimal) else math.isfinite(value)


def is_nan(value: object) -> bool:
    """Whether a value is NaN, a signalling one included, which does not compare."""
    return value.is_nan() if isinstance(value, decimal.Decimal) else isinstance(value, float) and math.isnan(value)


def _is_too_long(value: object) -> bool:
    """Whether Python refuses to write an integer, or as many digits of a decimal: longer than any of a rule file."""
    if isinstance(value, decimal.Decimal):
        return value.is_finite() and abs(value.adjusted()) >= MOST_DIGITS_WRITTEN
    return isinstance(value, int) and abs(value) >= 10**MOST_DIGITS_WRITTEN


def count_bounds(label: str, low: object, high: object) -> Iterator[str]:
    """Like `bounds`, for whole numbers from 0."""
    given = [(name, bound) for name, bound in (("min", low), ("max", high)) if bound is not None]
    wrong = [problem for name, bound in given for problem in whole(label, name, bound)]
    yield from wrong or bounds(label, low, high)


def values(label: str, given: object) -> Iterator[str]:
    """A list of values that a column can hold; not NULL, which no value check considers."""
    if not isinstance(given, tuple):
        yield f"{label}: values must be a list, not {repr_of(given)}."
        return
    for value in given:
        if _is_too_long(value):
            yield f"{label}: values contains a number of more than {MOST_DIGITS_WRITTEN} digits."
        elif is_nan(value):
            yield f"{label}: values contains NaN: leave it out; NaN is in no set."
        elif value is None:
            yield f"{label}: values contains NULL: leave it out; this check does not consider NULL (not_null does)."
        elif family_of_value(value) is None or isinstance(value, list | tuple | dict):
            yield f"{label}: values contains {repr_of(value)}, which is not a value that a column can hold."


def misfit(label: str, name: str, column: Column, value: object) -> Iterator[str]:
    """A value that cannot be compared with a column.

    Raises:
        EvaluationError: The column's numbers are more than a type holds.
    """
    if column.untyped is not None:
        if family_of_value(value) in NUMBERS:
            require_number(column)
        moments = column.family == "time" or (column.family in MOMENTS | {"untyped"} and is_iso_moment(str(value)))
        if moments and isinstance(value, str) and (problem := finer_than_columns(value)) is not None:
            yield f"{label}: {name}: {problem}."
        return
    try:
        adapt(value, column.family, zoned=column.zoned)
    except ValueError as error:
        yield f"{label}: {name}: {error} ({column.name} is {column.type_name or column.family})."


def require_number(column: Column) -> None:
    """Make sure that a type holds all numbers of a column that declares none.

    Raises:
        EvaluationError: Otherwise: the values are the reason, not the rule.
    """
    if column.untyped is not None and column.untyped.number is None:
        raise EvaluationError(
            f"{column.name} has numbers of more digits than a type of DuckDB holds exactly (38 with a fraction, "
            "15 next to powers of ten); check it as text"
        )


def family_misfit(label: str, kind: str, column: Column, families: Iterable[str]) -> Iterator[str]:
    """A column of a type that a kind of check does not support.

    Raises:
        EvaluationError: The column's numbers are more than a type holds.
    """
    if column.untyped is not None:
        if {*families} <= NUMBERS:
            require_number(column)
        return
    if column.family not in {*families, "mixed", "unknown"}:
        yield (
            f"{label}: {kind} is for columns of type {', '.join(sorted(families))}, and {column.name} is "
            f"{column.type_name}; cast it in a query to check it."
        )


def python_value(given: Any, levels: int = MOST_LEVELS) -> Any:
    """A number, boolean or date of NumPy as Python's own, also in a list; anything else as it is.

    Args:
        given: The value.
        levels: How many lists may be nested in it.

    Raises:
        RuleError: More are, or a list is a part of itself.
    """
    if isinstance(given, list | tuple | set | frozenset):
        if not levels:
            raise RuleError([f"lists are nested more than {MOST_LEVELS} levels deep."])
        found = [python_value(one, levels - 1) for one in given]
        return given if all(one is other for one, other in zip(found, given, strict=True)) else type(given)(found)
    return given.item() if type(given).__module__ == "numpy" and getattr(given, "ndim", None) == 0 else given


def frozen(given: Any) -> Any:
    """A list, set or other collection of values as a tuple; anything else as it is."""
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        return given
    return tuple(given)


def sql_problems(label: str, name: str, sql: object) -> Iterator[str]:
    """A piece of SQL must be a string that is not blank; whether it is one expression says the database's parser."""
    if not isinstance(sql, str) or not sql.strip() or "\0" in sql or not arguments.is_unicode(sql):
        yield f"{label}: {name} must be an SQL expression, not {repr_of(sql)}."
