"""Columns of Parquet files that DuckDB alone would read otherwise than they are, with what must be made of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOMENT = 1_704_067_200_123_456_000
"""Nanoseconds since 1970 of a moment in whole microseconds."""
_STAMP = dt.datetime(2024, 1, 1, 0, 0, 0, 123456)  # noqa: DTZ001 - without a zone
_INSTANT = _STAMP.replace(tzinfo=dt.UTC)
_NS = pa.timestamp("ns", "UTC")


@dataclass(frozen=True)
class Column:
    """A column of two rows.

    Attributes:
        array: Its values.
        values: What they are in Python; None if the column must be refused.
        old_stamps: Whether the file has time stamps of 96 bits.
    """

    array: Any
    values: Sequence[Any] | None = None
    old_stamps: bool = False


ALIKE = {
    "case": (pa.table({"n": [1], "N": [2]}), "'n' and 'N'"),
    "twice": (pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["n", "n", "n_1"]), "'n' and 'n'"),
    "within": (pa.table({"s": [[{"n": 1, "N": 2}]]}), "'n' and 'N'"),
}
"""Tables with names that are one to DuckDB, and what must be said of them."""
UNLIKE = pa.table({"ä": [1], "Ä": [2], "ß": [3], "ss": [4], "s": [{"n": 1, "m": 2}], "n": [5], "t": [{"n": 1}]})
"""One with names that are not."""

COLUMNS = {
    "instants": Column(pa.array([MOMENT, None], _NS), [_INSTANT, None]),
    "instants with nanoseconds": Column(pa.array([MOMENT, MOMENT + 1], _NS)),
    "instants before 1970 with nanoseconds": Column(pa.array([-1, None], pa.timestamp("ns", "Europe/Berlin"))),
    "instants in lists": Column(pa.array([[MOMENT], None], pa.list_(_NS)), [[_INSTANT], None]),
    "instants with nanoseconds in lists": Column(pa.array([[MOMENT], [None, 1]], pa.list_(_NS))),
    "instants with nanoseconds in structs": Column(pa.array([{"x": [1]}, None], pa.struct([("x", pa.list_(_NS))]))),
    "instants with nanoseconds in maps": Column(pa.array([[("a", 1)], None], pa.map_(pa.string(), _NS))),
    "stamps of 96 bits": Column(
        pa.array([_STAMP, dt.datetime(1, 1, 1)], pa.timestamp("us")),  # noqa: DTZ001 - without a zone
        [_STAMP, dt.datetime(1, 1, 1)],  # noqa: DTZ001 - without a zone
        old_stamps=True,
    ),
    "stamps of 96 bits with nanoseconds": Column(pa.array([MOMENT + 1, None], pa.timestamp("ns")), old_stamps=True),
    "long decimals": Column(pa.array([Decimal("1.12"), None], pa.decimal256(50, 2))),
    "long decimals in lists": Column(pa.array([[Decimal("1.12")], None], pa.list_(pa.decimal256(50, 2)))),
    "durations": Column(pa.array([90_000, None], pa.duration("s")), [dt.timedelta(hours=25), None]),
    "durations of milliseconds": Column(pa.array([-1, None], pa.duration("ms")), [dt.timedelta(milliseconds=-1), None]),
    "durations of nanoseconds": Column(pa.array([-1_000, None], pa.duration("ns")), [-dt.timedelta.resolution, None]),
    "durations with nanoseconds": Column(pa.array([1_001, None], pa.duration("ns"))),
    "durations in structs": Column(pa.array([{"x": 1}, None], pa.struct([("x", pa.duration("us"))]))),
    "stamps without a zone": Column(pa.array([MOMENT, None], pa.timestamp("ns")), [_STAMP, None]),
    "times": Column(pa.array([1_000, None], pa.time64("ns")), [dt.time(microsecond=1), None]),
}
"""By what they are."""


def write(path: Path, name: str, column: Column, parts: int = 1) -> None:
    """Write a column, and an id, as Parquet.

    Args:
        path: The file.
        name: What the column is called.
        column: The column.
        parts: Row groups that come before, with NULL in the column.
    """
    size = len(column.array)
    empty = pa.table({"id": [0] * size, name: pa.nulls(size, column.array.type)})
    table = pa.concat_tables([*[empty] * parts, pa.table({"id": [1] * size, name: column.array})])
    pq.write_table(table, path, row_group_size=size, use_deprecated_int96_timestamps=column.old_stamps)
