"""Any value as plain JSON values."""

from __future__ import annotations

import datetime as dt
import json
import math
import uuid
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from truthound_kestra.kestra.json_values import plain
from truthound_kestra.utils.exceptions import OutputError


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Point:
    x: float
    y: tuple[int, ...]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (None, None),
        (True, True),
        (10**30, 10**30),
        (Decimal("1.10"), "1.10"),
        (dt.date(2024, 2, 29), "2024-02-29"),
        (dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC), "2024-01-01T12:00:00+00:00"),
        (dt.time(1, 2, 3), "01:02:03"),
        (dt.timedelta(hours=1, seconds=1.5), "PT1H1.5S"),
        (-dt.timedelta(minutes=1), "-PT1M"),
        (b"\x00\xff", "0x00ff"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("a/b"), "a/b"),
        (Colour.RED, "red"),
        ({Colour.RED: {1}}, {"red": [1]}),
        (Point(math.nan, (1, 2)), {"x": "NaN", "y": [1, 2]}),
        ("a\0b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        (np.int64(3), 3),
        (np.float64("nan"), "NaN"),
        (np.array([[1, 2]]), [[1, 2]]),
        (pd.Timestamp("2024-01-01"), "2024-01-01T00:00:00"),
        (pd.NaT, None),
        (pd.NA, None),
    ],
)
def test_each_kind_of_value(value: object, expected: object) -> None:
    assert plain(value) == expected


def test_what_has_no_form_is_refused_by_its_place() -> None:
    with pytest.raises(OutputError, match=r"result\.a\[1\] is of type builtins\.object"):
        plain({"a": [1, object()]}, "result")


def test_what_contains_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(OutputError, match="contains itself"):
        plain(loop)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals() | st.dates() | st.binary()
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


@given(values)
def test_the_result_is_json_whatever_the_value(value: object) -> None:
    text = json.dumps(plain(value), allow_nan=False)
    assert json.loads(text) == plain(value)
    text.encode("ascii")
