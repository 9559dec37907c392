"""Durations are read from what people write, and written for programs and for people."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from support.shared import shared

durations = shared("durations")
D = dt.timedelta


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (D(days=1), D(days=1)), (90, D(seconds=90)), (0.5, D(milliseconds=500)), (Decimal("1.5"), D(seconds=1.5)),
        ("90m", D(minutes=90)), ("36h", D(hours=36)), ("7d", D(days=7)), ("2w", D(weeks=2)),
        ("250ms", D(milliseconds=250)),
        ("10 minutes", D(minutes=10)), ("1 day", D(days=1)), ("1d 12h", D(hours=36)), ("1 hour, 30 min", D(minutes=90)),
        ("1.5 h", D(minutes=90)), (" 5 Sec ", D(seconds=5)),
        ("PT36H", D(hours=36)), ("P1DT12H", D(hours=36)), ("P1W", D(weeks=1)), ("pt0.5s", D(milliseconds=500)),
        ("PT0,5S", D(milliseconds=500)), ("PT1H30M", D(minutes=90)),
    ],
)  # fmt: skip
def test_what_people_write_is_read(given: object, meant: dt.timedelta) -> None:
    assert durations.parse_duration(given) == meant


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("", "not a duration"), ("5", "not a duration"), ("5 parsecs", "not a duration"), ("P", "not a duration"),
        ("P1DT", "not a duration"), ("1 d x", "not a duration"), (True, "not a duration"), (None, "not a duration"),
        ("-5m", "not a duration"), (float("nan"), "not a duration"), (-1, "above zero"), ("0s", "above zero"),
        (D(0), "above zero"), ("P1M", "months"), ("P1Y2D", "months"), ("2 years", "months"), (1e300, "longest"),
        ("9999999999999d", "longest"),
    ],
)  # fmt: skip
def test_what_is_no_duration_is_refused_with_the_reason(given: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        durations.parse_duration(given)


@pytest.mark.parametrize(
    ("duration", "iso", "people"),
    [
        (0, "PT0S", "0 s"), (0.5, "PT0.5S", "0.5 s"), (0.25, "PT0.25S", "0.25 s"), (59.99, "PT59.99S", "1 min"),
        (90, "PT1M30S", "1 min 30 s"), (D(minutes=90), "PT1H30M", "1 h 30 min"), (D(days=7), "P7D", "7 days"),
        (3599.7, "PT59M59.7S", "1 h"), (D(days=1), "P1D", "1 day"), (D(hours=36), "P1DT12H", "1 day 12 h"),
        (D(days=325, hours=5, minutes=22, microseconds=997940), "P325DT5H22M0.99794S", "325 days 5 h"),
        (86399, "PT23H59M59S", "1 day"), (-90, "-PT1M30S", "-1 min 30 s"), (12.345678, "PT12.345678S", "12.3 s"),
    ],
)  # fmt: skip
def test_a_duration_is_written_for_programs_and_for_people(
    duration: dt.timedelta | float, iso: str, people: str
) -> None:
    assert durations.iso_duration(duration) == iso
    assert durations.duration_for_people(duration) == people


def test_what_is_written_for_programs_is_read_again() -> None:
    for duration in (D(days=3, hours=1, microseconds=1), D(seconds=59), D(weeks=52), D(milliseconds=1)):
        assert durations.parse_duration(durations.iso_duration(duration)) == duration


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_no_text_for_no_number(seconds: float) -> None:
    for write in (durations.iso_duration, durations.duration_for_people):
        with pytest.raises(ValueError, match="finite"):
            write(seconds)
