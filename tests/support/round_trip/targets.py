# ruff: noqa: DTZ001 - time stamps without a zone are some of the values
"""Any value into any column: it comes back equal, or the write is refused with the column named."""

from __future__ import annotations

import datetime as dt
import uuid
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

from moltres import col
from support.round_trip.files import COLUMN, same_as_read
from support.round_trip.roads import drop, judged
from support.round_trip.truth import Short, same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hypothesis.strategies import SearchStrategy

    from moltres import Database

DECLARED: Mapping[str, tuple[str, ...]] = {
    "postgresql": (
        *(
            "boolean",
            "smallint",
            "integer",
            "bigint",
            "numeric(5,2)",
            "numeric(5,-2)",
            "numeric",
            "real",
            "double precision",
        ),
        *("text", "varchar(5)", "char(5)", "bytea", "date", "time", "timetz", "timestamp", "timestamptz", "interval"),
        *("uuid", "json", "jsonb", "integer[]", "varchar(3)[]", "numeric(5,2)[]", "inet"),
        *("time(0)", "timestamp(3)", "timestamptz(0)", "interval(0)", "interval day to minute"),
    ),
    "duckdb": (
        *(
            "boolean",
            "tinyint",
            "integer",
            "bigint",
            "ubigint",
            "hugeint",
            "decimal(5,2)",
            "float",
            "double",
            "varchar",
        ),
        *(
            "blob",
            "date",
            "time",
            "timetz",
            "timestamp",
            "timestamp_s",
            "timestamp_ms",
            "timestamp_ns",
            "time_ns",
            "timestamptz",
            "interval",
            "uuid",
        ),
        *("json", "integer[]", "varchar[]"),
    ),
    "sqlite": (
        *(
            "boolean",
            "integer",
            "decimal(5,2)",
            "double",
            "text",
            "varchar(3)",
            "blob",
            "date",
            "time",
            "datetime",
            "json",
        ),
        *("uuid", "timestamp with time zone", "", "string"),
    ),
    "mariadb": (
        *(
            "boolean",
            "tinyint",
            "int unsigned",
            "bigint",
            "decimal(5,2)",
            "float",
            "double",
            "varchar(5) charset utf8mb4",
        ),
        *("char(5) charset utf8mb4", "varchar(5) charset latin1", "blob", "varbinary(3)", "binary(3)", "date", "time"),
        *("time(6)", "datetime", "datetime(6)", "year", "bit(4)", "enum('a', 'b')", "set('a', 'b')", "json", "uuid"),
    ),
}
"""Columns, in the words of each database."""

_TEXTS = st.text(max_size=7) | st.sampled_from(
    ["", "xxxxx   ", "ab", "ab ", " ", "a\0b", "\ud800", "a", "a,b", "true", "1", "2024-01-01", "{}", "🦆🦆🦆🦆🦆"]
)
_NUMPY_UNITS = ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns")
MOMENTS_OF_LIBRARIES = (
    st.sampled_from(
        [
            pd.Timestamp("2024-01-01"),
            pd.Timestamp(1),
            pd.Timestamp("2024-01-01", tz="Europe/Berlin"),
            pd.Timedelta(hours=1),
            pd.Timedelta(1, unit="ns"),
            pd.NaT,
            pd.NA,
            pd.Period("2024-01-02", freq="D"),
            np.datetime64("20000-01-01"),
            np.datetime64("-0044-03-15"),
            np.datetime64("NaT"),
            np.timedelta64(10**12, "D"),
        ]
    )
    | st.tuples(st.integers(-(10**5), 10**5), st.sampled_from(_NUMPY_UNITS)).map(lambda drawn: np.datetime64(*drawn))
    | st.tuples(st.integers(-(10**5), 10**5), st.sampled_from(_NUMPY_UNITS)).map(lambda drawn: np.timedelta64(*drawn))
)
"""Moments and durations of NumPy and pandas."""

