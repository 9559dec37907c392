"""Columns of frames that DuckDB cannot read as they are: converted exactly, or shown as text and refused in rules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._shared.untyped import DOUBLE_DIGITS
from ..relation.type_family import NUMBERS, family_of_value
from .values import storage_of_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["arrow_columns", "is_halved", "is_odd", "pandas_column", "polars_columns", "python_values"]

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
    odd = next((value for value in values if value is not None and _is_held_by_none(value)), None)
    reason = ""
    if odd is not None:
        reason = f"it holds {odd!r:.80} ({type(odd).__name__}), which no column of a database can hold"
    elif (number := _rounded(values)) is not None:
        reason = (
            f"it holds {number!r:.80}, and no type of DuckDB holds all its numbers exactly "
            f"(38 digits; {DOUBLE_DIGITS} next to floats)"
        )
    if not reason:
        return values, ""
    return [None if value is None else _shown(value) for value in values], reason


def _is_held_by_none(value: Any) -> bool:
    """Whether no column can hold a value: intervals of DuckDB have no nanoseconds, its strings no half characters."""
    return family_of_value(value) is None or bool(getattr(value, "nanoseconds", 0)) or is_halved(value)


def is_halved(value: Any) -> bool:
    """Whether a string, or one within a list or mapping, holds half of a surrogate pair, which no UTF-8 has."""
    if isinstance(value, str):
        return not value.isascii() and any("\ud800" <= one <= "\udfff" for one in value)
    if isinstance(value, Mapping):
        return any(is_halved(one) for pair in value.items() for one in pair)
    return isinstance(value, list | tuple) and any(map(is_halved, value))


def _rounded(values: list[Any]) -> Any:
    """A number that the type for all numbers of the column does not hold; None if it holds all."""
    known = {value: None for value in values if type(value) is not float and family_of_value(value) in NUMBERS}
    if not known or storage_of_numbers([value for value in values if family_of_value(value) in NUMBERS]) != "DOUBLE":
        return None
    return next((number for number in known if not _is_double(number)), None)


def _is_double(number: Any) -> bool:
    """Whether a double is the same number, in the digits that programs write of it."""
    try:
        double = float(number)
    except OverflowError:
        return False
    if not isinstance(number, int | Decimal) or not math.isfinite(double):
        return bool(double == number) or number != number  # noqa: PLR0124 - NaN
    exact = Decimal(number)
    digits = "".join(map(str, exact.as_tuple().digits)).strip("0")
    return len(digits) <= DOUBLE_DIGITS or Decimal(repr(double)) == exact


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and not is_halved(value) else f"{value!r:.200}"


def _python(value: Any) -> Any:
    """A scalar or an array of NumPy as Python's own; moments with all digits; what is missing to pandas as None."""
    kind = type(value)
    if kind.__name__ in ("NaTType", "NAType") and kind.__module__.startswith("pandas."):
        return None
    if kind.__module__ != "numpy":
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
    if name == "timedelta64[ns]" and (column.dt.nanoseconds.fillna(0) % 1000 != 0).any():
        return None, [None if empty else value for value, empty in zip(column, column.isna(), strict=True)]
    texts = name == "category" and all(isinstance(one, str) for one in dtype.categories)
    native = name in _NATIVE_PANDAS or name.startswith("timedelta64") or texts or type(dtype).__name__ == "ArrowDtype"
    # Strings of Python, unlike those of Arrow, may be none of UTF-8.
    python = getattr(dtype, "storage", "") == "python" or texts
    if native and not (python and any(map(is_halved, dtype.categories if texts else column))):
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
        elif dtype == pl.Duration("ns") and (frame[name].dt.total_nanoseconds() % 1000 != 0).any():
            odd[name] = list(frame[name].to_numpy())
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
        elif _is_long_interval(kind):
            if any(_nanoseconds(one) % 1000 for one in table.column(place)):
                odd[field.name] = [one if one.is_valid else None for one in table.column(place)]
                table = table.remove_column(place)
        elif pa.types.is_decimal256(kind) or pa.types.is_union(kind):
            odd[field.name] = table.column(place).to_pylist()
            table = table.remove_column(place)
    return table, odd


def _is_long_interval(kind: Any) -> bool:
    """Whether values of an Arrow type are intervals with nanoseconds."""
    import pyarrow as pa

    return bool(pa.types.is_interval(kind)) or (pa.types.is_duration(kind) and kind.unit == "ns")


def _nanoseconds(interval: Any) -> int:
    """The nanoseconds of an interval of Arrow; 0 for NULL."""
    if not interval.is_valid:
        return 0
    number = interval.value
    return int(getattr(number, "nanoseconds", number))


def is_odd(kind: Any) -> bool:
    """Whether DuckDB may not read an Arrow type as it is."""
    import pyarrow as pa

    types = pa.types
    zoned = types.is_timestamp(kind) and kind.unit == "ns" and kind.tz is not None
    wide = types.is_float16(kind) or types.is_decimal256(kind)
    return zoned or wide or _is_long_interval(kind) or types.is_union(kind)
