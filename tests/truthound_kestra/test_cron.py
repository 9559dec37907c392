"""Schedules; tests/truthound_kestra/engine_tests holds the same table against Kestra."""

from __future__ import annotations

import pytest

from support.kestra_cases import BAD_CRONS, GOOD_CRONS
from truthound_kestra.flows.cron import cron_problems


@pytest.mark.parametrize("cron", GOOD_CRONS)
def test_what_kestra_takes(cron: str) -> None:
    assert list(cron_problems("it", cron)) == []


@pytest.mark.parametrize("cron", BAD_CRONS)
def test_what_kestra_refuses(cron: str) -> None:
    assert len(list(cron_problems("it", cron))) == 1


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 0 * *", "has 4 fields; Kestra requires five: minute, hour, day of the month, month, day of the week"),
        ("60 0 * * *", "minute '60': 60 is not from 0 to 59"),
        ("0 0 * * FRI-MON", "the range is reversed; write FRI-7,0-MON"),
        ("@daly", "Did you mean '@daily'?"),
        ("0 0 31 2 *", "names a day that does not exist"),
        ("0 0 * FOO *", "'FOO' is not a number or one of JAN"),
    ],
)
def test_the_words(cron: str, words: str) -> None:
    assert words in next(cron_problems("it", cron))


def test_all_fields_are_looked_at() -> None:
    assert len(list(cron_problems("it", "60 24 32 13 8"))) == 5


@pytest.mark.parametrize("cron", [None, 3, "", "  "])
def test_no_schedule(cron: object) -> None:
    assert "must be a cron expression" in next(cron_problems("it", cron))
