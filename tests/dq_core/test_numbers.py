"""Numbers of NumPy and `decimal` do what Python's own do, wherever a number is an argument."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from dq_core import learn, profile, validate
from dq_core.engines import get_engine
from dq_core.errors import ValidationTimeoutError

ROWS = [{"id": number % 7, "v": None if number % 3 else number, "s": "abcd"} for number in range(100)]
RULES = [{"type": "not_null", "column": "v", "threshold": 0.1}, {"type": "unique", "column": "id"}]
WHOLE = [3, np.int64(3), np.uint8(3), Decimal(3)]
REAL = [50.0, np.float32(50), np.float64(50), Decimal(50)]


def plain(result: Any) -> Any:
    """A result without what differs from run to run."""
    found = json.loads(result.to_json())
    return {name: value for name, value in found.items() if "time" not in name and "at" not in name.split("_")}


@pytest.mark.parametrize("three", WHOLE[1:], ids=repr)
def test_whole_numbers(three: Any) -> None:
    for ask in (
        lambda n: validate(ROWS, RULES, samples=n),
        lambda n: get_engine("dq_core").check(ROWS, RULES, samples=n),
        lambda n: profile(ROWS, top_n=n, sample_size=n * 10, seed=n, histogram_bins=n),
        lambda n: learn(ROWS, sample_size=n * 20, seed=n, categorical_threshold=n),
        lambda n: validate(ROWS, [{"type": "row_count", "min": n}, {"type": "length", "column": "s", "min": n}]),
        lambda n: validate(ROWS, [{"type": "distinct_count", "column": "id", "min": n}]),
    ):
        assert plain(ask(three)) == plain(ask(3))


@pytest.mark.parametrize("real", REAL[1:], ids=repr)
def test_real_numbers(real: Any) -> None:
    now = [{"t": dt.datetime.now(dt.UTC)}]
    for ask in (
        lambda x: validate(ROWS, RULES, timeout_seconds=x),
        lambda x: validate(ROWS, [{"type": "not_null", "column": "v", "threshold": x / 100}]),
        lambda x: profile(ROWS, timeout_seconds=x, quantiles=[x / 100]),
        lambda x: learn(ROWS, timeout_seconds=x, min_confidence=x / 100),
        lambda x: validate(now, [{"type": "freshness", "column": "t", "max_age": x}]).overall_status,
    ):
        found, wanted = ask(real), ask(50.0)
        assert found == wanted if isinstance(found, str) else plain(found) == plain(wanted)


@pytest.mark.parametrize("limit", [np.float32(0.3), Decimal("0.3")], ids=repr)
def test_a_limit_stops_whatever_number_it_is(limit: Any) -> None:
    with pytest.raises(ValidationTimeoutError):
        validate(
            "duckdb:///:memory:",
            [{"type": "unique", "column": "id"}],
            query="SELECT a.range * b.range AS id FROM range(1000000) a, range(1000000) b",
            timeout_seconds=limit,
        )