VALUES = (
    st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([0, 1, 3, 255, 12345, 1901])
    | st.floats()
    | st.sampled_from([0.5, 1.0, 12.345, 1e300])
    | st.decimals(allow_nan=False, allow_infinity=False, places=2)
    | st.sampled_from(
        [Decimal("1.5"), Decimal("12.345"), Decimal("1E+3"), Decimal("NaN"), Decimal("Infinity"), Decimal("999.995")]
    )
    | _TEXTS
    | st.binary(max_size=4)
    | st.dates()
    | st.datetimes()
    | st.datetimes(
        dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=st.just(dt.timezone(dt.timedelta(hours=5.5)))
    )
    | st.times()
    | st.times(timezones=st.just(dt.timezone(dt.timedelta(hours=2))))
    | st.timedeltas(dt.timedelta(days=-9999), dt.timedelta(days=9999))
    | st.uuids()
    | st.sampled_from([{"a": 1}, {"a": None}, {1: 2}, {"a": float("nan")}, {"d": dt.date(2024, 1, 1)}, {}])
    | st.lists(st.integers(-9, 9) | st.none(), max_size=3)
    | st.sampled_from([[1, "x"], ["abcd"], [[1], [2]], [Decimal("1.234")], [b"x"]])
    | st.sampled_from(
        [np.int64(5), np.float32(0.1), np.bool_(True), np.str_("x"), np.datetime64("2024-01-01"), np.float64("nan")]
    )
    | MOMENTS_OF_LIBRARIES
    | st.sampled_from([object(), {1, 2}, 1j, range(3), uuid.UUID(int=5)])
)
"""Values of Python, NumPy and pandas."""


def _arrow(values: Sequence[Any]) -> Any:
    return pa.table({"id": range(len(values)), COLUMN: pa.array(list(values))})


FORMS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "dicts": lambda values: [{"id": number, COLUMN: value} for number, value in enumerate(values)],
    "pandas": lambda values: pd.DataFrame({"id": range(len(values)), COLUMN: pd.Series(list(values), dtype=object)}),
    "polars": lambda values: pl.DataFrame({"id": list(range(len(values))), COLUMN: list(values)}),
    "arrow": _arrow,
}


def _truth(value: Any, type_: str) -> Any:
    """The value of Python that one of another library stands for."""
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        return value if value.nanosecond else value.to_pydatetime()
    if isinstance(value, pd.Timedelta):
        return value.to_pytimedelta()
    if isinstance(value, np.datetime64 | np.timedelta64):
        return _moment(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, range):
        return list(value)
    if type(value) is int and type_ in _FLOATS and int(float(value)) == value:
        value = float(value)  # a column of floats takes integers that it holds
    return Short(value) if isinstance(value, float) and type_ in {"real", "float"} else value


def _moment(value: Any) -> Any:
    """A moment or duration of NumPy as one of Python; as it is if Python has none."""
    if np.isnat(value):
        return None
    unit, step = np.datetime_data(value.dtype)
    if not isinstance(value.item(), int) or unit not in _SECONDS:
        return value if isinstance(value.item(), int) else value.item()
    length = Fraction(int(value.astype(np.int64)) * step) * _SECONDS[unit] * 10**6
    try:
        made = dt.timedelta(microseconds=int(length)) if length.denominator == 1 else None
        return value if made is None else made if isinstance(value, np.timedelta64) else dt.datetime(1970, 1, 1) + made
    except OverflowError:
        return value


_SECONDS = {"W": 604_800, "D": 86_400, "h": 3_600, "m": 60, "s": 1}
_SECONDS |= {"ms": Fraction(1, 10**3), "us": Fraction(1, 10**6), "ns": Fraction(1, 10**9)}  # type: ignore[dict-item]
_FLOATS = {"real", "float", "double", "double precision"}
_NUMBERS = (
    st.integers(-(2**70), 2**70)
    | st.sampled_from([0, 1, 3, 255, 12345, -1, Decimal("1.5"), Decimal("12.345"), Decimal("1E+3"), Decimal("999.995")])
    | st.decimals(-1000, 1000, places=2)
    | st.floats()
)
_MOMENTS = (
    st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas(dt.timedelta(hours=-30), dt.timedelta(hours=30))
    | MOMENTS_OF_LIBRARIES
)
_LIKELY = (
    (("char", "text", "enum", "set", "string"), _TEXTS),
    (("int", "numeric", "decimal", "float", "double", "real", "bool", "bit", "year"), _NUMBERS),
    (("date", "time", "interval"), _MOMENTS),
    (("blob", "bytea", "binary"), st.binary(max_size=4)),
)


