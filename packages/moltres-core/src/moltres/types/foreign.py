"""Rows of other libraries: pandas, Polars, Arrow, the scalars of NumPy. What is not known is refused."""

from __future__ import annotations

import datetime as dt
import re
from math import isnan
from typing import TYPE_CHECKING, Any

from sqlalchemy.types import JSON, NullType

from .._shared.wording import repr_of
from ..errors import ConfigurationError, SchemaMismatchError
from .arrow import arrow, to_array
from .infer import infer
from .logical import ListDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HEADING = "Some columns have no type that a table could hold."


def require_names(names: Iterable[Any]) -> None:
    """Make sure that columns have names.

    Raises:
        ConfigurationError: If one is no string, or is empty.
    """
    wrong = [name for name in names if not isinstance(name, str) or not name]
    if wrong:
        raise ConfigurationError(
            f"Columns must be named by strings that are not empty, not by {', '.join(map(repr_of, wrong))}."
        )


# -- values in dicts and Records


def as_python(values: Sequence[Any]) -> Sequence[Any]:
    """Values of one column, in which the scalars of NumPy and pandas are the Python values that they stand for.

    Raises:
        ValueError: If one stands for none, such as a time stamp with nanoseconds, or holds itself.
    """
    classes = set(map(type, values))
    if all(cls.__module__ == "builtins" and cls not in {list, dict} for cls in classes):
        return values
    foreign = {cls for cls in classes if is_foreign(cls) or cls in {list, dict}}
    if not foreign:
        return values
    try:
        return [_python(value) if type(value) in foreign else value for value in values]
    except RecursionError as error:
        raise ValueError("a list or dict is nested too deeply, or holds itself") from error


def is_foreign(cls: type) -> bool:
    """Whether a class is one of NumPy or pandas.

    Args:
        cls: The class of a value.
    """
    return cls.__module__.partition(".")[0] in {"numpy", "pandas"}


def _python(value: Any) -> Any:  # noqa: PLR0911 - one return for each library's scalars
    cls = type(value)
    if cls is list:
        return [_python(item) for item in value]
    if cls is dict:
        return {_python(key): _python(item) for key, item in value.items()}
    if not is_foreign(cls):
        return value
    if cls.__name__ in {"NaTType", "NAType"}:
        return None
    if cls.__name__ in {"Timestamp", "Timedelta"}:
        return _exact_moment(value, value.nanosecond if cls.__name__ == "Timestamp" else value.nanoseconds)
    if cls.__name__ in {"datetime64", "timedelta64"}:
        return _numpy_moment(value)
    if hasattr(value, "tolist") and getattr(value, "ndim", None):  # an array, a Series, an Index
        return _python(value.tolist())
    found = value.item() if hasattr(value, "item") else value
    return found if type(found) is cls else _python(found)


def _exact_moment(value: Any, nanoseconds: int) -> Any:
    if nanoseconds:
        raise ValueError(f"{value} has nanoseconds")
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value.to_pytimedelta()


def _numpy_moment(value: Any) -> Any:
    if str(value) == "NaT":
        return None
    found = value.item()
    if type(found) is not int:
        return found  # a date stays a date
    # By whole numbers: NumPy's own conversions overflow without an error.
    step, unit = _UNIT.findall(value.dtype.str)[0] if "[" in value.dtype.str else ("", "")
    if unit not in _ATTOSECONDS:
        raise ValueError(f"{value} is no exact moment or duration of Python")
    microseconds, rest = divmod(int(value.astype("int64")) * int(step or 1) * _ATTOSECONDS[unit], 10**12)
    if rest:
        raise ValueError(f"{value} has nanoseconds")
    try:
        length = dt.timedelta(microseconds=microseconds)
        return length if type(value).__name__ == "timedelta64" else _EPOCH + length
    except OverflowError:
        raise ValueError(f"{value} is not within what Python has: the years 1 to 9999, 999,999,999 days") from None


_UNIT = re.compile(r"\[(\d*)(\w+)\]")
_DAY = 86_400 * 10**18
_ATTOSECONDS = {
    "W": 7 * _DAY, "D": _DAY, "h": _DAY // 24, "m": _DAY // 1440,
    **{unit: 10 ** (18 - 3 * place) for place, unit in enumerate(("s", "ms", "us", "ns", "ps", "fs", "as"))},
}  # fmt: skip
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - NumPy has no zones


# -- tables


def arrow_table(data: Any) -> Any:
    """Data of another library as an Arrow table, or a reader of record batches; None if it is of none.

    Raises:
        ConfigurationError: If its columns have no names, or an index would be lost.
        SchemaMismatchError: If a column has no type that a table could hold; all such columns at once.
    """
    module = type(data).__module__.partition(".")[0]
    if module == "polars":
        return _polars(data)
    if module == "pandas":
        return _pandas(data)
    return _arrow(data) if module == "pyarrow" or hasattr(data, "__arrow_c_stream__") else None


def _arrow(data: Any) -> Any:
    pa = arrow()
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if isinstance(data, pa.Table | pa.RecordBatchReader):
        return data
    if hasattr(data, "scanner"):  # a dataset
        return data.scanner().to_reader()
    if type(data).__module__.partition(".")[0] in {"duckdb", "_duckdb"}:
        _require_known_to_arrow(data)
    try:
        return pa.RecordBatchReader.from_stream(data)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError) as error:
        raise ConfigurationError(
            f"Arrow data must be a table, a record batch or a reader of these, not {type(data).__name__}."
        ) from error


