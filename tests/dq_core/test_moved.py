"""Modules that moved: their former names give the same objects and warn."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
import sqlalchemy as sa

from dq_core import validate
from dq_core.checks import ColumnMetricCheck, Outcome

FORMER = {
    "check": ("checks", "ColumnCheck"),
    "execute": ("run.validate", "validate"),
    "factory": ("checks.factory", "DataQualityCheck"),
    "render": ("report", "to_html"),
    "suite": ("run.suite", "Suite"),
}


@pytest.mark.parametrize("former", FORMER)
def test_a_former_module_forwards_and_warns(former: str) -> None:
    module, name = FORMER[former]
    sys.modules.pop(f"dq_core.{former}", None)
    with pytest.warns(DeprecationWarning, match=f"dq_core.{former} is deprecated") as caught:
        old = import_module(f"dq_core.{former}")
    assert getattr(old, name) is getattr(import_module(f"dq_core.{module}"), name)
    assert [warning.category for warning in caught] == [DeprecationWarning]


def test_a_kind_of_check_with_former_names_works_and_warns() -> None:
    with pytest.warns(DeprecationWarning, match="is now called") as caught:

        @dataclass(frozen=True, kw_only=True)
        class Newest(ColumnMetricCheck):
            kind = "newest"
            reveals = True

            def work(self, relation: Any, measured: Any) -> Any:
                del measured
                rows = yield relation.select(sa.func.max(relation[self.column]))
                return {"newest": rows[0][0]}

            def outcome(self, relation: Any, measured: Any) -> Outcome:
                del relation
                return Outcome(True, f"The newest is {measured['newest']}.", observed=measured["newest"])

    assert [str(warning.message) for warning in caught] == [
        "Newest.work is now called follow_up.",
        "Newest.reveals is now called exposes_values.",
    ]
    rows = [{"x": 1}, {"x": 7}]
    (shown,) = validate(rows, [Newest(column="x")]).results
    (masked,) = validate(rows, [Newest(column="x")], mask=["x"]).results
    assert (shown.observed, masked.observed) == (7, "***")
    assert masked.message == "The newest of a masked column is within bounds."
