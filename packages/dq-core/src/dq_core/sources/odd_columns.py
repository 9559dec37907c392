"""Columns of frames that DuckDB cannot read as they are: converted exactly, or shown as text and refused in rules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from .._shared.arguments import is_unicode
from .._shared.files.untyped import DOUBLE_DIGITS
from ..relation.type_family import NUMBERS, family_of_value
from .arrow_columns import arrow_column, is_odd
from .values import storage_of_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["is_halved", "pandas_column", "polars_columns", "python_values"]

_NATIVE_PANDAS = frozenset({
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
    "boolean", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64",
    "string", "str",
})  # fmt: skip


_DEEPEST = 100
"""How deep lists and mappings may be nested."""


def python_values(items: Iterable[Any]) -> tuple[list[Any], str]:
    """Values as Python's own, and why no rule can be evaluated on them: then all of them are strings.

    Returns:
        The values, and the reason; empty if there is none.
    """
    values = [_python(item) for item in items]
    odd = next((value for value in values if value is not None and _is_held_by_none(value)), None)
    reason = ""
    if odd is not None:
        reason = f"it holds {_written(odd):.80} ({type(odd).__name__}), which no column of a database can hold"
    elif (number := _rounded(values)) is not None:
        reason = (
            f"it holds {number!r:.80}, and no type of DuckDB holds all its numbers exactly "
            f"(38 digits; {DOUBLE_DIGITS} next to floats)"
        )
    if not reason:
        return values, ""
    return [None if value is None else _shown(value) for value in values], reason


def _is_held_by_none(value: Any, depth: int = 0) -> bool:
    """Whether no column can hold a value, or one within it.

    Intervals of DuckDB have no nanoseconds, its strings no half characters, and its documents only strings as keys.
    """
    if family_of_value(value) is None or depth > _DEEPEST:
        return True
    if isinstance(value, str):
        return is_halved(value)
    if isinstance(value, Decimal):
        return value.is_snan()
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) and not is_halved(key) for key in value):
            return True
        value = list(value.values())
    if isinstance(value, list | tuple):
        return any(one is not None and _is_held_by_none(one, depth + 1) for one in value)
    return not depth and bool(getattr(value, "nanoseconds", 0))  # within others it is text, with all its digits


def is_halved(value: str) -> bool:
    """Whether a string holds half of a surrogate pair, which no UTF-8 has."""
    return not is_unicode(value)


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
    return value if isinstance(value, str) and not is_halved(value) else f"{_written(value):.200}"


def _written(value: Any) -> str:
    try:
        return repr(value)
    except RecursionError:
        return f"{type(value).__name__} nested too deeply"


def _python(value: Any, depth: int = 0) -> Any:
    """A value of NumPy or pandas as Python's own, also within others; with all digits, and None for what is missing."""
    kind = type(value)
    if depth > _DEEPEST:
        return value
    if kind.__name__ in ("NaTType", "NAType") and kind.__module__.startswith("pandas."):
        return None
    if kind.__module__ == "numpy" and not getattr(value, "ndim", 0):
        return _scalar(value)
    if isinstance(value, list | tuple) or kind.__module__ == "numpy":
        return [_python(one, depth + 1) for one in value]
    if isinstance(value, Mapping):
        return {key: _python(one, depth + 1) for key, one in value.items()}
    return bytes(value) if isinstance(value, bytearray | memoryview) else value


def _scalar(value: Any) -> Any:
    """A scalar of NumPy as Python's own; as it is if Python lacks it: nanoseconds, years, months."""
    if type(value).__name__ not in ("datetime64", "timedelta64"):
        return value.item() if hasattr(value, "item") else value
    if value != value:  # noqa: PLR0124 - NaT is not even itself
        return None
    if str(value.dtype) in ("timedelta64[M]", "timedelta64[Y]", "timedelta64"):
        return value
    micro = value.astype(f"{type(value).__name__}[us]")
    item = micro.item()
    # Beyond 64 bits it is another moment, and beyond Python's years an integer.
    return value if isinstance(item, int) or micro != value or micro.astype(value.dtype) != value else item


def _missing(column: Any) -> Any:
    """Which values of a pandas column are missing; a signaling NaN is none, and no comparison of pandas stands it."""
    try:
        return column.isna()
    except InvalidOperation:
        return column.map(lambda value: 0 if isinstance(value, Decimal) and value.is_snan() else value).isna()


def pandas_column(column: Any) -> tuple[Any, list[Any] | None]:
    """A column of pandas as DuckDB reads it, or the values one by one if it cannot be read as it is."""
    dtype = column.dtype
    name = str(dtype)
    if name.startswith("Sparse"):
        return pandas_column(column.sparse.to_dense())
    if name == "float16" or name.startswith("datetime64"):
        return column.astype("float32") if name == "float16" else _with_all_digits(column), None
    if name == "timedelta64[ns]" and (column.dt.nanoseconds.fillna(0) % 1000 != 0).any():
        return None, [None if empty else value for value, empty in zip(column, column.isna(), strict=True)]
    if type(dtype).__name__ == "ArrowDtype":
        return _pandas_of_arrow(column)
    texts = name == "category" and all(isinstance(one, str) for one in dtype.categories)
    native = name in _NATIVE_PANDAS or name.startswith("timedelta64") or texts
    # Strings of Python, unlike those of Arrow, may be none of UTF-8.
    python = getattr(dtype, "storage", "") == "python" or texts
    if native and not (python and any(map(is_halved, dtype.categories if texts else column.dropna()))):
        return column, None
    gone = _missing(column)
    return None, [None if empty else value for value, empty in zip(column.astype(object), gone, strict=True)]


def _with_all_digits(column: Any) -> Any:
    """DuckDB's timestamps with a zone have microseconds: those with nanoseconds become ones in UTC without a zone."""
    if getattr(column.dtype, "tz", None) is None or getattr(column.dtype, "unit", "us") != "ns":
        return column
    plain = column.dt.tz_convert("UTC").dt.tz_localize(None)
    return plain if (plain.dt.nanosecond.fillna(0) % 1000 != 0).any() else column


def _pandas_of_arrow(column: Any) -> tuple[Any, list[Any] | None]:
    """A column of pandas that is one of Arrow, as DuckDB reads it, or its values."""
    import pandas as pd
    import pyarrow as pa

    given = pa.chunked_array(column.array.__arrow_array__())
    native, values = arrow_column(given)
    if native is None or native is given:
        return column, values
    return pd.Series(pd.arrays.ArrowExtensionArray(native), index=column.index), None


def polars_columns(frame: Any) -> tuple[Any, dict[str, list[Any]]]:
    """A polars frame as DuckDB reads it, and the columns that it cannot read, as values."""
    import polars as pl
    import pyarrow as pa

    odd: dict[str, list[Any]] = {}
    changed = []
    for name, dtype in frame.schema.items():
        kind = str(dtype)
        if dtype == pl.Object or (dtype.is_nested() and "Int128" in kind):  # Arrow has no such integers
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
        elif dtype.is_nested() and is_odd((column := frame[name].to_arrow()).type):
            native, values = arrow_column(pa.chunked_array([column]))
            if native is None:
                odd[name] = values or []
    return frame.drop(list(odd)).with_columns(changed) if odd or changed else frame, odd
