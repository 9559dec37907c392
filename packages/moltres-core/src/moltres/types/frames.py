"""Rows in memory as Arrow, pandas and Polars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.types import NullType

from ..errors import MissingDependencyError, SchemaMismatchError
from .arrow import arrow, to_array
from .foreign import as_python
from .infer import infer
from .logical import ListDocument, logical_type
from .values import unfit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from sqlalchemy.types import TypeEngine

    from .arrow import Rows


def _array(given: Sequence[Any], type_: TypeEngine[Any] | None) -> pa.Array:
    """One column: of the declared type if its values fit, of the type that they have otherwise."""
    pa = arrow()
    values = list(as_python(given))
    known = type_ is not None and logical_type(type_).name not in {"unknown", "other"}
    if type_ is not None and known and unfit(logical_type(type_), values) is None:
        return to_array(values, type_)
    # What a database computes can be wider than the columns it is computed from: a sum, say.
    found = infer(values)
    if isinstance(found, ListDocument):
        return pa.array(values)
    return pa.nulls(len(values)) if isinstance(found, NullType) else to_array(values, found)


def rows_to_arrow(names: Sequence[str], rows: Rows, types: Mapping[str, TypeEngine[Any]]) -> pa.Table:
    """Rows as an Arrow table.

    Args:
        names: The names of the columns.
        rows: One tuple for each row.
        types: SQL types of columns by name, where they are known.

    Raises:
        SchemaMismatchError: If a column has values of several types; all such columns at once.
    """
    pa = arrow()
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    arrays, faults = [], []
    for name, values in zip(names, columns, strict=True):
        try:
            arrays.append(_array(values, types.get(name)))
        except (ValueError, TypeError, OverflowError) as error:
            faults.append(f"column {name!r}: {error}")
    if faults:
        raise SchemaMismatchError("Some columns have no one Arrow type for all their values.", mismatches=faults)
    return pa.Table.from_arrays(arrays, names=list(names))


def arrow_to_pandas(table: pa.Table) -> pd.DataFrame:
    """An Arrow table as a pandas DataFrame in which no value changes.

    Plain pandas has no NULL among integers and booleans: it turns the first into floats, which lose digits, and the
    second into objects. Those columns get pandas' nullable types; all others are what pandas users expect.
    """
    pa = arrow()
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingDependencyError.extra("pandas", "pandas", "to_pandas()") from error
    frame: pd.DataFrame = table.to_pandas()
    for index, column in enumerate(table.columns):
        if column.null_count and (pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)):
            signed = "Int" if pa.types.is_signed_integer(column.type) else "UInt"
            dtype: Any = "boolean" if pa.types.is_boolean(column.type) else f"{signed}{column.type.bit_width}"
            frame[frame.columns[index]] = pd.array(column.to_pylist(), dtype=dtype)
        elif _has_null_items(column) or _has_zoned_items(column.type):
            # Arrays of NumPy have no NULL: they would hold NaN, and floats for integers; nor do they have time zones.
            frame[frame.columns[index]] = pd.Series(column.to_pylist(), dtype=object)
    return frame


def _has_null_items(column: pa.ChunkedArray) -> bool:
    return any(_has_nulls(chunk.values) for chunk in column.chunks) if _is_list(column.type) else False


def _has_zoned_items(type_: pa.DataType) -> bool:
    if not _is_list(type_):
        return False
    item = type_.value_type
    return (arrow().types.is_timestamp(item) and item.tz is not None) or _has_zoned_items(item)


def _has_nulls(items: pa.Array) -> bool:
    # `values` and not `flatten()`: to_pandas() sees also the items under a list that is NULL.
    return items.null_count > 0 or (_is_list(items.type) and _has_nulls(items.values))


def _is_list(type_: pa.DataType) -> bool:
    types = arrow().types
    return bool(types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_))


def arrow_to_polars(table: pa.Table) -> pl.DataFrame:
    """An Arrow table as a Polars DataFrame."""
    try:
        import polars as pl
    except ImportError as error:
        raise MissingDependencyError.extra("polars", "polars", "to_polars()") from error
    faults = [
        f"column {name!r} has decimals of {type_.precision} digits, and Polars has 38 at most"
        for name, type_ in zip(table.schema.names, table.schema.types, strict=True)
        if arrow().types.is_decimal256(type_)
    ]
    if faults:
        raise SchemaMismatchError("Polars has no type for some columns.", mismatches=faults)
    return cast("pl.DataFrame", pl.from_arrow(table))