def _require_known_to_arrow(relation: Any) -> None:
    """Make sure that a relation of DuckDB comes as it is: some of its types are mere bytes in Arrow, or lose the zone.

    Raises:
        SchemaMismatchError: With all columns that do not.
    """
    columns = zip(relation.columns, relation.types, strict=True)
    faults = [f"column {name!r} has the DuckDB type {type_}" for name, type_ in columns if _is_lost(type_)]
    if faults:
        raise SchemaMismatchError(_HEADING, mismatches=faults, suggestion="Cast them before you write, to VARCHAR.")


def _is_lost(type_: Any) -> bool:
    if type_.id in {"list", "array", "struct", "map", "union"}:
        return any(_is_lost(part) for _, part in type_.children if hasattr(part, "id"))
    return type_.id in {"bit", "geometry", "time with time zone", "variant"}


def _table(columns: Iterable[tuple[str, Any]], made: Any) -> Any:
    """An Arrow table of columns, each made by a function; all those that fail in one error."""
    arrays: list[Any] = []
    names: list[str] = []
    faults: list[str] = []
    for name, column in columns:
        try:
            arrays.append(made(column))
            names.append(name)
        except SchemaMismatchError as error:
            faults.extend(error.mismatches)
        except (ValueError, TypeError, OverflowError, NotImplementedError, ArithmeticError) as error:
            faults.append(f"column {name!r}: {' '.join(str(part) for part in error.args)}")
    if faults:
        raise SchemaMismatchError(_HEADING, mismatches=faults)
    return arrow().table(arrays, names=names)


# -- pandas


def _pandas(data: Any) -> Any:
    """A pandas DataFrame or Series. NaN is how pandas spells NULL in columns of floats, and arrives as NULL."""
    if type(data).__name__ == "Series":
        data = data.to_frame()
    if not hasattr(data, "columns"):
        raise ConfigurationError(f"write() takes pandas DataFrames, not a pandas {type(data).__name__}.")
    levels = _levels(data.index)
    names = [*levels, *data.columns]
    require_names(names)
    require_once(names)
    if levels:
        data = data.reset_index()
    return _table([(name, data[name]) for name in names], _pandas_column)


def require_once(names: Sequence[str]) -> None:
    """Make sure that no name stands for two columns.

    Raises:
        ConfigurationError: With the names that do.
    """
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise ConfigurationError(f"The rows have these columns more than once: {', '.join(map(repr, twice))}.")


def _levels(index: Any) -> list[Any]:
    """The levels of an index that become columns: those with names. Numbers of rows without a name do not."""
    if all(name is not None for name in index.names):
        return list(index.names)
    if index.nlevels == 1 and index.dtype.kind in "iu":
        return []
    raise ConfigurationError(
        "The index of the pandas DataFrame has levels without a name, which would be lost.",
        suggestion="Make columns of it with reset_index(), or drop it with reset_index(drop=True).",
    )


def _pandas_column(series: Any) -> Any:
    pa = arrow()
    if type(series.dtype).__name__ == "SparseDtype":
        series = series.sparse.to_dense()
    if series.dtype == object and set(map(type, series)) - {str, type(None)}:
        # Arrow would settle values of several types among themselves: dates and times, bytes and text.
        import pandas as pd

        values = [None if _is_missing(pd, value) else value for value in series]
        return _inferred(list(as_python(values)))
    return pa.array(series, from_pandas=True)


def _inferred(values: list[Any]) -> Any:
    pa = arrow()
    found = infer(values)
    if isinstance(found, NullType):
        return pa.nulls(len(values))
    if isinstance(found, ListDocument):
        return pa.array(values)
    if isinstance(found, JSON):
        return pa.ExtensionArray.from_storage(pa.json_(), to_array(values, found))
    return to_array(values, found)


def _is_missing(pd: Any, value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and isnan(value))


# -- Polars


def _polars(data: Any) -> Any:
    """A Polars DataFrame, LazyFrame or Series."""
    import polars as pl

    arrow()
    if isinstance(data, pl.LazyFrame):
        data = data.collect()
    if isinstance(data, pl.Series):
        data = data.to_frame()
    if not isinstance(data, pl.DataFrame):
        raise ConfigurationError(f"write() takes Polars frames and series, not a Polars {type(data).__name__}.")
    require_names(data.columns)

    def made(series: Any) -> Any:
        if _holds_objects(series.dtype):
            raise TypeError("the Polars type Object, which no column holds")
        try:
            if series.dtype in {pl.Int128, getattr(pl, "UInt128", pl.Int128)}:
                series = series.cast(pl.Decimal(38, 0))
            return series.to_arrow()
        except pl.exceptions.PolarsError as error:
            raise ValueError(str(error)) from error

    return _table([(name, data[name]) for name in data.columns], made)


def _holds_objects(dtype: Any) -> bool:
    import polars as pl

    if dtype == pl.Object:
        return True
    fields = getattr(dtype, "fields", None)
    if fields is not None:
        return any(_holds_objects(field.dtype) for field in fields)
    inner = getattr(dtype, "inner", None)
    return inner is not None and _holds_objects(inner)
