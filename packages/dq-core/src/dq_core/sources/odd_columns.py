"""Columns of frames that DuckDB cannot read as they are: converted exactly, or shown as text and refused in rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..relation.type_family import family_of_value

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["arrow_columns", "is_odd", "pandas_column", "polars_columns", "python_values"]

_NATIVE_PANDAS = frozenset({
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
    "boolean", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64",
    "string", "str",
})  # fmt: skip


def python_values(items: Iterable[Any]) -> tuple[list[Any], str]:
    """Values as Python's own, and why no rule can be evaluated on them: then all of them are strings.

    Returns:
        The values, and the reason; empty if there is none.
    """
    values = [_python(item) for item in items]
    odd = next((value for value in values if value is not None and family_of_value(value) is None), None)
    if odd is None:
        return values, ""
    texts = [None if value is None else _shown(value) for value in values]
    return texts, f"it holds {odd!r:.80} ({type(odd).__name__}), which no column of a database can hold"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else f"{value!r:.200}"


def _python(value: Any) -> Any:
    """A scalar or an array of NumPy as Python's own; moments with all digits."""
    if type(value).__module__ != "numpy":
        return value
    if getattr(value, "ndim", 0):
        return [_python(one) for one in value]
    if type(value).__name__ in ("datetime64", "timedelta64"):
        micro = value.astype(f"{type(value).__name__}[us]")
        # NaT is not even itself.
        return None if value != value else micro.item() if micro == value else value  # noqa: PLR0124
    return value.item() if hasattr(value, "item") else value


def pandas_column(column: Any) -> tuple[Any, list[Any] | None]:
    """A column of pandas as DuckDB reads it, or the values one by one if it cannot be read as it is."""
    dtype = column.dtype
    name = str(dtype)
    if name.startswith("Sparse"):
        return pandas_column(column.sparse.to_dense())
    if name == "float16":
        return column.astype("float32"), None
    if name.startswith("datetime64"):
        return _with_all_digits(column), None
    texts = name == "category" and all(isinstance(one, str) for one in dtype.categories)
    if name in _NATIVE_PANDAS or name.startswith("timedelta64") or texts or type(dtype).__name__ == "ArrowDtype":
        return column, None
    gone = column.isna()
    return None, [None if empty else value for value, empty in zip(column.astype(object), gone, strict=True)]


def _with_all_digits(column: Any) -> Any:
    """DuckDB's timestamps with a zone have microseconds: those with nanoseconds become ones in UTC without a zone."""
    if getattr(column.dtype, "tz", None) is None or getattr(column.dtype, "unit", "us") != "ns":
        return column
    plain = column.dt.tz_convert("UTC").dt.tz_localize(None)
    return plain if (plain.dt.nanosecond.fillna(0) % 1000 != 0).any() else column


def polars_columns(frame: Any) -> tuple[Any, dict[str, list[Any]]]:
    """A polars frame as DuckDB reads it, and the columns that it cannot read, as values."""
    import polars as pl

    odd: dict[str, list[Any]] = {}
    changed = []
    for name, dtype in frame.schema.items():
        kind = str(dtype)
        if dtype == pl.Object:
            odd[name] = frame[name].to_list()
        elif kind in ("Int128", "UInt128"):
            odd[name] = [None if one is None else int(one) for one in frame[name].to_list()]
        elif kind == "Float16":
            changed.append(pl.col(name).cast(pl.Float32))
        elif isinstance(dtype, pl.Datetime) and dtype.time_unit == "ns" and dtype.time_zone is not None:
            plain = pl.col(name).dt.convert_time_zone("UTC").dt.replace_time_zone(None)
            if frame.select((plain.dt.nanosecond() % 1000 != 0).any()).item():
                changed.append(plain)
    return frame.drop(list(odd)).with_columns(changed) if odd or changed else frame, odd


def arrow_columns(table: Any) -> tuple[Any, dict[str, list[Any]]]:
    """An Arrow table as DuckDB reads it, and the columns that it cannot read, as values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    odd: dict[str, list[Any]] = {}
    for place, field in reversed(list(enumerate(table.schema))):
        kind = field.type
        if pa.types.is_float16(kind):
            table = table.set_column(place, field.name, table.column(place).cast(pa.float32()))
        elif pa.types.is_timestamp(kind) and kind.unit == "ns" and kind.tz is not None:
            number = table.column(place).cast(pa.int64())
            whole = pc.multiply(pc.divide(number, 1000), 1000)
            if not pc.all(pc.equal(number, whole)).as_py():
                table = table.set_column(place, field.name, number.cast(pa.timestamp("ns")))
        elif pa.types.is_decimal256(kind) or pa.types.is_union(kind):
            odd[field.name] = table.column(place).to_pylist()
            table = table.remove_column(place)
    return table, odd


def is_odd(kind: Any) -> bool:
    """Whether DuckDB may not read an Arrow type as it is."""
    import pyarrow as pa

    types = pa.types
    zoned = types.is_timestamp(kind) and kind.unit == "ns" and kind.tz is not None
    return zoned or types.is_float16(kind) or types.is_decimal256(kind) or types.is_union(kind)
