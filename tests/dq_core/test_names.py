"""Every check of a suite has a name of its own, everywhere and in every run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_core import Report, Suite, validate
from dq_core.checks import parse
from dq_core.checks.names import names_of
from dq_core.history import History
from dq_core.quarantine import quarantine

RULES: list[dict[str, Any]] = [
    {"type": "in_range", "column": "v", "min": 0},
    {"type": "in_range", "column": "v", "max": 10, "severity": "warning"},
    {"type": "row_count", "min": 1},
    {"type": "in_range", "column": "v", "min": -5, "where": "v < 100"},
]
NAMES = ["in_range_v", "in_range_v#2", "row_count", "in_range_v#3"]


@given(st.lists(st.sampled_from(["a", "a#2", "a#3", "a#2#2", "b", None]), min_size=1, max_size=8))
def test_names_are_different_and_depend_on_the_rules_only(given_names: Sequence[str | None]) -> None:
    checks = parse([{"type": "not_null", "column": "a", "name": name} for name in given_names])
    names = names_of(checks)
    assert len(set(names)) == len(checks)
    # The first check of a name has it as it is.
    labels = [check.label for check in checks]
    assert [names[labels.index(label)] for label in labels] == labels


@pytest.mark.parametrize("rows", [[{"v": 50}, {"v": -1}], [{"v": 1}], []])
@pytest.mark.parametrize("fail_fast", [False, True])
def test_reports_have_them_whatever_the_data(rows: list[dict[str, Any]], fail_fast: bool) -> None:
    report = validate(rows, RULES, fail_fast=fail_fast)
    assert [result.check_name for result in report.results] == NAMES
    again = Report.from_dict(json.loads(report.to_json()))
    assert [result.check_name for result in again.results] == NAMES
    suite = Suite(RULES)
    assert [result.check_name for result in Suite.from_yaml(suite.to_yaml())(rows).results] == NAMES
    for text in (report.to_text(), report.to_html(), report.to_markdown().replace("\\#", "#")):
        assert all(name in text for name in NAMES)


def test_quarantine_and_history_have_the_same_names(tmp_path: Path) -> None:
    rows = [{"v": 50}, {"v": -1}, {"v": 1}]
    report = validate(rows, RULES)
    assert [result.check_name for result in report.results] == NAMES
    done = quarantine(rows, RULES, to=tmp_path / "bad.parquet")
    assert (list(done.failed_rows), done.not_applied) == (["in_range_v", "in_range_v#3"], ("in_range_v#2", "row_count"))
    every = quarantine(rows, RULES, to=tmp_path / "bad.parquet", min_severity="info")
    assert every.failed_rows == {"in_range_v": 1, "in_range_v#2": 1, "in_range_v#3": 0}
    found = duckdb.execute(f"SELECT failed_checks FROM '{tmp_path}/bad.parquet' ORDER BY v").fetchall()
    assert [json.loads(row[0]) for row in found] == [["in_range_v"], ["in_range_v#2"]]
    history = History(f"sqlite:///{tmp_path}/h.db")
    history.record(report, suite="s")
    assert [history.points(name, suite="s")[0].value for name in ("in_range_v", "in_range_v#2", "in_range_v#3")] == [
        pytest.approx(1 / 3), pytest.approx(1 / 3), 0.0,
    ]  # fmt: skip


def test_every_check_has_a_metric_of_its_own(tmp_path: Path) -> None:
    """Whatever it is called: the number of all rows is one, too."""
    rules = [{"type": "not_null", "column": name, "name": "total_rows"} for name in ("a", "b")]
    history = History(f"sqlite:///{tmp_path}/h.db")
    history.record(validate([{"a": None, "b": 1}] * 3, rules), suite="s")
    names = ("total_rows", "total_rows#2", "total_rows#3")
    assert [[point.value for point in history.points(name, suite="s")] for name in names] == [[3.0], [0.0], [1.0]]