def values_for(type_: str) -> SearchStrategy[Any]:
    """Values of any type, half of them of those that a column could hold."""
    return next((likely for parts, likely in _LIKELY if any(part in type_ for part in parts)), VALUES) | VALUES


def write_faults(target: Database, type_: str, values: Sequence[Any]) -> list[str]:
    """What a column changes without a word, one line for each form of data.

    Args:
        target: Where to write.
        type_: The type of the column.
        values: Values for it.
    """
    found = []
    stated = [_truth(value, type_) for value in values]
    for road in (_inserted, _updated):
        found += judged(
            f"{road.__name__[1:]} into {type_}",
            stated,
            lambda road=road: road(target, type_, values),  # type: ignore[misc]
            equal=lambda truth, value: (
                same(truth, value)
                or _says(truth, value, type_)
                or (type_ in ("json", "jsonb") and _is_number_of(truth, value))
            ),
        )
    for form, made in FORMS.items():
        try:
            data = made(values)
        except BaseException:  # noqa: BLE001 - the library takes no such values; Polars panics
            continue
        truths = [_truth(value, type_) for value in values]
        if form != "dicts":
            # What the library made of the values is what is written, also where Python has no such value.
            with suppress(OverflowError):
                truths = [_truth(value, type_) for value in _made(form, data)]
        found += judged(
            f"{form} into {type_}",
            truths,
            lambda data=data: _appended(target, type_, data),  # type: ignore[misc]
            # A column of pandas with integers and floats is one of floats where these hold all of them.
            equal=lambda truth, value, form=form: (
                same(truth, value) or (form == "pandas" and _is_number_of(truth, value))
            ),
        )
    return found


def _is_number_of(truth: Any, found: Any) -> bool:
    """Whether a number that is found is the whole number that was given, or the other way round."""
    return type(truth) in (int, float) and type(found) in (int, float) and truth == found and truth == int(truth)


def _made(form: str, data: Any) -> list[Any]:
    if form == "pandas":
        return [None if _is_missing(value) else value for value in data[COLUMN]]
    return data[COLUMN].to_list() if form == "polars" else data[COLUMN].to_pylist()  # type: ignore[no-any-return]


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value)


def _says(truth: Any, found: Any, type_: str) -> bool:
    """Whether a value is what a string, or a float for a column of decimals, says of the column's type."""
    if isinstance(truth, str):
        return found is not None and not isinstance(found, str) and same_as_read(truth, found)
    return isinstance(truth, float) and isinstance(found, Decimal) and Decimal(repr(truth)) == found and bool(type_)


def _made_table(target: Database, type_: str) -> None:
    drop(target, "written")
    with target.transaction() as connection:
        connection.exec_driver_sql(f"CREATE TABLE written (id integer, {COLUMN} {type_})")
    target.forget()


def _inserted(target: Database, type_: str, values: Sequence[Any]) -> list[Any]:
    _made_table(target, type_)
    target.insert("written", [{"id": number, COLUMN: value} for number, value in enumerate(values)])
    return _written(target)


def _updated(target: Database, type_: str, values: Sequence[Any]) -> list[Any]:
    _made_table(target, type_)
    for number, value in enumerate(values):
        target.insert("written", {"id": number})
        target.update("written", {COLUMN: value}, where=col("id") == number)
    return _written(target)


def _appended(target: Database, type_: str, data: Any) -> list[Any]:
    _made_table(target, type_)
    target.write(data).save_as_table("written", mode="append")
    return _written(target)


def _written(target: Database) -> list[Any]:
    records = target.table("written").order_by("id").collect()
    return [row[1] for row in records.stored_rows]
