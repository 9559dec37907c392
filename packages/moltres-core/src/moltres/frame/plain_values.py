"""Scalars of NumPy and pandas in expressions: Python's values, of which SQLAlchemy and the drivers know the types."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter
from sqlalchemy.sql.visitors import iterate, replacement_traverse

from ..errors import ConfigurationError
from ..types.foreign import as_python, is_foreign
from ..types.logical import is_known

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
    """An expression in which such values, that were given to SQLAlchemy's own functions, are Python's.

    Args:
        expression: An expression of SQLAlchemy.

    Raises:
        ConfigurationError: As `plain` does.
    """
    if not any(map(_is_foreign, iterate(expression))):
        return expression

    def replace(element: Any, **_: Any) -> Any:
        if not _is_foreign(element):
            return None
        value = [plain(one) for one in element.value] if element.expanding else plain(element.value)
        type_ = element.type if is_known(element.type) else None
        return BindParameter(None, value, type_=type_, unique=True, expanding=element.expanding)

    return replacement_traverse(expression, {}, replace)


def _is_foreign(element: Any) -> bool:
    if not isinstance(element, BindParameter) or element.callable is not None:
        return False
    values = element.value if element.expanding and isinstance(element.value, list | tuple) else [element.value]
    return any(is_foreign(type(value)) for value in values)
