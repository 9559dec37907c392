"""Rows of Python become the same table whether their values are written into the statement or are parameters."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import Any

import duckdb
import pytest

from dq_core.sources import values

COLUMNS: dict[str, list[Any]] = {
    "integers": [0, -1, 2**31, -(2**63), 2**63 - 1, None],
    "huge": [2**64, -(2**127) + 1, 2**127 - 1, 10**37, 0, None],
    "floats": [0.0, -0.0, 1e308, 5e-324, float("nan"), float("-inf")],
    "decimals": [decimal.Decimal(one) for one in ("0.10", "-1E+3", "1E-10", "123456789012345678", "0")] + [None],
    "mixed numbers": [1, 0.5, decimal.Decimal("1.25"), None, 2, 3],
    "strings": ["", "a'b", "\0", "a\nb", "\U0001f600 Ünï", "'; DROP TABLE t; --"],
    "mixed": [1, "1", True, dt.date(2024, 2, 29), b"1", None],
    "bytes": [b"", b"\0\xff'", None, b"a", b"b", b"c"],
    "flags": [True, False, None, True, False, True],
    "dates": [dt.date.min, dt.date.max, dt.date(2024, 2, 29), None, None, None],
    "moments": [dt.datetime.fromisoformat(one) for one in ("0001-01-01", "2024-02-29 01:02:03.000004", "9999-12-31")],
    "zoned": [dt.datetime(2024, 2, 29, 1, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30))), *[None] * 5],
    "times": [dt.time(), dt.time(23, 59, 59, 999999), None, None, None, None],
    "intervals": [dt.timedelta(), dt.timedelta(days=-1, microseconds=1), dt.timedelta(days=400), None, None, None],
    "uuids": [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), None, None, None, None],
    "lists": [[], [1, 2], [None], None, [3], [4]],
    "structs": [{"a": 1}, {"a": None}, None, {"a": 3}, {"a": 4}, {"a": 5}],
}


def _stored(name: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as raw:
        values.store(raw, "t", {name: COLUMNS[name]})
        return raw.execute(f'SELECT typeof("{name}"), "{name}"::VARCHAR FROM t').fetchall()


@pytest.mark.parametrize("name", COLUMNS)
def test_both_ways_store_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = _stored(name)
    monkeypatch.setattr(values, "FEW", 0)
    assert written == _stored(name)
