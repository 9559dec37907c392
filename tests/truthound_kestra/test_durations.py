"""Seconds as ISO 8601 durations."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from truthound_kestra.kestra.durations import iso_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "PT0S"),
        (30, "PT30S"),
        (0.5, "PT0.5S"),
        (90, "PT1M30S"),
        (3600, "PT1H"),
        (86400, "P1D"),
        (90061.001, "P1DT1H1M1.001S"),
        (100, "PT1M40S"),
        (0.0001, "PT0S"),
        (600, "PT10M"),
    ],
)
def test_as_a_person_would_write_it(seconds: float, text: str) -> None:
    assert iso_duration(seconds) == text


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_what_is_no_duration(seconds: float) -> None:
    with pytest.raises(ValueError, match="finite number of seconds"):
        iso_duration(seconds)


@given(st.integers(0, 10**10))
def test_pandas_reads_the_same(milliseconds: int) -> None:
    assert pd.Timedelta(iso_duration(milliseconds / 1000)).to_pytimedelta() == dt.timedelta(milliseconds=milliseconds)
