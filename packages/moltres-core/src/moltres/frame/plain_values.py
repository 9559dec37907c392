"""Values in expressions: those of NumPy and pandas are Python's, and integers are sent as a type that holds them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, BindParameter
from sqlalchemy.sql.visitors import iterate, replacement_traverse

from ..errors import ConfigurationError
from ..types.foreign import as_python, is_foreign
from ..types.logical import is_known, logical_type, sendable

__all__ = ["plain", "with_plain_values"]


def plain(value: Any) -> Any:
    """A value of Python for a scalar, and a list for an array, a Series or an Index; all else as it is.

    Args:
        value: What stands beside a column, or for one.

    Raises:
        ConfigurationError: If Python has no such value, such as a moment with nanoseconds.
    """
    if not is_foreign(type(value)):
        return value
    try:
        return as_python([value])[0]
    except ValueError as error:
        raise ConfigurationError(f"A value of the expression cannot be taken as it is: {error}.") from error


def with_plain_values(expression: Any) -> Any:
    """An expression whose values are Python's, and no integer is sent as a type that it is too large for.

    SQLAlchemy gives a value the type of the column beside it, and PostgreSQL has no INTEGER of 2**40.

    Args:
        expression: An expression of SQLAlchemy.

    Raises:
        ConfigurationError: As `plain` does.
    """
    if not any(_is_foreign(part) or _is_too_large(part) for part in iterate(expression)):
        return expression

    def replace(element: Any, **_: Any) -> Any:
        made = element
        if _is_foreign(element):
            value = [plain(one) for one in element.value] if element.expanding else plain(element.value)
            type_ = element.type if is_known(element.type) else None
            made = BindParameter(None, value, type_=type_, unique=True, expanding=element.expanding)
        if _is_too_large(made):
            made = BindParameter(None, made.value, type_=BigInteger(), unique=True, expanding=made.expanding)
        return None if made is element else made

    return replacement_traverse(expression, {}, replace)


def _values(element: Any) -> list[Any]:
    """The values of a parameter; none of anything else."""
    if not isinstance(element, BindParameter) or element.callable is not None:
        return []
    value = element.value
    return list(value) if element.expanding and isinstance(value, list | tuple) else [value]


def _is_foreign(element: Any) -> bool:
    return any(is_foreign(type(value)) for value in _values(element))


def _is_too_large(element: Any) -> bool:
    """Whether a value is an integer of 64 bits, and the type of the parameter has fewer."""
    integers = [value for value in _values(element) if type(value) is int and type(sendable(value)) is int]
    if not integers:
        return False
    kind = logical_type(element.type)
    bits = kind.bits or 64
    return kind.name == "integer" and any(not -(1 << bits - 1) <= value < 1 << bits - 1 for value in integers)
