from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from dq_core import DataQualityCheck, RuleError, Suite, parse, validate
from support.check_conformance import PLACES, Case, Place

TYPES = {"id": sa.Integer(), "x": sa.Integer(), "part": sa.Text()}


@pytest.mark.parametrize("place", PLACES)
def test_it_gets_the_rows(put: Callable[..., Place], place: str) -> None:
    seen: list[dict[str, Any]] = []

    def look(rows: list[dict[str, Any]]) -> bool:
        seen.extend(rows)
        return len(rows) == 2

    there = put(place, Case([5, 6, None]).rows, TYPES)
    two, three = there.validate(
        DataQualityCheck.custom(look, check_name="two", where="x > 4"),
        DataQualityCheck.custom(lambda rows: len(rows) == 9),
    ).results
    assert seen == [{"id": 0, "x": 5, "part": "a"}, {"id": 1, "x": 6, "part": "b"}]
    assert (two.check_name, two.status, two.considered_rows) == ("two", "passed", 2)
    assert (three.check_name, three.status, three.observed) == ("custom", "failed", False)


def test_has_rows() -> None:
    check = DataQualityCheck.custom(lambda data: len(data) > 0, check_name="has_rows")
    assert validate([{"x": 1}], [check]).passed
    assert not validate([], [check]).passed


def broken(rows: list[dict[str, Any]]) -> bool:
    return rows[0]["nope"] == 1


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (broken, "the function raised KeyError: 'nope'"),
        (lambda rows: None, "the function returned None instead of True or False"),
        (lambda rows: 1, "the function returned 1 instead of True or False"),
    ],
)
def test_what_goes_wrong_is_an_error_and_no_pass(function: Any, message: str) -> None:
    report = validate([{"x": 1}], [DataQualityCheck.custom(function), {"type": "not_null", "column": "x"}])
    assert [result.status for result in report.results] == ["error", "passed"]
    assert message in report.results[0].message
    assert not report.passed


def test_numpy_booleans_count() -> None:
    assert validate([{"x": 1}], [DataQualityCheck.custom(lambda rows: np.bool_(True))]).passed


def test_too_many_rows_are_not_fetched(put: Callable[..., Place]) -> None:
    there = put("sqlite", Case([1, 2, 3]).rows, TYPES)
    report = there.validate(DataQualityCheck.custom(lambda rows: True, max_rows=2))
    assert report.results[0].status == "error"
    assert "3 rows are more than max_rows (2)" in report.results[0].message
    assert report.statements == 1


def test_it_cannot_be_given_as_text() -> None:
    with pytest.raises(RuleError, match="function must be callable, not 'len'"):
        parse([{"type": "custom", "function": "len"}])
    with pytest.raises(RuleError, match="max_rows must be a whole number from 1, not 0"):
        DataQualityCheck.custom(len, max_rows=0)
    with pytest.raises(RuleError, match="cannot be written as YAML: custom_broken"):
        Suite([DataQualityCheck.custom(broken)]).to_yaml()


SLOW = """
import threading
from dq_core import ValidationTimeoutError, validate
started = threading.Event()
def slow(rows):
    started.set()
    threading.Event().wait()
validate([{"id": 1}], [{"type": "row_count", "min": 1}])  # what is imported at first use is no part of the limit
try:
    validate([{"id": 1}], [{"type": "custom", "function": slow}], timeout_seconds=3)
except ValidationTimeoutError:
    print("stopped", started.is_set())
"""


def test_the_time_limit_ends_the_wait_for_a_function_and_the_process_with_it() -> None:
    done = subprocess.run([sys.executable, "-c", SLOW], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.returncode) == ("stopped True\n", 0), done.stderr


def test_what_a_function_returns_or_raises_in_time_is_what_counts() -> None:
    rules = [{"type": "custom", "function": function} for function in (lambda rows: len(rows) == 1, lambda _: 1 / 0)]
    report = validate([{"id": 1}], rules, timeout_seconds=600)
    assert [result.status for result in report.results] == ["passed", "error"]
    assert "ZeroDivisionError" in report.results[1].message


@pytest.mark.parametrize("source", ["rows", "file"])
def test_without_rows_the_other_rules_have_their_columns(source: str, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    given = [] if source == "rows" else tmp_path / "empty.jsonl"
    rules = [{"type": "not_null", "column": "a", "where": "b > 0"}, {"type": "custom", "function": lambda frame: True}]
    report = validate(given, rules)
    assert [result.status for result in report.results] == ["passed", "passed"]
