"""What INSERT and UPDATE assign to columns: equal, or refused with the column."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, ColumnElement, null

from ..dialects.base import INSTEAD_OF_NULL
from ..dialects.rows import is_stored
from ..errors import SchemaMismatchError
from ..frame.comparisons import typed
from ..types.foreign import as_python
from ..types.logical import logical_type, misfit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.types import TypeEngine

    from ..dialects import Dialect


def rows_for(dialect: Dialect, table: Table, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Rows for an INSERT, with values of Python that the columns hold as they are.

    Args:
        dialect: The dialect of the database.
        table: The table.
        keys: The columns that each of the rows has.
        rows: The rows.

    Raises:
        SchemaMismatchError: If columns would change a value; all of them, each with the first value.
    """
    columns = _each(keys, lambda key: _values(dialect, table, key, [row[key] for row in rows]))
    return [dict(zip(keys, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def values_for(dialect: Dialect, table: Table, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values and expressions for an UPDATE, which the columns hold as they are, or which the database refuses.

    Args:
        dialect: The dialect of the database.
        table: The table.
        given: By column; expressions are bound to the table.

    Raises:
        SchemaMismatchError: If columns would change a value; all of them.
    """
    return _each(list(given), lambda key: _assigned(dialect, table, key, given[key]))


def _each(keys: Sequence[str], made: Callable[[str], Any]) -> dict[str, Any]:
    found, faults = {}, []
    for key in keys:
        try:
            found[key] = made(key)
        except (ValueError, TypeError, OverflowError) as error:
            faults.append(f"column {key!r}: {error}")
    if faults:
        raise SchemaMismatchError("Some values would not come back equal.", mismatches=faults)
    return found


def _assigned(dialect: Dialect, table: Table, key: str, value: Any) -> Any:
    if isinstance(value, BindParameter) and not value.expanding and value.callable is None:
        value = value.value  # lit(…)
    if isinstance(value, ColumnElement):
        source, target = logical_type(value.type), logical_type(table.c[key].type)
        if is_stored(value) and (reason := misfit(source, target)) is not None:
            raise ValueError(f"it holds {target}, and {value.description!r} is {source}: {reason}")
        kept = dialect.uncut(value, value.type, (key, table.c[key].type), computed=not is_stored(value))
        return dialect.not_null(kept, key) if key in table.info.get(INSTEAD_OF_NULL, ()) else kept
    return value if hasattr(value, "__clause_element__") else _values(dialect, table, key, [value])[0]


def _values(dialect: Dialect, table: Table, key: str, values: Sequence[Any]) -> Sequence[Any]:
    """Values of Python for a column.

    Raises:
        ValueError, TypeError: If one would be changed.
    """
    type_ = table.c[key].type
    found = [_as(type_, value) for value in as_python(values)]
    kind = logical_type(type_)
    if kind.name == "decimal":
        holds = dialect.capabilities.nan, dialect.capabilities.nan and kind.scale is None
        odd = [
            one for one in found if isinstance(one, Decimal) and not one.is_finite() and not holds[one.is_infinite()]
        ]
        if odd:
            raise ValueError(f"{odd[0]} is no value of {kind}")
    reason = dialect.refusal(type_, found) or dialect.refused_null(table, key, found)
    if reason is not None:
        raise ValueError(reason)
    # A type of JSON would store None as the null of JSON.
    return [null() if value is None else value for value in found] if kind.name == "json" else found


def _as(type_: TypeEngine[Any], value: Any) -> Any:
    """A string, or a float for decimals, as what it says of the column's type."""
    kind = logical_type(type_).name
    if isinstance(value, str):
        return typed(value, type_)
    if kind == "decimal" and isinstance(value, float):
        return Decimal(repr(value))
    if kind == "float" and type(value) is int and int(float(value)) == value:
        return float(value)
    return value
